// Uploads the files of a message in the outbox, one after the other. One tab does it at a time, and the others take over
// what it has uploaded: a message that is sent twice under one key must name the same files.
import type { File } from "../../domain/File.ts"
import type { UserId } from "../../domain/Ids.ts"
import { ChatClientError } from "../ChatClientError.ts"
import { backoff } from "../connection/Backoff.ts"
import { isPassing } from "../Http.ts"
import type { PendingFailure, PendingMessage, PendingUpload } from "../state/ChatState.ts"
import type { OutboxStorage } from "../storage/OutboxStorage.ts"
import { type UploadParts, uploadFile } from "./uploadFile.ts"

/** What the outbox knows of a message that is uploaded. */
export interface UploadedEntry {
  pending: PendingMessage
  readonly order: number
  /** Whether the storage has its last `keep`. */
  kept: Promise<boolean>
  /** Of the upload that is under way. */
  abort: AbortController | null
  /** Failed uploads in a row, while there was a connection. */
  failures: number
  /** When the next upload may begin. */
  uploadAt: number
  readonly reject: (error: ChatClientError) => void
}

/** The outbox. */
export interface UploadHost {
  readonly user: UserId | null
  readonly storage: OutboxStorage
  readonly store: { readonly online: boolean }
  readonly uploads: UploadParts
  isHere(entry: UploadedEntry): boolean
  update(entry: UploadedEntry, change: Partial<PendingMessage>): void
  keep(entry: UploadedEntry): void
  drop(entry: UploadedEntry): void
  fail(entry: UploadedEntry, code: PendingFailure, message: string): void
  again(entry: UploadedEntry, wait: number): void
  pump(): void
}

const mostFailures = 8
/** Milliseconds. */
const longestWait = 30_000

const reasons: Readonly<Record<string, PendingFailure>> = {
  FileTooLarge: "file_too_large",
  FileEmpty: "file_empty",
  FileUnreadable: "file_unreadable",
  FileRefused: "file_refused",
  NotAPicture: "file_refused",
  QuotaExceeded: "quota_exceeded",
  NotFound: "no_files",
}

/** Why it failed for good. */
const reasonOf = ({ status, tag }: ChatClientError): PendingFailure =>
  reasons[tag] ?? (status === 413 ? "file_too_large" : status === 403 ? "forbidden" : "invalid")

/** Resolves with false when the message has left the outbox, sent or discarded by another tab. */
const uploadAll = (host: UploadHost, entry: UploadedEntry, signal: AbortSignal): Promise<boolean> =>
  host.uploads.runtime.exclusively(`confab-upload-${entry.pending.dedupKey}`, async () => {
    const change = (index: number, changed: Partial<PendingUpload>): void => {
      const uploads = entry.pending.uploads.map((upload, i) => (i === index ? { ...upload, ...changed } : upload))
      if (host.isHere(entry)) host.update(entry, { uploads })
    }
    const uploaded = async (index: number, file: File): Promise<void> => {
      change(index, { file, sent: file.size })
      if (host.isHere(entry)) host.keep(entry)
      await entry.kept
    }
    const { user } = host
    if ((await entry.kept) && user !== null) {
      const stored = await host.storage.load(user).catch(() => null)
      const here = stored?.messages.find(({ dedupKey }) => dedupKey === entry.pending.dedupKey)
      if (stored !== null && here === undefined) return false
      for (const [index, { file }] of (here?.uploads ?? []).entries()) {
        if (file !== null && entry.pending.uploads[index]?.file === null) await uploaded(index, file)
      }
    }
    for (const index of entry.pending.uploads.keys()) {
      if (signal.aborted) throw new ChatClientError("Aborted", "The upload was aborted.")
      const upload = entry.pending.uploads[index]
      if (upload === undefined || upload.file !== null) continue
      await uploaded(index, await uploadFile(host.uploads, upload, (sent) => change(index, { sent }), signal))
    }
    return true
  })

/** Never rejects. */
export const uploadEntry = async (host: UploadHost, entry: UploadedEntry): Promise<void> => {
  const { runtime } = host.uploads
  if (!host.isHere(entry) || entry.pending.status !== "uploading") return
  const abort = new AbortController()
  entry.abort = abort
  const outcome = await uploadAll(host, entry, abort.signal).catch((error: unknown) => {
    if (error instanceof ChatClientError) return error
    runtime.report(error)
    return new ChatClientError("UnexpectedAnswer", "The files could not be uploaded.", { cause: error })
  })
  if (!host.isHere(entry) || entry.abort !== abort) return
  entry.abort = null
  if (outcome === false) {
    host.drop(entry)
    entry.reject(new ChatClientError("Discarded", "Another tab has sent the message or taken it back."))
  } else if (outcome === true) {
    entry.failures = 0
    host.again(entry, 0)
  } else if (outcome.tag === "SignedOut") {
    host.again(entry, longestWait)
  } else if (!isPassing(outcome)) {
    host.fail(entry, reasonOf(outcome), outcome.message)
  } else if (!host.store.online) {
    // It begins again with the next connection.
    host.again(entry, 0)
  } else if (++entry.failures >= mostFailures) {
    host.fail(entry, "not_uploaded", "The files could not be uploaded.")
  } else {
    host.again(entry, outcome.retryAfterMs ?? backoff(entry.failures - 1, runtime.random()))
  }
  host.pump()
}
