// Owns stored bytes, each under a UUID, on disk or elsewhere, and the files of uploads that are under way. Does not own
// whose they are nor when they go (sql/files).
import type { Readable } from "node:stream"
import type { Effect, Scope } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { BlobId } from "../domain/File.ts"

/** Bytes on this machine's disk, until they are put or the scope ends. */
export interface Spooled {
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Hexadecimal. */
  readonly sha256: string
  /** The first bytes, `headBytes` of them if there are so many. */
  readonly head: Uint8Array
}

/** The part of a file that its type is recognised by. */
export const headBytes = 4096

/** Both inclusive, as in HTTP. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

/** Thrown by the chunks of a sender that has gone away before the end: nothing is wrong here. */
export class SenderGone extends Error {}

export interface BlobsShape {
  /** false: there is no place for files, and nothing else here succeeds. */
  readonly isOn: boolean
  /** Writes the chunks as they come, one at a time, so that a fast sender waits for the disk. Durable at the end. */
  spool(chunks: AsyncIterable<Uint8Array>): Effect.Effect<Spooled, Unavailable, Scope.Scope>
  /** The path of a file that does not exist yet, for another program to write; it is gone when the scope ends. */
  readonly draft: Effect.Effect<string, Unavailable, Scope.Scope>
  /** Stores the bytes of the file at this path, which must be whole; they are durable when this succeeds. */
  put(id: BlobId, bytes: Pick<Spooled, "path" | "size" | "sha256">): Effect.Effect<void, Unavailable>
  /** undefined: there are no such bytes. The caller reads the stream to its end or destroys it. */
  open(id: BlobId, range?: ByteRange): Effect.Effect<Readable | undefined, Unavailable>
  /** undefined: there are no such bytes. */
  sizeOf(id: BlobId): Effect.Effect<number | undefined, Unavailable>
  /** Succeeds also if there are no such bytes. */
  remove(id: BlobId): Effect.Effect<void, Unavailable>
}
