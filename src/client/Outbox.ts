// Owns the unsent messages: kept until the server has accepted them, sent in order per chat, each once. One at a time
// per chat: a later message never overtakes one that must be repeated, or whose files are on their way.
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { Delivered, SendOptions } from "./ChatClient.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { Ack, Answer, Connection, Refusal } from "./connection/Connection.ts"
import type { Runtime } from "./Runtime.ts"
import type { PendingFailure, PendingMessage, PendingUpload } from "./state/ChatState.ts"
import type { Store } from "./state/Store.ts"
import type { OutboxStorage, StoredDraft, StoredMessage } from "./storage/OutboxStorage.ts"
import { pendingOf, storedOf } from "./storage/storedMessage.ts"
import { pendingUploads } from "./upload/pendingUpload.ts"
import type { UploadedEntry, UploadHost } from "./upload/uploadEntry.ts"
import type { UploadParts } from "./upload/uploadFile.ts"

interface Entry extends UploadedEntry {
  /** Its position, once the server has accepted it. */
  seq: number | null
  resolve: (delivered: Delivered) => void
}

const refusals: Readonly<Record<string, PendingFailure>> = {
  not_found: "not_found",
  forbidden: "forbidden",
  conflict: "conflict",
}

/** As `Promise.withResolvers`, which React Native does not have. */
const deferred = <A>() => {
  let resolve: (value: A) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<A>((settle, refuse) => {
    resolve = settle
    reject = refuse
  })
  return { promise, resolve, reject }
}

const isWaiting = ({ file }: PendingUpload): boolean => file === null

export class Outbox implements UploadHost {
  private readonly entries = new Map<string, Entry>()
  private lastOrder = 0
  private failures = 0
  private pausedUntil = 0
  private cancelTimer: () => void = () => {}
  user: UserId | null = null
  private readonly runtime: Runtime
  readonly storage: OutboxStorage
  readonly store: Store
  private readonly connection: Connection
  readonly uploads: UploadParts

  constructor(storage: OutboxStorage, store: Store, connection: Connection, uploads: UploadParts) {
    this.runtime = uploads.runtime
    this.storage = storage
    this.store = store
    this.connection = connection
    this.uploads = uploads
  }

  /** Loads what this user left unsent. */
  async open(user: UserId): Promise<ReadonlyArray<StoredDraft>> {
    this.user = user
    const stored = await this.storage.load(user).catch(() => ({ messages: [], drafts: [] }))
    if (this.user !== user) return []
    const messages: ReadonlyArray<StoredMessage> = stored.messages
    for (const message of [...messages].sort((a, b) => a.order - b.order)) {
      if (this.entries.has(message.dedupKey)) continue
      const { entry } = this.add(message.order, pendingOf(message))
      entry.kept = Promise.resolve(true)
    }
    this.pump()
    return stored.drafts
  }

  /** Leaves everything in the storage. */
  close(): void {
    this.cancelTimer()
    this.user = null
    const error = new ChatClientError("SignedOut", "Nobody is signed in any more; the message waits in the outbox.")
    const entries = [...this.entries.values()]
    this.entries.clear()
    for (const entry of entries) {
      entry.abort?.abort()
      entry.reject(error)
    }
    this.pausedUntil = 0
  }

  add(
    order: number | null,
    pending: PendingMessage,
  ): { readonly entry: Entry; readonly delivered: Promise<Delivered> } {
    this.lastOrder = order ?? Math.max(this.lastOrder + 1, this.runtime.now())
    const { promise, resolve, reject } = deferred<Delivered>()
    promise.catch(() => {})
    const upload = { kept: Promise.resolve(false), abort: null, failures: 0, uploadAt: 0 }
    const entry: Entry = { pending, order: this.lastOrder, seq: null, ...upload, resolve, reject }
    this.entries.set(pending.dedupKey, entry)
    this.show(pending.chatId)
    return { entry, delivered: promise }
  }

  send(chatId: ChatId, text: string, { attachments = [], custom, files = [], replyTo }: SendOptions) {
    const pending: PendingMessage = {
      dedupKey: this.runtime.randomId(),
      chatId,
      text,
      replyTo: replyTo ?? null,
      attachments,
      uploads: pendingUploads(files, attachments),
      custom: custom ?? null,
      createdAt: this.runtime.now(),
      status: "queued",
      failure: null,
    }
    const { entry, delivered } = this.add(null, pending)
    this.keep(entry)
    this.pump()
    return { dedupKey: pending.dedupKey, pending, delivered }
  }

  retry(dedupKey: string): void {
    const entry = this.entries.get(dedupKey)
    if (entry?.pending.status !== "failed") return
    const { failure, uploads } = entry.pending
    // A file that no message has is deleted after a day.
    const again =
      failure?.code === "not_found" ? uploads.map((upload) => ({ ...upload, sent: 0, file: null })) : uploads
    this.update(entry, { status: "queued", failure: null, uploads: again })
    entry.failures = 0
    entry.uploadAt = 0
    this.keep(entry)
    this.pump()
  }

  discard(dedupKey: string): void {
    const entry = this.entries.get(dedupKey)
    const status = entry?.pending.status
    if (entry === undefined || status === "sending" || status === "sent") return
    this.drop(entry)
    entry.reject(new ChatClientError("Discarded", "The message was taken back."))
    this.pump()
  }

  /** A message of the user is in the chat: its unsent copy is removed. */
  arrived(message: Message): void {
    if (message.dedup_key === null) return
    const entry = this.entries.get(message.dedup_key)
    if (entry === undefined || entry.pending.chatId !== message.chat_id) return
    this.drop(entry)
    entry.resolve({ messageId: message.id, seq: message.seq })
    this.pump()
  }

