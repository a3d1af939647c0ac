// One open WebSocket of a user in the hub: its identity, the expiry of its token, its last sign of life, its end. Its
// subclasses define its frames: a Device receives events, an RpcConnection makes calls. Plain fields and no timer,
// since there are many connections and most are idle.
import type { CloseCode } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import type { SessionId, UserId } from "../domain/Ids.ts"
import type { Wire } from "./delivery/Wire.ts"
import type { Places } from "./Places.ts"

/** What connections need of their hub. */
export interface ConnectionHub {
  now(): number
  readonly coarseNow: number
  transports: number
  readonly onLastGone: () => void
  readonly wheel: { schedule(connection: Connection, millis: number): void }
  readonly ports: {
    readonly places: Places
    readonly budget: { take(connection: Connection): boolean }
  }
}

export abstract class Connection {
  readonly hub: ConnectionHub
  readonly user_id: UserId
  readonly session_id: SessionId
  readonly wire: Wire
  /** Epoch milliseconds: when the access token expires. */
  expires_at: number
  /** Epoch milliseconds: the last sign of life. */
  aliveAt: number
  /** The sweeper's tick at which it visits this connection again. */
  wakeTick = 0
  pingDue = 0
  /** It counts as one of its user's sockets until its end. */
  private readonly hasPlace: boolean
  /** The close code; 0: it is open. */
  closed: number = 0

  constructor(hub: ConnectionHub, identity: CurrentUser["Service"], wire: Wire, hasPlace: boolean) {
    this.hub = hub
    this.user_id = identity.user_id
    this.session_id = identity.session_id
    this.expires_at = identity.expires_at
    this.wire = wire
    this.hasPlace = hasPlace
    this.aliveAt = hub.now()
  }

  /** A frame has arrived. */
  abstract receive(data: Buffer, isBinary: boolean): void
  /** Its user may send frames again. */
  abstract proceed(): void
  /** The network has accepted everything that was written. */
  abstract drained(): void
  /** Commands or calls are not answered yet. */
  abstract get busy(): boolean
  /** Releases everything that it holds, once. */
  protected abstract end(code: number): void

  /** Does what is due for its kind, and returns when that is due again. */
  visit(_now: number): number {
    return Number.POSITIVE_INFINITY
  }

  noteAlive(): void {
    this.aliveAt = this.hub.coarseNow
  }

  /** The answer to a ping, with the ping's payload. */
  ponged(_data: Buffer): void {
    this.noteAlive()
  }

  /** Whether this token belongs to the same session; another session cannot take over. */
  isOf({ session_id, user_id }: CurrentUser["Service"]): boolean {
    return user_id === this.user_id && session_id === this.session_id
  }

  /** Applies the expiry of a new access token. */
  renew(expires_at: number): void {
    this.expires_at = expires_at
    this.hub.wheel.schedule(this, expires_at - this.hub.now())
  }

  /** Closes it with a reason; nothing is sent to it afterwards. */
  close(code: CloseCode, reason = ""): void {
    if (this.closed !== 0) return
    this.closing(code)
    this.wire.close(code, reason)
  }

  /** Marks it as closed; the transport sends the close frame. */
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
