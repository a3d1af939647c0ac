// Presence as known to this client. Users who were online before a reconnection stay online for a while.
import type { UserId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { Presence } from "./ChatState.ts"
import { same } from "./views.ts"

/** Milliseconds; as long as the server itself waits before it reports a user offline. */
const grace = 10_000

export class PresenceTable {
  private known = new Map<UserId, Presence>()
  /** A snapshot uses `known`: copy before changing. */
  private shared = false
  /** Online before the last `hello`, without an event since. */
  private missing = new Set<UserId>()
  private cancelGrace: () => void = () => {}
  private readonly runtime: Runtime
  private readonly changed: () => void

  constructor(runtime: Runtime, changed: () => void) {
    this.runtime = runtime
    this.changed = changed
  }

  /** The same map until something changes. */
  snapshot(): ReadonlyMap<UserId, Presence> {
    this.shared = true
    return this.known
  }

  set(id: UserId, presence: Presence): void {
    this.missing.delete(id)
    const before = this.known.get(id)
    if (before !== undefined && same(before, presence)) return
    if (this.shared) this.known = new Map(this.known)
    this.shared = false
    this.known.set(id, presence)
    this.changed()
  }

  /**
   * The users who are online now, by `hello`. Users who were online and are not named may be reconnecting, as this
   * client was (the server has restarted): they stay online for `grace`. Their last time online is unknown then.
   */
  setOnline(ids: ReadonlyArray<UserId>): void {
    const online = new Set(ids)
    this.missing = new Set()
    for (const [id, { online: was }] of this.known) if (was && !online.has(id)) this.missing.add(id)
    this.stop()
    this.cancelGrace = this.runtime.after(grace, () => {
      for (const id of this.missing) this.set(id, { online: false, lastSeenAt: null })
    })
    for (const id of online) this.set(id, { online: true, lastSeenAt: null })
  }

  /** No timer runs afterwards. Who is online stays as it is until the next `setOnline`. */
  stop(): void {
    this.cancelGrace()
  }

  clear(): void {
    this.stop()
    this.missing = new Set()
    this.known = new Map()
    this.shared = false
  }
}
