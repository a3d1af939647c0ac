// Owns what users do with files: upload, open, link, list, delete. Does not own which message has a file (the actors),
// nor when unused files go (jobs).
import type { Readable } from "node:stream"
import { Clock, Context, Effect, Layer, Option } from "effect"
import { Blobs, type ByteRange } from "../../blobs/Blobs.ts"
import type { FileSettings } from "../../config/fileSettings.ts"
import type { TokenSecretUnusable } from "../../config/KeptSecret.ts"
import { Settings } from "../../config/Settings.ts"
import type { FileRefused, NotAPicture } from "../../domain/errors.ts"
import {
  ChatNotFound,
  FileInUse,
  FileNotFound,
  FileTooLarge,
  InvalidInput,
  NotFound,
  QuotaExceeded,
  type TooManyRequests,
  Unauthorized,
  type Unavailable,
} from "../../domain/errors.ts"
import type { File, FileId } from "../../domain/File.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import type { Pictures } from "../../pictures/Pictures.ts"
import type { Scanner } from "../../scanner/Scanner.ts"
import { ChatStore } from "../../sql/chats/ChatStore.ts"
import { type ChatFilePage, type ChatFileRange, FileStore, type StoredFile } from "../../sql/files/FileStore.ts"
import { RateLimits } from "../limits/RateLimits.ts"
import { linkKeys } from "./LinkKeys.ts"
import { type FileLink, isSignature, linkMillis, signatureOf } from "./links.ts"
import { makeReceiveFile, type UploadedFile } from "./receiveFile.ts"
import { UploadSlots } from "./UploadSlots.ts"

export interface Upload extends UploadedFile {
  /** Bytes, as the client says. */
  readonly size: number
}

/** The bytes of a file as they are sent. */
export interface OpenedFile {
  readonly name: string
  readonly type: string
  readonly size: number
  /** Tells this file from all others, those that an earlier database had too. */
  readonly tag: string
  readonly open: (range?: ByteRange) => Effect.Effect<Readable, FileNotFound | Unavailable>
}

export interface OwnFiles {
  readonly items: ReadonlyArray<File>
  /** The value for `before`; null: there are no more. */
  readonly next: FileId | null
  readonly used_bytes: number
  /** null: there is no quota. */
  readonly quota_bytes: number | null
}

export interface SignedLink {
  /** From the server's root on. */
  readonly path: string
  readonly expires_at: string
}

export class Files extends Context.Service<
  Files,
  {
    /** Bytes of one file; null: files are off, and every method fails with NotFound. */
    readonly maxBytes: number | null
    /** `chunks` is read once everything that is known before allows the upload. */
    upload(
      upload: Upload,
      chunks: () => AsyncIterable<Uint8Array>,
    ): Effect.Effect<
      File,
      | NotFound
      | InvalidInput
      | FileTooLarge
      | QuotaExceeded
      | NotAPicture
      | FileRefused
      | TooManyRequests
      | Unauthorized
      | Unavailable
    >
    /** `thumb`: the small picture of a photo. */
    open(
      reader: UserId,
      id: FileId,
      part: "file" | "thumb",
    ): Effect.Effect<OpenedFile, NotFound | FileNotFound | Unavailable>
    link(by: UserId, id: FileId): Effect.Effect<SignedLink, NotFound | FileNotFound | Unavailable>
    /** Whose link this is, while it is valid. */
    linkedBy(link: FileLink, signature: string): Effect.Effect<UserId, Unauthorized>
    list(
      by: UserId,
      range: { readonly before?: FileId | undefined; readonly limit: number },
    ): Effect.Effect<OwnFiles, NotFound | Unavailable>
    inChat(
      by: UserId,
      chat_id: ChatId,
      range: ChatFileRange,
    ): Effect.Effect<ChatFilePage, NotFound | ChatNotFound | Unavailable>
    remove(
      by: UserId,
      id: FileId,
    ): Effect.Effect<void, NotFound | FileNotFound | FileInUse | TooManyRequests | Unavailable>
  }
>()("confab/services/files/Files") {
  static readonly layer: Layer.Layer<
    Files,
    TokenSecretUnusable,
    Settings | Blobs | Pictures | Scanner | FileStore | ChatStore | RateLimits
  > = Layer.effect(
    Files,
    Effect.suspend(() => make),
  )
}

