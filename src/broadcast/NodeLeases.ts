// Knows which other nodes live. A node renews its lease in Redis; whose lease has ended is gone. Redis may forget leases, or come
// back after all of them have ended: then the nodes get some time to show themselves before their users count as offline.
import type { NodeName } from "./Presence.ts"

export interface LeaseTimes {
  /** How often a node renews its lease, milliseconds. */
  readonly beat: number
  /** How long a lease lasts. */
  readonly lease: number
  /** How long a node may be missing from a Redis that knows nothing of its death. */
  readonly grace: number
  /** How long a user whose last device has gone counts as online: the time to come back in, and that for the news to get round. */
  readonly absence: number
}

/** Whoever is back within so long was never offline. */
export const absenceMillis = 10_000

/** A dead node's users seem to be online for 35 s; 55 s where Redis has forgotten its lease. A node frozen for 25 s lives on. */
export const leaseTimes: LeaseTimes = { beat: 5_000, lease: 30_000, grace: 20_000, absence: absenceMillis + 500 }

/** Node → when its lease ends or has ended, by the clock of Redis. */
export type Leases = ReadonlyMap<NodeName, number>

export class NodeLeases {
  /** When each was there last: by our clock, and by that of Redis. */
  private readonly seen = new Map<NodeName, { readonly at: number; readonly beat: number }>()
  private upAt = Number.NEGATIVE_INFINITY
  private readonly times: LeaseTimes

  constructor(times: LeaseTimes) {
    this.times = times
  }

  /** The connection to Redis has come (back). */
  up(now: number): void {
    this.upAt = now
  }

  /** A node has spoken. */
  heard(node: NodeName, now: number): void {
    if (!this.seen.has(node)) this.seen.set(node, { at: now, beat: now })
  }

  forget(node: NodeName): void {
    this.seen.delete(node)
  }

  /** What Redis says; gives those who are gone, with their last sign of life. */
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
