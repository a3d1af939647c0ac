// What one device has been sent in private chats, and has not confirmed: see DeliveredMarks.
import type { ChatId } from "../../domain/Ids.ts"

export class Arrivals {
  /** The newest message of each chat that no ping has followed yet. */
  readonly open = new Map<ChatId, number>()
  /** By ping, what was sent before it. */
  readonly sent: Array<{ readonly count: number; readonly marks: ReadonlyArray<readonly [ChatId, number]> }> = []
  /** Of pings, so far. */
  count = 0
  /** Epoch milliseconds. */
  pingedAt = 0
}
