// Which messages of a chat mention the user or all, or reply to one of theirs. Knows the senders of the newest messages;
// a reply to an older one, which is not loaded either, is unsure until that one is.
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import type { MessageWindow } from "./MessageWindow.ts"
import type { Quotes } from "./Quotes.ts"

/** The newest messages whose senders are kept. */
const capacity = 200

export class Mentions {
  /** Unread replies that are not counted yet. */
  readonly unsure = new Map<MessageId, Message>()
  private readonly senders = new Map<MessageId, UserId>()
  private readonly me: UserId
  private readonly window: MessageWindow
  private readonly quotes: Quotes

  constructor(me: UserId, window: MessageWindow, quotes: Quotes) {
    this.me = me
    this.window = window
    this.quotes = quotes
  }

  tell({ id, sender_id }: Message): void {
    this.senders.set(id, sender_id)
    for (const oldest of this.senders.keys()) {
      if (this.senders.size <= capacity) break
      this.senders.delete(oldest)
    }
  }

  /** undefined: it is a reply, and it is not known to whom. */
  concerns({ deleted, mentions, mentions_all, reply_to, sender_id }: Message): boolean | undefined {
    if (deleted || sender_id === this.me) return false
    if (mentions_all === true || mentions?.includes(this.me)) return true
    if (reply_to === null) return false
    const author =
      this.senders.get(reply_to) ??
      this.window.find(reply_to)?.sender_id ??
      this.quotes.snapshot().get(reply_to)?.sender_id
    return author && author === this.me
  }

  /** The number of those that concern the user; the unsure ones are kept in place of the former ones. */
  count(unread: ReadonlyArray<Message>): number {
    this.unsure.clear()
    return unread.filter((message) => this.counts(message)).length
  }

  /** Whether a message counts now; it may still count later, if it is unsure. */
  counts(message: Message): boolean {
    const concerned = this.concerns(message)
    if (concerned === undefined) this.unsure.set(message.id, message)
    else this.unsure.delete(message.id)
    return concerned === true
  }

  /** How many of the unsure ones above `seq` have turned out to concern the user. */
  settle(seq: number): number {
    return [...this.unsure.values()].filter((message) => this.counts(message) && message.seq > seq).length
  }
}
