// Counts the open sockets of each user on this node, `/ws` and `/rpc` together, and decides whether one more is allowed
// over all nodes.
import { Effect } from "effect"
import type { Presence } from "../broadcast/Presence.ts"
import type { UserId } from "../domain/Ids.ts"

export class Places {
  private readonly presence: Pick<Presence["Service"], "admit" | "alone" | "counted">
  private readonly limit: number
  private readonly taken = new Map<UserId, number>()

  /** `limit`: sockets of a user over all nodes; 0: no limit. */
  constructor(presence: Pick<Presence["Service"], "admit" | "alone" | "counted">, limit: number) {
    this.presence = presence
    this.limit = limit
  }

  /** The user's sockets on this node. */
  of(user_id: UserId): number {
    return this.taken.get(user_id) ?? 0
  }

  /** All users with a socket on this node. */
  users(): Iterable<UserId> {
    return this.taken.keys()
  }

  /** Takes a slot, to be returned by `leave`; false: none is left. */
  take(user_id: UserId): Effect.Effect<boolean> {
    return Effect.suspend(() => {
      const sockets = this.of(user_id) + 1
      if (this.limit > 0 && sockets > this.limit) return Effect.succeed(false)
      this.taken.set(user_id, sockets)
      if (this.limit === 0 || this.presence.alone) return Effect.succeed(true)
      return Effect.onExit(this.presence.admit(user_id, sockets, this.limit), (exit) =>
        Effect.sync(() => {
          if (exit._tag === "Failure" || !exit.value) this.leave(user_id)
        }),
      )
    })
  }

  leave(user_id: UserId): void {
    const sockets = this.of(user_id) - 1
    if (sockets > 0) this.taken.set(user_id, sockets)
    else this.taken.delete(user_id)
    if (this.limit > 0) this.presence.counted(user_id, Math.max(0, sockets))
  }
}
