// Who is online, as far as this client knows. People who were online before a reconnect are not given up at once.
import type { UserId } from "../../domain/Ids.ts"
import type { Runtime } from "../Runtime.ts"
import type { Presence } from "./ChatState.ts"
import { same } from "./views.ts"

/** Milliseconds; as long as the server itself waits before it says that a person went: they may be back within it. */
const grace = 10_000

export class PresenceTable {
  private known = new Map<UserId, Presence>()
  /** A snapshot holds `known`: copy before changing. */
  private shared = false
  /** Online before the last `hello`, and not heard of since. */
  private missing = new Set<UserId>()
  private cancelGrace: () => void = () => {}
  private readonly runtime: Runtime
  private readonly changed: () => void

  constructor(runtime: Runtime, changed: () => void) {
    this.runtime = runtime
    this.changed = changed
  }

  /** The very same map until something changes. */
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
   * The people who are online now, by `hello`. Those who were and are not named may be on their way back, as this client was
   * (the server has started anew): they stay online for `grace`. Since when they are away is not known then.
   */
  setOnline(ids: ReadonlyArray<UserId>): void {
    const online = new Set(ids)
    this.missing = new Set()
    for (const [id, { online: was }] of this.known) if (was && !online.has(id)) this.missing.add(id)
    this.cancelGrace()
    this.cancelGrace = this.runtime.after(grace, () => {
      for (const id of this.missing) this.set(id, { online: false, lastSeenAt: null })
    })
    for (const id of online) this.set(id, { online: true, lastSeenAt: null })
  }

  clear(): void {
    this.cancelGrace()
    this.missing = new Set()
    this.known = new Map()
    this.shared = false
  }
}
