// Sends read marks to the server: only rising ones, at a limited rate, and again when an answer is missing.
import type { ChatId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { Store } from "../state/Store.ts"
import type { Connection } from "./Connection.ts"

const interval = 350

export class ReadMarks {
  /** Marks that the server has not confirmed. */
  private readonly wanted = new Map<ChatId, number>()
  private readonly sentMarks = new Map<ChatId, number>()
  private resting = false
  private cancelTimer: () => void = () => {}
  private readonly runtime: Runtime
  private readonly store: Store
  private readonly connection: Connection

  constructor(runtime: Runtime, store: Store, connection: Connection) {
    this.runtime = runtime
    this.store = store
    this.connection = connection
  }

  mark(chatId: ChatId, seq: number): void {
    const model = this.store.models.get(chatId)
    if (model?.chat === undefined) return
    const mark = Math.min(seq, model.chat.last_seq)
    if (mark <= Math.max(model.wantedRead, model.chat.last_read_seq)) return
    model.wantedRead = mark
    model.raiseMine(mark)
    this.store.touch(chatId)
    this.wanted.set(chatId, mark)
    this.flush()
  }

  forget(chatId: ChatId): void {
    this.wanted.delete(chatId)
  }

  clear(): void {
    this.wanted.clear()
    this.cancelTimer()
    this.resting = false
  }

  flush(): void {
    if (this.resting || !this.store.online || this.wanted.size === 0) return
    this.rest(interval)
    for (const [chatId, seq] of this.wanted) {
      if (this.sentMarks.get(chatId) === seq) continue
      this.sentMarks.set(chatId, seq)
      this.connection.ask({ type: "read", chat_id: chatId, seq }, (answer) => {
        if (this.sentMarks.get(chatId) === seq) this.sentMarks.delete(chatId)
        if (answer._tag === "Cut") return
        const passing = answer._tag === "Refused" && /^(rate_limited|unavailable)$/.test(answer.error.code)
        if (passing) this.rest(answer.error.retry_after_ms ?? 2_000)
        else if (this.wanted.get(chatId) === seq) this.wanted.delete(chatId)
      })
    }
  }

  private rest(millis: number): void {
    this.resting = true
    this.cancelTimer()
    this.cancelTimer = this.runtime.after(millis, () => {
      this.resting = false
      this.flush()
    })
  }
}
