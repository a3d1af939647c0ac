// A photo of the user's own that is about to become an avatar.
import { Clock, Effect } from "effect"
import { FileNotFound, type Unavailable } from "../domain/errors.ts"
import type { FileId } from "../domain/File.ts"
import type { UserId } from "../domain/Ids.ts"
import type { FileStore } from "../sql/files/FileStore.ts"

/** Keeps it from being deleted while it is set. */
export const holdOwnPhoto = Effect.fnUntraced(function* (
  files: FileStore["Service"],
  by: UserId,
  id: FileId,
): Effect.fn.Return<void, FileNotFound | Unavailable> {
  const [file] = yield* files.hold([id], by, yield* Clock.currentTimeMillis)
  if (file?.kind !== "photo") return yield* new FileNotFound()
})
