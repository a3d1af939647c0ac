// Owns the unsent messages: kept until the server has accepted them, sent in order per chat, each once. One at a time
// per chat: a later message never overtakes one that must be repeated.
import type { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { SendOptions } from "./ChatClient.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { Ack, Answer, Connection, Refusal } from "./connection/Connection.ts"
import type { Runtime } from "./Runtime.ts"
import type { PendingFailure, PendingMessage } from "./state/ChatState.ts"
import type { Store } from "./state/Store.ts"
import type { OutboxStorage, StoredDraft, StoredMessage } from "./storage/OutboxStorage.ts"

export interface Delivered {
  readonly messageId: MessageId
  readonly seq: number
}

interface Entry {
  pending: PendingMessage
  readonly order: number
  /** Its position, once the server has accepted it. */
  seq: number | null
  resolve: (delivered: Delivered) => void
  reject: (error: ChatClientError) => void
}

const refusals: Readonly<Record<string, PendingFailure>> = {
  not_found: "not_found",
  forbidden: "forbidden",
  conflict: "conflict",
}

export class Outbox {
  private readonly entries = new Map<string, Entry>()
  private lastOrder = 0
  private failures = 0
  private pausedUntil = 0
  private cancelTimer: () => void = () => {}
  private user: UserId | null = null
  private readonly runtime: Runtime
  private readonly storage: OutboxStorage
  private readonly store: Store
  private readonly connection: Connection

  constructor(runtime: Runtime, storage: OutboxStorage, store: Store, connection: Connection) {
    this.runtime = runtime
    this.storage = storage
    this.store = store
    this.connection = connection
  }

  /** Loads what this user left unsent. */
  async open(user: UserId): Promise<ReadonlyArray<StoredDraft>> {
    this.user = user
    const stored = await this.storage.load(user).catch(() => ({ messages: [], drafts: [] }))
    if (this.user !== user) return []
    const messages: ReadonlyArray<StoredMessage> = stored.messages
    for (const message of [...messages].sort((a, b) => a.order - b.order)) {
      if (this.entries.has(message.dedupKey)) continue
      const { dedupKey, chatId, text, replyTo, attachments = [], custom = null, createdAt, failure } = message
      const code = failure === null ? null : (refusals[failure.code] ?? "invalid")
      this.add(message.order, {
        dedupKey,
        chatId,
        text,
        replyTo,
        attachments,
        custom,
        createdAt,
        status: failure === null ? "queued" : "failed",
        failure: failure === null || code === null ? null : { code, message: failure.message },
      })
    }
    this.pump()
    return stored.drafts
  }

  /** Leaves everything in the storage. */
  close(): void {
    this.cancelTimer()
    this.user = null
    const error = new ChatClientError("SignedOut", "Nobody is signed in any more; the message waits in the outbox.")
    for (const entry of this.entries.values()) entry.reject(error)
    this.entries.clear()
    this.pausedUntil = 0
  }

  add(
    order: number | null,
    pending: PendingMessage,
  ): { readonly entry: Entry; readonly delivered: Promise<Delivered> } {
    this.lastOrder = order ?? Math.max(this.lastOrder + 1, this.runtime.now())
    const { promise, resolve, reject } = Promise.withResolvers<Delivered>()
    promise.catch(() => {})
    const entry: Entry = { pending, order: this.lastOrder, seq: null, resolve, reject }
    this.entries.set(pending.dedupKey, entry)
    this.show(pending.chatId)
    return { entry, delivered: promise }
  }

  send(chatId: ChatId, text: string, { attachments = [], custom, replyTo }: SendOptions) {
    const pending: PendingMessage = {
      dedupKey: this.runtime.randomId(),
      chatId,
      text,
      replyTo: replyTo ?? null,
      attachments,
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
    this.update(entry, { status: "queued", failure: null })
    this.keep(entry)
    this.pump()
  }

  discard(dedupKey: string): void {
    const entry = this.entries.get(dedupKey)
    if (entry === undefined || (entry.pending.status !== "failed" && entry.pending.status !== "queued")) return
    this.drop(entry)
    entry.reject(new ChatClientError("Discarded", "The message was taken back."))
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
    for (const { pending } of entries) if (pending.status === "sending") busy.add(pending.chatId)
    for (const entry of entries) {
      const { status, chatId } = entry.pending
      if (status !== "queued" || busy.has(chatId)) continue
      busy.add(chatId)
      this.dispatch(entry)
    }
  }

  private dispatch(entry: Entry): void {
    const { attachments, chatId, custom, dedupKey, replyTo, text } = entry.pending
    this.update(entry, { status: "sending" })
    const message = { type: "message", chat_id: chatId, text, dedup_key: dedupKey, reply_to: replyTo }
    const files = attachments.length === 0 ? {} : { attachments }
    const frame = custom === null ? { ...message, ...files } : { ...message, ...files, custom }
    this.connection.ask(frame, (answer) => this.answered(entry, answer))
  }

  private answered(entry: Entry, answer: Answer): void {
    if (this.entries.get(entry.pending.dedupKey) !== entry || entry.pending.status !== "sending") return
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

  private fail(entry: Entry, code: PendingFailure, message: string): void {
    this.update(entry, { status: "failed", failure: { code, message } })
    this.keep(entry)
    entry.reject(new ChatClientError("MessageRefused", message, { code }))
  }

  private drop(entry: Entry): void {
    this.entries.delete(entry.pending.dedupKey)
    this.unkeep(entry)
    this.show(entry.pending.chatId)
  }

  private update(entry: Entry, change: Partial<PendingMessage>): void {
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

  private keep({ order, pending }: Entry): void {
    if (this.user === null) return
    const { dedupKey, chatId, text, replyTo, attachments, custom, createdAt, failure } = pending
    const files = attachments.length === 0 ? {} : { attachments }
    const message = { userId: this.user, dedupKey, order, chatId, text, replyTo, ...files, createdAt, failure }
    const stored: StoredMessage = custom === null ? message : { ...message, custom }
    this.storage.put(stored).catch(() => {})
  }

  private unkeep({ pending }: Entry): void {
    if (this.user !== null) this.storage.remove({ userId: this.user, dedupKey: pending.dedupKey }).catch(() => {})
  }
}
