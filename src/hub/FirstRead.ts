// The positions of all chats of a user, read before any device listened for this user. A device that is in the table
// now may use those positions in hello that no later event has passed: it will receive later events.
import type { ChatId } from "../domain/Ids.ts"
import type { Position } from "../sql/chats/ChatStore.ts"
import type { ConcurrentEvents, Watch } from "./replay/ConcurrentEvents.ts"

export class FirstRead {
  positions: ReadonlyArray<Position> = []
  private readonly concurrent: ConcurrentEvents
  private readonly watch: Watch

  /** To be created before the read starts. */
  constructor(concurrent: ConcurrentEvents) {
    this.concurrent = concurrent
    this.watch = concurrent.begin()
  }

  current(): Map<ChatId, Position> {
    const positions = new Map<ChatId, Position>()
    for (const position of this.positions) {
      if (!this.concurrent.isPast(this.watch, position)) positions.set(position.chat_id, position)
    }
    return positions
  }

  end(): void {
    this.concurrent.end(this.watch)
  }
}
