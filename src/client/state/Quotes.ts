// Messages of a chat to which others reply and that are not loaded: the content of quotes.
import type { MessageId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { newer } from "./copies.ts"
import type { MessageWindow } from "./MessageWindow.ts"

/** Over this number the oldest ones are dropped. */
const capacity = 500

export class Quotes {
  private known: ReadonlyMap<MessageId, Message> = new Map()
  /** Requested; those that the server did not return stay here, so that they are not requested again. */
  private readonly requested = new Set<MessageId>()

  /** The same map until something changes. */
  snapshot(): ReadonlyMap<MessageId, Message> {
    return this.known
  }

  /** The ids to which `messages` reply and that are neither loaded nor known; they count as requested from now on. */
  missing(messages: ReadonlyArray<Message>, window: MessageWindow, limit: number): ReadonlyArray<MessageId> {
    const ids: Array<MessageId> = []
    for (let i = messages.length - 1; i >= 0 && ids.length < limit; i--) {
      const { reply_to } = messages[i]!
      if (reply_to === null || this.requested.has(reply_to) || window.find(reply_to) !== undefined) continue
      this.requested.add(reply_to)
      ids.push(reply_to)
    }
    return ids
  }

  put(messages: ReadonlyArray<Message>): void {
    if (messages.length === 0) return
    const kept = [...this.known, ...messages.map((message) => [message.id, message] as const)].slice(-capacity)
    this.known = new Map(kept)
  }

  /** The request failed: they may be requested again. */
  forget(ids: ReadonlyArray<MessageId>): void {
    for (const id of ids) this.requested.delete(id)
  }

  /** A message in its newest state from an event. */
  tell(message: Message): void {
    this.change(message.id, (known) => newer(known, message))
  }

  change(id: MessageId, to: (message: Message) => Message): void {
    const known = this.known.get(id)
    const changed = known && to(known)
    if (changed !== undefined && changed !== known) this.known = new Map(this.known).set(id, changed)
  }

  clear(): void {
    this.known = new Map()
    this.requested.clear()
  }
}
