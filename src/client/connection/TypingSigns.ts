// Typing users: this user's typing is sent at most every 2 s, others' is removed when its end does not arrive.
import { Limits } from "../../contract/Limits.ts"
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { Store } from "../state/Store.ts"
import type { UnknownFrame } from "../state/UnknownFrame.ts"
import type { Connection } from "./Connection.ts"

const interval = 2_000

export class TypingSigns {
  /** By chat, when this user's typing was sent last. */
  private readonly lastSent = new Map<ChatId, number>()
  private cancelTimer: () => void = () => {}
  private readonly runtime: Runtime
  private readonly store: Store
  private readonly connection: Connection

  constructor(runtime: Runtime, store: Store, connection: Connection) {
    this.runtime = runtime
    this.store = store
    this.connection = connection
  }

  set(chatId: ChatId, isTyping: boolean): void {
    const last = this.lastSent.get(chatId)
    const now = this.runtime.now()
    if (isTyping) {
      if (last !== undefined && now - last < interval) return
      if (this.connection.send({ type: "typing", chat_id: chatId, is_typing: true })) this.lastSent.set(chatId, now)
    } else if (last !== undefined) {
      this.lastSent.delete(chatId)
      if (now - last < Limits.typingSeconds * 1000) {
        this.connection.send({ type: "typing", chat_id: chatId, is_typing: false })
      }
    }
  }

  /** A message ends the typing by itself. */
  sent(chatId: ChatId): void {
    this.lastSent.delete(chatId)
  }

  received(chatId: ChatId, userId: UserId, isTyping: boolean): void {
    const model = this.store.models.get(chatId)
    if (model === undefined) return
    if (isTyping) model.typing.set(userId, this.runtime.now() + Limits.typingSeconds * 1000 + 500)
    else model.typing.delete(userId)
    this.store.touch(chatId)
    this.schedule()
  }

  /** A user who has sent a message, has left the chat or is offline no longer types: the end may have been lost. */
  take(frame: ServerFrame | UnknownFrame): void {
    if (frame.type === "message") this.ended(frame.chat_id, frame.sender_id)
    else if (frame.type === "member_removed") this.ended(frame.chat_id, frame.user_id)
    else if (frame.type === "presence" && frame.status === "offline") {
      for (const model of this.store.models.values()) this.ended(model.id, frame.user_id)
    }
  }

  private ended(chatId: ChatId, userId: UserId): void {
    if (this.store.models.get(chatId)?.typing.has(userId) === true) this.received(chatId, userId, false)
  }

  /** Nothing is known without a connection. */
  clear(): void {
    this.cancelTimer()
    this.lastSent.clear()
    for (const model of this.store.models.values()) {
      if (model.typing.size === 0) continue
      model.typing.clear()
      this.store.touch(model.id)
    }
  }

  private schedule(): void {
    this.cancelTimer()
    let next = Number.POSITIVE_INFINITY
    for (const model of this.store.models.values()) {
      for (const until of model.typing.values()) if (until < next) next = until
    }
    if (next === Number.POSITIVE_INFINITY) return
    this.cancelTimer = this.runtime.after(Math.max(0, next - this.runtime.now()), () => this.expire())
  }

  private expire(): void {
    const now = this.runtime.now()
    for (const model of this.store.models.values()) {
      for (const [id, until] of model.typing) {
        if (until > now) continue
        model.typing.delete(id)
        this.store.touch(model.id)
      }
    }
    this.schedule()
  }
}
