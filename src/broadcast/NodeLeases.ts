// Tracks which other nodes are alive. A node renews its lease in Redis; a node without a valid lease is gone. Redis may
// lose leases, or return after all of them have ended: then the nodes get a grace period to renew before their users
// count as offline.
import type { NodeName } from "./PresenceShape.ts"

export interface LeaseTimes {
  /** How often a node renews its lease, milliseconds. */
  readonly beat: number
  /** How long a lease lasts. */
  readonly lease: number
  /** How long a node may be missing from a Redis that has no ended lease of it. */
  readonly grace: number
  /** How long a user without a device counts as online: the time to reconnect, and for that to reach all nodes. */
  readonly absence: number
}

/** A user who reconnects within this time was never offline. */
export const absenceMillis = 10_000

/**
 * The users of a dead node stay online for 35 s, or 55 s if Redis lost its lease. A node that is frozen for 25 s stays
 * alive.
 */
export const leaseTimes: LeaseTimes = { beat: 5_000, lease: 30_000, grace: 20_000, absence: absenceMillis + 500 }

/** By node, when its lease ends or has ended, by the clock of Redis. */
export type Leases = ReadonlyMap<NodeName, number>

export class NodeLeases {
  /** When each was last seen: by this node's clock, and by that of Redis. */
  private readonly seen = new Map<NodeName, { readonly at: number; readonly beat: number }>()
  private upAt = Number.NEGATIVE_INFINITY
  private readonly times: LeaseTimes

  constructor(times: LeaseTimes) {
    this.times = times
  }

  /** The connection to Redis is (again) established. */
  up(now: number): void {
    this.upAt = now
  }

  /** A change of the node has arrived. */
  noteAlive(node: NodeName, now: number): void {
    if (!this.seen.has(node)) this.seen.set(node, { at: now, beat: now })
  }

  forget(node: NodeName): void {
    this.seen.delete(node)
  }

  /** Takes the leases from Redis; returns the nodes that are gone, with their last sign of life. */
  renew(now: number, alive: Leases, ended: Leases): ReadonlyArray<{ readonly node: NodeName; readonly at: number }> {
    for (const [node, end] of alive) this.seen.set(node, { at: now, beat: end - this.times.lease })
    const gone: Array<{ readonly node: NodeName; readonly at: number }> = []
    for (const [node, { at, beat }] of this.seen) {
      if (alive.has(node)) continue
      const end = ended.get(node)
      const { grace } = this.times
      const settled = now - this.upAt > grace
      if ((end === undefined || !settled) && now - Math.max(at, this.upAt) <= grace) continue
      this.seen.delete(node)
      gone.push({ node, at: end === undefined ? beat : end - this.times.lease })
    }
    return gone
  }
}
