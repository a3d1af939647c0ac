// Users of this node without a device who still count as online: a user who reconnects in time was never offline. They
// stay in the table of listeners, where presence finds them. One list in the order of disconnection and no timer per
// user: all wait for the same time.

import type { ConnectedUser } from "../Device.ts"
import type { HubState } from "../HubState.ts"
import { announce } from "./Presence.ts"

/** Users whose absence is published in one turn of the event loop: each may go to all devices here. */
const usersAtOnce = 64

export class Absences {
  private readonly hub: HubState
  /** The time to reconnect, milliseconds. */
  private readonly timeout: number
  /** When each disconnected, epoch milliseconds; the earliest first. */
  private readonly since = new Map<ConnectedUser, number>()

  constructor(hub: HubState, timeout: number) {
    this.hub = hub
    this.timeout = timeout
  }

  /** The last device of an online user has disconnected. */
  begin(user: ConnectedUser): void {
    // The user's chats are read again when they reconnect, with their positions; a connection under way relies on those
    // that were read.
    if (user.pins === 0) user.loaded = false
    this.since.set(user, this.hub.now())
  }

  /** The user has a device again. */
  end(user: ConnectedUser): void {
    this.since.delete(user)
  }

  /** Publishes those who did not reconnect in time. */
  sweep(now: number): void {
    let published = 0
    for (const [user, since] of this.since) {
      if (since + this.timeout > now) break
      // A device is about to open.
      if (user.pins > 0) continue
      if (++published > usersAtOnce) {
        setImmediate(() => this.sweep(now))
        return
      }
      this.since.delete(user)
      user.online = false
      announce(this.hub, user, new Date(since).toISOString())
      this.hub.listeners.dropIfGone(user)
    }
  }
}
