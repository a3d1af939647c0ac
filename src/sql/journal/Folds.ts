// Guesses how much each chat has sent since it was folded last, and says when it is time again. Folding costs a batch more than
// sending does, whether it folds one chat or all: so the chats of a batch are folded together. A wrong guess costs time and
// nothing else.
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatChange } from "./Journal.ts"

/** So many messages of a chat are sent before it has to be folded. */
const most = 128
/** In a batch that folds, chats with so many are folded with the others. */
const enough = 16
/** Chats that are remembered; of the others it is guessed. */
const maxRemembered = 20_000

export class Folds {
  /** The `last_seq` at which a chat was folded last. */
  private readonly known = new Map<ChatId, number>()

  /** Messages that will not be folded once the change is committed, if it does not fold. */
  private unfolded({ chat_id, last_seq, sent }: ChatChange): number {
    const before = last_seq - sent.length
    return last_seq - (this.known.get(chat_id) ?? before - (before % most))
  }

  /** Which of these changes, of which `must` may say that they have to, fold their chats. undefined: none. */
  due(changes: ReadonlyArray<ChatChange>, must: (change: ChatChange) => boolean): ReadonlyArray<boolean> | undefined {
    if (!changes.some((change) => must(change) || this.unfolded(change) >= most)) return undefined
    return changes.map((change) => must(change) || this.unfolded(change) >= enough)
  }

  /** The chat was folded. */
  done({ chat_id, last_seq }: ChatChange): void {
    if (this.known.size >= maxRemembered && !this.known.has(chat_id)) this.known.clear()
    this.known.set(chat_id, last_seq)
  }
}
