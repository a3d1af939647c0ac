// Where all chats of a user stood when they were read, before anybody listened to them for this user. A device that is in the
// table now may be greeted with as much of that as nothing has gone past since: what came later, it will hear.
import type { ChatId } from "../domain/Ids.ts"
import type { Position } from "../sql/chats/ChatStore.ts"
import type { ConcurrentEvents, Watch } from "./replay/ConcurrentEvents.ts"

export class FirstRead {
  positions: ReadonlyArray<Position> = []
  private readonly concurrent: ConcurrentEvents
  private readonly watch: Watch

  /** To be made before the read is asked for. */
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
