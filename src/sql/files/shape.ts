// Owns stored files and the rows of their bytes (blobs): whose a file is, who may see it, how much space a user has
// taken, and which files and blobs nothing uses any more. Does not own the bytes (src/blobs), nor which files a message
// has: the Journal writes `attachments`.
//
// A blob's row is there before its bytes: `reserve`, then the bytes, then `add`. It goes after them: `doom`, then the
// bytes, then `forget`. A file that is about to be used (in a message, as an avatar) is held first: `hold`.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { AboutFile, BlobId, ChatFile, File, FileId, FileKind } from "../../domain/File.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"

/** A file that nothing uses is kept for this long. */
export const unusedMillis = 24 * 60 * 60_000
/** A reserved blob waits for its file for this long: much longer than storing its bytes takes. */
export const reservedMillis = 24 * 60 * 60_000
/** The owner cannot delete a file for this long after `hold`: longer than sending a message takes. */
export const heldMillis = 60_000
/** A file that was removed from a message is kept for this long: longer than sending it in another one takes. */
export const releasedMillis = 15 * 60_000

export interface NewBlob {
  readonly id: BlobId
  /** Of the bytes, hexadecimal. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

export interface NewFile extends Omit<File, "id" | keyof AboutFile> {
  readonly owner_id: UserId
  readonly blob: BlobId
  readonly thumb: BlobId | null
  readonly about: AboutFile
  readonly created_at: number
}

export interface StoredFile {
  readonly file: File
  readonly owner_id: UserId
  readonly blob: BlobId
  readonly thumb: BlobId | null
  /** Epoch milliseconds. */
  readonly created_at: number
}

/** `NoOwner`: the account was deleted. `Gone`: a blob of the file is being deleted. */
export type FileAdded =
  | { readonly _tag: "Added"; readonly id: FileId }
  | { readonly _tag: "QuotaExceeded"; readonly used_bytes: number }
  | { readonly _tag: "NoOwner" | "Gone" }

export interface ChatFilePage {
  readonly items: ReadonlyArray<ChatFile>
  readonly has_more: boolean
}

export interface ChatFileRange {
  /** All kinds when absent. */
  readonly kind?: FileKind | undefined
  /** A `seq`. */
  readonly before?: number | undefined
  readonly limit: number
}

export interface FileStoreShape {
  /** A blob with these bytes that a new file can have; it may be doomed by the time the file is added. */
  sameBytes(blob: Omit<NewBlob, "id">): Effect.Effect<BlobId | undefined, Unavailable>
  /** The rows of blobs whose bytes are about to be stored. */
  reserve(blobs: ReadonlyArray<NewBlob>, now: number): Effect.Effect<void, Unavailable>
  /** `quota` in bytes, over all files of the owner; null: there is none. */
  add(file: NewFile, quota: number | null): Effect.Effect<FileAdded, Unavailable>
  /** The bytes of all files of this user. */
  usedBytes(owner_id: UserId): Effect.Effect<number, Unavailable>
  /** undefined: no such file, or `reader` may not see it. */
  find(id: FileId, reader: UserId): Effect.Effect<StoredFile | undefined, Unavailable>
  /** For callers that have made sure that the reader may see it. */
  byId(id: FileId): Effect.Effect<StoredFile | undefined, Unavailable>
  /**
   * Those of these files that exist and belong to `owner_id` (undefined: to anybody), in the order of `ids`. They are
   * kept for a while, so that what the caller does next finds them.
   */
  hold(
    ids: ReadonlyArray<FileId>,
    owner_id: UserId | undefined,
    now: number,
  ): Effect.Effect<ReadonlyArray<File>, Unavailable>
  /** The user's files with an id below `before`, the newest first. */
  list(
    owner_id: UserId,
    range: { readonly before?: FileId | undefined; readonly limit: number },
  ): Effect.Effect<ReadonlyArray<StoredFile>, Unavailable>
  /**
   * The files in a chat's messages, the newest first, at least `limit` if there are so many: the files of one message
   * are not separated. Does not ask who reads.
   */
  inChat(chat_id: ChatId, range: ChatFileRange): Effect.Effect<ChatFilePage, Unavailable>
  /** Deletes a file of this user. `InUse`: it is in a message or an avatar, or about to be. */
  remove(id: FileId, owner_id: UserId, now: number): Effect.Effect<"Removed" | "NotFound" | "InUse", Unavailable>
  /** Deletes files that nothing uses any more; the number of rows that it looked at, 0 when there is nothing to do. */
  expire(now: number, limit: number): Effect.Effect<number, Unavailable>
  /** Blobs whose bytes are to be deleted, also those of an earlier call. No file can have them any more. */
  doom(now: number, limit: number): Effect.Effect<ReadonlyArray<BlobId>, Unavailable>
  /** The bytes of these doomed blobs are deleted. */
  forget(blobs: ReadonlyArray<BlobId>): Effect.Effect<void, Unavailable>
}
