// Messages of a chat that others reply to and that are not among the loaded ones: what a quote shows.
import type { MessageId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { newer } from "./copies.ts"
import type { MessageWindow } from "./MessageWindow.ts"

/** Beyond so many the oldest ones are forgotten. */
const capacity = 500

export class Quotes {
  private known: ReadonlyMap<MessageId, Message> = new Map()
  /** Asked for; those that the server did not give stay here, so that they are not asked for again. */
  private readonly asked = new Set<MessageId>()

  /** The very same map until something changes. */
  snapshot(): ReadonlyMap<MessageId, Message> {
    return this.known
  }

  /** The ids that `messages` reply to and that are neither loaded nor known; they count as asked for from now on. */
  missing(messages: ReadonlyArray<Message>, window: MessageWindow, limit: number): ReadonlyArray<MessageId> {
    const ids: Array<MessageId> = []
    for (let i = messages.length - 1; i >= 0 && ids.length < limit; i--) {
      const { reply_to } = messages[i]!
      if (reply_to === null || this.asked.has(reply_to) || window.find(reply_to) !== undefined) continue
      this.asked.add(reply_to)
      ids.push(reply_to)
    }
    return ids
  }

  put(messages: ReadonlyArray<Message>): void {
    if (messages.length === 0) return
    const kept = [...this.known, ...messages.map((message) => [message.id, message] as const)].slice(-capacity)
    this.known = new Map(kept)
  }

  /** They could not be asked for: they may be asked for again. */
  forget(ids: ReadonlyArray<MessageId>): void {
    for (const id of ids) this.asked.delete(id)
  }

  /** A message as an event has it now. */
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
    this.asked.clear()
  }
}
