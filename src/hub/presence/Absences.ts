// Users of this node whose last device has gone, while the others still take them for online: who is back in time was never away.
// They stay in the table of listeners, so that everything that tells who is online finds them there. One list in the order of leaving
// and no timer: all wait for the same time.
import type { HubState } from "../HubState.ts"
import type { ConnectedUser } from "../Listeners.ts"
import { announce } from "./Presence.ts"

/** Users who are told of in one turn of the event loop: each may go to everybody here. */
const usersAtOnce = 64

export class Absences {
  private readonly hub: HubState
  /** How long they have to come back, milliseconds. */
  private readonly timeout: number
  /** When each went, epoch milliseconds; the first one first. */
  private readonly since = new Map<ConnectedUser, number>()

  constructor(hub: HubState, timeout: number) {
    this.hub = hub
    this.timeout = timeout
  }

  /** The last device of a user who is online has gone. */
  begin(user: ConnectedUser): void {
    // Which chats the user is in is read again when they are back, with where those stand.
    user.loaded = false
    this.since.set(user, this.hub.now())
  }

  /** The user has a device again. */
  end(user: ConnectedUser): void {
    this.since.delete(user)
  }

  /** Tells of those who did not come back in time. */
  sweep(now: number): void {
    let told = 0
    for (const [user, since] of this.since) {
      if (since + this.timeout > now) break
      // A device is about to open.
      if (user.pins > 0) continue
      if (++told > usersAtOnce) {
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
