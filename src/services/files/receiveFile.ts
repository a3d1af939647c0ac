// What becomes of uploaded bytes: whether they are good, what they are, the photo that is made of a picture, and storing both.
import { randomUUID } from "node:crypto"
import { Clock, Effect, type Scope } from "effect"
import { Blobs, type Spooled } from "../../blobs/Blobs.ts"
import { measure } from "../../blobs/spool.ts"
import { FileRefused, NotAPicture, QuotaExceeded, Unauthorized, Unavailable } from "../../domain/errors.ts"
import type { AboutFile, BlobId, File, FileKind, UploadedAs } from "../../domain/File.ts"
import type { UserId } from "../../domain/Ids.ts"
import { Pictures } from "../../pictures/Pictures.ts"
import { Scanner } from "../../scanner/Scanner.ts"
import { type FileAdded, FileStore, type NewFile } from "../../sql/files/FileStore.ts"
import { kindOf, mediaTypeOf, voiceTypeOf } from "./mediaType.ts"

export interface UploadedFile {
  readonly owner_id: UserId
  readonly name: string
  readonly as: UploadedAs | undefined
  readonly duration_ms: number | undefined
  readonly waveform: string | undefined
}

/** Bytes on their way into the store. */
type Bytes = Pick<Spooled, "path" | "size" | "sha256">

interface Prepared {
  readonly bytes: Bytes
  readonly thumb: Bytes | null
  readonly kind: FileKind
  readonly type: string
  readonly about: AboutFile
}

/** A blob of these bytes may be deleted between finding it and using it; then their own bytes are stored. */
interface StoredBytes {
  readonly bytes: Bytes
  readonly id: BlobId
  readonly isShared: boolean
}

export const makeReceiveFile = Effect.gen(function* () {
  const blobs = yield* Blobs
  const pictures = yield* Pictures
  const scanner = yield* Scanner
  const store = yield* FileStore

  const makePhoto = Effect.fnUntraced(function* (spooled: Spooled) {
    const [to, thumb] = [yield* blobs.draft, yield* blobs.draft]
    const picture = yield* pictures.make({ from: spooled.path, to, thumb })
    if (picture === undefined) return undefined
    const { height, thumbhash, type, width } = picture
    const made: Prepared = {
      bytes: yield* measure(to),
      thumb: yield* measure(thumb),
      kind: "photo",
      type,
      about: { width, height, thumbhash },
    }
    return made
  })

  const prepare = Effect.fnUntraced(function* (
    spooled: Spooled,
    { as, duration_ms, waveform }: UploadedFile,
  ): Effect.fn.Return<Prepared, NotAPicture | Unavailable, Scope.Scope> {
    const type = mediaTypeOf(spooled.head)
    const kind = kindOf(type)
    if (as === "photo" || (as === undefined && kind === "photo")) {
      const photo = kind === "photo" ? yield* makePhoto(spooled) : undefined
      if (photo !== undefined) return photo
      if (as === "photo") return yield* new NotAPicture()
    }
    const voiceType = as === "voice" ? voiceTypeOf(type) : undefined
    const claimed = {
      ...(duration_ms === undefined ? {} : { duration_ms }),
      ...(waveform === undefined ? {} : { waveform }),
    }
    if (voiceType !== undefined) return { bytes: spooled, thumb: null, kind: "voice", type: voiceType, about: claimed }
    const isPlayed = as === undefined && (kind === "audio" || kind === "video")
    return { bytes: spooled, thumb: null, kind: isPlayed ? kind : "file", type, about: isPlayed ? claimed : {} }
  })

  const place = Effect.fnUntraced(function* (bytes: Bytes, now: number, mayShare: boolean) {
    const same = mayShare ? yield* store.sameBytes(bytes) : undefined
    // Restored from a backup, a row may have no bytes.
    if (same !== undefined && (yield* blobs.sizeOf(same)) === bytes.size) return { bytes, id: same, isShared: true }
    const id = randomUUID()
    yield* store.reserve([{ id, sha256: bytes.sha256, size: bytes.size }], now)
    yield* blobs.put(id, bytes)
    return { bytes, id, isShared: false }
  })

  const unshared = (stored: StoredBytes, now: number) =>
    stored.isShared ? place(stored.bytes, now, false) : Effect.succeed(stored)

  /** `quota` in bytes; null: there is none. */
  return Effect.fn("Files.receive")(function* (spooled: Spooled, uploaded: UploadedFile, quota: number | null) {
    if (!(yield* scanner.isGood(spooled.path))) return yield* new FileRefused()
    const { about, bytes, kind, thumb, type } = yield* prepare(spooled, uploaded)
    const { name, owner_id } = uploaded
    const now = yield* Clock.currentTimeMillis
    const add = (main: StoredBytes, small: StoredBytes | null): Effect.Effect<FileAdded, Unavailable> => {
      const blob = main.id
      const file: NewFile = {
        owner_id,
        blob,
        thumb: small?.id ?? null,
        kind,
        name,
        type,
        size: bytes.size,
        about,
        created_at: now,
      }
      return store.add(file, quota)
    }
    const main = yield* place(bytes, now, true)
    const small = thumb && (yield* place(thumb, now, true))
    let added = yield* add(main, small)
    if (added._tag === "Gone") added = yield* add(yield* unshared(main, now), small && (yield* unshared(small, now)))
    switch (added._tag) {
      case "Added": {
        const file: File = { id: added.id, kind, name, type, size: bytes.size, ...about }
        return file
      }
      case "QuotaExceeded":
        return yield* new QuotaExceeded({ used_bytes: added.used_bytes, quota_bytes: quota ?? 0 })
      case "NoOwner":
        return yield* new Unauthorized()
      case "Gone":
        return yield* new Unavailable()
    }
    return added satisfies never
  })
})
