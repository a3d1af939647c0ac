// Stored files without their bytes, for tests of what uses files.
import { Effect } from "effect"
import type { File, FileKind } from "../../src/domain/File.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"

let blobs = 0

/** A new file of this user, as `POST /files` answers it. */
export const storedFile = Effect.fnUntraced(function* (
  owner_id: UserId,
  { kind = "photo" as FileKind, name = "sea.jpg", at = Date.now() } = {},
) {
  const files = yield* FileStore
  const blob = { id: crypto.randomUUID(), sha256: `a${++blobs}`.padStart(64, "0"), size: 3 }
  yield* files.reserve([blob], at)
  const about = kind === "photo" ? { width: 640, height: 480, thumbhash: "1QcSHQRnh493V4dIh4eXh1h4kJUI" } : {}
  const type = kind === "photo" ? "image/jpeg" : "application/octet-stream"
  const fields = { kind, name, type, size: blob.size }
  const added = yield* files.add({ ...fields, about, owner_id, blob: blob.id, thumb: null, created_at: at }, null)
  if (added._tag !== "Added") throw new Error(`Not added: ${added._tag}`)
  return { id: added.id, ...fields, ...about } satisfies File
})