const thumbType = "image/webp"

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const store = yield* FileStore
  const chats = yield* ChatStore
  const blobs = yield* Blobs
  const limits = yield* RateLimits
  const receive = yield* makeReceiveFile
  const keys = yield* linkKeys
  const slots = new UploadSlots(settings.uploadsPerUser)
  const files: FileSettings = blobs.isOn ? settings.files : { _tag: "Off", reason: "FILES" }

  const isOn: Effect.Effect<void, NotFound> = files._tag === "Off" ? Effect.fail(new NotFound()) : Effect.void

  /** What can be refused before a byte is read. */
  const allow = Effect.fnUntraced(function* ({ owner_id, size }: Upload) {
    if (files._tag === "Off") return yield* new NotFound()
    if (size === 0) {
      return yield* new InvalidInput({ issues: [{ path: "", message: "must have at least one byte" }] })
    }
    if (size > files.maxBytes) return yield* new FileTooLarge({ max_bytes: files.maxBytes })
    yield* limits.demand("messages", owner_id)
    yield* slots.take(owner_id)
    if (files.quotaBytes !== null) {
      const used_bytes = yield* store.usedBytes(owner_id)
      if (used_bytes + size > files.quotaBytes) {
        return yield* new QuotaExceeded({ used_bytes, quota_bytes: files.quotaBytes })
      }
    }
    return files.quotaBytes
  })

  const found = Effect.fnUntraced(function* (reader: UserId, id: FileId) {
    yield* isOn
    const stored = yield* store.find(id, reader)
    return stored ?? (yield* new FileNotFound())
  })

  const opened = (
    { created_at, file }: StoredFile,
    blob: string,
    part: "file" | "thumb",
  ): Omit<OpenedFile, "size"> => ({
    name: part === "file" ? file.name : "thumb.webp",
    type: part === "file" ? file.type : thumbType,
    tag: `${file.id}-${created_at.toString(36)}${part === "file" ? "" : "-thumb"}`,
    open: (range) =>
      Effect.filterOrFail(
        blobs.open(blob, range),
        (stream) => stream !== undefined,
        () => new FileNotFound(),
      ),
  })

  return Files.of({
    maxBytes: files._tag === "Off" ? null : files.maxBytes,
    upload: Effect.fn("Files.upload")(function* (upload, chunks) {
      const quota = yield* allow(upload)
      const spooled = yield* blobs.spool(chunks())
      return yield* receive(spooled, upload, quota)
    }, Effect.scoped),
    open: Effect.fn("Files.open")(function* (reader, id, part) {
      const stored = yield* found(reader, id)
      const blob = part === "file" ? stored.blob : stored.thumb
      if (blob === null) return yield* new FileNotFound()
      const size = yield* blobs.sizeOf(blob)
      if (size === undefined) return yield* new FileNotFound()
      return { ...opened(stored, blob, part), size }
    }),
    link: Effect.fn("Files.link")(function* (by, id) {
      yield* found(by, id)
      const expires = (yield* Clock.currentTimeMillis) + linkMillis
      const query = new URLSearchParams({
        by: String(by),
        expires: String(expires),
        signature: signatureOf(keys[0], { file_id: id, by, expires }),
      })
      return { path: `/files/${id}?${query}`, expires_at: timestamp(expires) }
    }),
    linkedBy: Effect.fnUntraced(function* (link, signature) {
      const isValid = keys.some((key) => isSignature(key, link, signature))
      if (!isValid || link.expires <= (yield* Clock.currentTimeMillis)) return yield* new Unauthorized()
      return link.by
    }),
    list: Effect.fn("Files.list")(function* (by, range) {
      yield* isOn
      const rows = yield* store.list(by, { ...range, limit: range.limit + 1 })
      const items = rows.slice(0, range.limit).map(({ file }) => file)
      return {
        items,
        next: rows.length > range.limit ? Option.getOrNull(Option.fromNullishOr(items.at(-1)?.id)) : null,
        used_bytes: yield* store.usedBytes(by),
        quota_bytes: files._tag === "Off" ? null : files.quotaBytes,
      }
    }),
    inChat: Effect.fn("Files.inChat")(function* (by, chat_id, range) {
      yield* isOn
      if (!(yield* chats.isMember(chat_id, by))) return yield* new ChatNotFound()
      return yield* store.inChat(chat_id, range)
    }),
    remove: Effect.fn("Files.remove")(function* (by, id) {
      yield* isOn
      yield* limits.demand("messages", by)
      const outcome = yield* store.remove(id, by, yield* Clock.currentTimeMillis)
      if (outcome === "NotFound") return yield* new FileNotFound()
      if (outcome === "InUse") return yield* new FileInUse()
    }),
  })
})
