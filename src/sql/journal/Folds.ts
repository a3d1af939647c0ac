// Estimates how many messages each chat has sent since its last fold, and decides when to fold again. A fold costs a
// batch more than sending does, whether it folds one chat or all: so the chats of a batch are folded together. A wrong
// estimate only costs time.
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatChange } from "./shape.ts"

/** After this number of messages a chat must be folded. */
const most = 128
/** In a batch that folds, chats with this number of messages are folded too. */
const enough = 16
/** Chats that are remembered; for others the number is estimated. */
const maxRemembered = 20_000

export class Folds {
  /** The `last_seq` at each chat's last fold. */
  private readonly known = new Map<ChatId, number>()

  /** Messages that remain unfolded after the change, if it does not fold. */
  private unfolded({ chat_id, last_seq, sent }: ChatChange): number {
    const before = last_seq - sent.length
    return last_seq - (this.known.get(chat_id) ?? before - (before % most))
  }

  /** Which of these changes fold their chats, by `must` and by the estimates. undefined: none. */
  due(changes: ReadonlyArray<ChatChange>, must: (change: ChatChange) => boolean): ReadonlyArray<boolean> | undefined {
    if (!changes.some((change) => must(change) || this.unfolded(change) >= most)) return undefined
    return changes.map((change) => must(change) || this.unfolded(change) >= enough)
  }

  done({ chat_id, last_seq }: ChatChange): void {
    if (this.known.size >= maxRemembered && !this.known.has(chat_id)) this.known.clear()
    this.known.set(chat_id, last_seq)
  }
}