  /** The chat is known up to `lastSeq`: accepted messages up to there are in it. */
  settle(chatId: ChatId, lastSeq: number): void {
    for (const entry of this.entries.values()) {
      if (entry.pending.chatId === chatId && entry.seq !== null && entry.seq <= lastSeq) this.drop(entry)
    }
  }

  chatGone(chatId: ChatId): void {
    for (const entry of [...this.entries.values()]) {
      if (entry.pending.chatId !== chatId) continue
      if (entry.pending.status === "sent") this.drop(entry)
      else this.fail(entry, "not_found", "You are not in this chat any more.")
    }
  }

  /** Sends what can be sent now: the first waiting message of every chat. */
  pump(): void {
    if (!this.store.online) return
    const wait = this.pausedUntil - this.runtime.now()
    if (wait > 0) {
      this.cancelTimer()
      this.cancelTimer = this.runtime.after(wait, () => this.pump())
      return
    }
    const busy = new Set<ChatId>()
    const entries = [...this.entries.values()].sort((a, b) => a.order - b.order)
    for (const { pending } of entries) {
      if (pending.status === "sending" || pending.status === "uploading") busy.add(pending.chatId)
    }
    for (const entry of entries) {
      const { status, chatId, uploads } = entry.pending
      if (status !== "queued" || busy.has(chatId)) continue
      busy.add(chatId)
      if (!uploads.some(isWaiting)) this.dispatch(entry)
      else if (entry.uploadAt <= this.runtime.now()) this.upload(entry)
    }
  }

  isHere(entry: UploadedEntry): boolean {
    return this.entries.get(entry.pending.dedupKey) === entry
  }

  /** What uploads is loaded by the first message with files. */
  private upload(entry: Entry): void {
    this.update(entry, { status: "uploading" })
    import("./upload/uploadEntry.ts").then(
      ({ uploadEntry }) => uploadEntry(this, entry),
      () => this.again(entry, 5_000),
    )
  }

  /** Tries again, or sends what is uploaded, after these milliseconds. */
  again(entry: UploadedEntry, wait: number): void {
    entry.uploadAt = this.runtime.now() + wait
    this.update(entry, { status: "queued" })
    this.runtime.after(wait, () => this.pump())
  }

  private dispatch(entry: Entry): void {
    const { chatId, custom, dedupKey, replyTo, text, uploads } = entry.pending
    const attachments = [...entry.pending.attachments, ...uploads.flatMap(({ file }) => file?.id ?? [])]
    this.update(entry, { status: "sending" })
    const message = { type: "message", chat_id: chatId, text, dedup_key: dedupKey, reply_to: replyTo }
    const files = attachments.length === 0 ? {} : { attachments }
    const frame = custom === null ? { ...message, ...files } : { ...message, ...files, custom }
    this.connection.ask(frame, (answer) => this.answered(entry, answer))
  }

  private answered(entry: Entry, answer: Answer): void {
    if (!this.isHere(entry) || entry.pending.status !== "sending") return
    if (answer._tag === "Cut") this.update(entry, { status: "queued" })
    else if (answer._tag === "Refused") this.refused(entry, answer.error)
    else this.taken(entry, answer.ack)
  }

  private taken(entry: Entry, ack: Ack): void {
    if (ack.type !== "ack" || ack.message_id === undefined || ack.seq === undefined) return
    this.failures = 0
    entry.seq = ack.seq
    this.unkeep(entry)
    const model = this.store.models.get(entry.pending.chatId)
    if (model?.chat === undefined || ack.seq <= model.chat.last_seq) this.drop(entry)
    else this.update(entry, { status: "sent" })
    entry.resolve({ messageId: ack.message_id, seq: ack.seq })
    this.pump()
  }

  private refused(entry: Entry, { code, message, retry_after_ms }: Refusal): void {
    if (code === "rate_limited" || code === "unavailable") {
      const usual = Math.min(30_000, 500 * 2 ** this.failures) * (0.5 + this.runtime.random() / 2)
      this.failures = Math.min(this.failures + 1, 10)
      this.pausedUntil = this.runtime.now() + (retry_after_ms ?? usual)
      this.update(entry, { status: "queued" })
    } else this.fail(entry, refusals[code] ?? "invalid", message)
    this.pump()
  }

  fail(entry: UploadedEntry, code: PendingFailure, message: string): void {
    entry.abort?.abort()
    entry.abort = null
    this.update(entry, { status: "failed", failure: { code, message } })
    this.keep(entry)
    entry.reject(new ChatClientError("MessageRefused", message, { code }))
  }

  drop(entry: UploadedEntry): void {
    this.entries.delete(entry.pending.dedupKey)
    entry.abort?.abort()
    this.unkeep(entry)
    this.show(entry.pending.chatId)
  }

  update(entry: UploadedEntry, change: Partial<PendingMessage>): void {
    entry.pending = { ...entry.pending, ...change }
    this.show(entry.pending.chatId)
  }

  private show(chatId: ChatId): void {
    const own = [...this.entries.values()].filter(({ pending }) => pending.chatId === chatId)
    if (own.length === 0) this.store.pending.delete(chatId)
    else
      this.store.pending.set(
        chatId,
        own.sort((a, b) => a.order - b.order).map(({ pending }) => pending),
      )
    this.store.touch(chatId)
  }

  keep(entry: UploadedEntry): void {
    if (this.user === null) return
    const stored = storedOf(this.user, entry.order, entry.pending)
    entry.kept = this.storage.put(stored).then(
      () => true,
      () => false,
    )
  }

  private unkeep({ pending }: UploadedEntry): void {
    if (this.user !== null) this.storage.remove({ userId: this.user, dedupKey: pending.dedupKey }).catch(() => {})
  }
}
