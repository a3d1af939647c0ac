// Which users have blocked the users that are connected here: these see them offline. Read when a user connects, after
// each signal of a change, and regularly where signals may be lost. Does not read itself (StateHeads, Reconciler).
import type { UserId } from "../../domain/Ids.ts"
import type { ConnectedUser } from "../Device.ts"
import type { HubState } from "../HubState.ts"
import { hide, reveal } from "./Presence.ts"

export class Blockers {
  private readonly hub: HubState
  private reads = 0

  constructor(hub: HubState) {
    this.hub = hub
  }

  /** The ordinal of a read, to be taken before it begins. */
  begin(): number {
    return ++this.reads
  }

  /**
   * What the read found. Of concurrent reads the one that began last counts: each change is followed by a signal, and
   * that by a read.
   */
  found(user: ConnectedUser, blockers: ReadonlyArray<UserId>, begun: number): void {
    if (begun < user.blockersAt) return
    user.blockersAt = begun
    const before = user.blockers
    if (blockers.length === 0 && before.size === 0) return
    user.blockers = new Set(blockers)
    if (user.devices.length === 0) return
    for (const id of user.blockers) {
      if (before.has(id)) continue
      hide(this.hub, user, id)
      this.hub.typing.hide(user, id)
    }
    for (const id of before) if (!user.blockers.has(id)) reveal(this.hub, user, id)
  }
}
