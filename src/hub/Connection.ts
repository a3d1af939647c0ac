// One open WebSocket of a user as the hub sees it: whose it is, how long its token lives, when it was heard last, how it ends.
// What its frames mean is its kind's: a Device hears events, an RpcConnection makes calls. Plain fields and no timer: there are many,
// mostly idle.
import type { CloseCode } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import type { SessionId, UserId } from "../domain/Ids.ts"
import type { Wire } from "./delivery/Wire.ts"
import type { HubState } from "./HubState.ts"

export abstract class Connection {
  readonly hub: HubState
  readonly user_id: UserId
  readonly session_id: SessionId
  readonly wire: Wire
  /** Epoch milliseconds: when the access token stops being good. */
  expires_at: number
  /** Epoch milliseconds: the last sign of life. */
  heard: number
  /** The sweeper's tick at which it looks at this connection again. */
  wakeTick = 0
  pingDue = 0
  /** It has a place among its user's sockets, and gives it back at the end. */
  private readonly hasPlace: boolean
  /** Why it was closed; 0: it is open. */
  closed: number = 0

  constructor(hub: HubState, identity: CurrentUser["Service"], wire: Wire, hasPlace: boolean) {
    this.hub = hub
    this.user_id = identity.user_id
    this.session_id = identity.session_id
    this.expires_at = identity.expires_at
    this.wire = wire
    this.hasPlace = hasPlace
    this.heard = hub.now()
  }

  /** A frame came. */
  abstract receive(data: Buffer, isBinary: boolean): void
  /** Its user has a share of frames again. */
  abstract proceed(): void
  /** The network has taken everything that was written. */
  abstract drained(): void
  /** It has something to answer. */
  abstract get busy(): boolean
  /** Lets go of all that it holds, once. */
  protected abstract end(code: number): void

  /** Does what is due for its kind alone, and gives when that is due again. */
  visit(_now: number): number {
    return Number.POSITIVE_INFINITY
  }

  heardFrom(): void {
    this.heard = this.hub.coarseNow
  }

  /** The answer to a ping, with what that carried. */
  ponged(_data: Buffer): void {
    this.heardFrom()
  }

  /** Whether this is a token of the same session; another cannot take its place. */
  isOf({ session_id, user_id }: CurrentUser["Service"]): boolean {
    return user_id === this.user_id && session_id === this.session_id
  }

  /** The access token's new life. */
  renew(expires_at: number): void {
    this.expires_at = expires_at
    this.hub.wheel.schedule(this, expires_at - this.hub.now())
  }

  /** Says why and ends it; nothing reaches it afterwards. */
  close(code: CloseCode, reason = ""): void {
    if (this.closed !== 0) return
    this.closing(code)
    this.wire.close(code, reason)
  }

  /** It is as good as gone: the transport says goodbye. */
  closing(code: number): void {
    if (this.closed !== 0) return
    this.closed = code
    if (this.hasPlace) this.hub.ports.places.leave(this.user_id)
    this.end(code)
  }

  /** The transport has ended. */
  gone(code: number): void {
    this.hub.transports--
    this.closing(code)
    if (this.hub.transports === 0) this.hub.onLastGone()
  }
}
