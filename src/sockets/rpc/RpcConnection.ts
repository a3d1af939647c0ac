// A connection to `/rpc`: its messages in order, and its answers at the speed of the network. RpcEdge owns calls and
// answers. While the network has not accepted what was written, nothing more is read; when it accepts nothing for 30 s,
// the connection ends.
import { Effect } from "effect"
import type { RpcMessage } from "effect/rpc"
import { CloseCode } from "../../contract/CloseCode.ts"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { Connection } from "../../hub/Connection.ts"
import type { Wire } from "../../hub/delivery/Wire.ts"
import { textFrame } from "../../hub/frames/FrameBytes.ts"
import type { HubState } from "../../hub/HubState.ts"
import type { RpcCalls } from "./RpcCalls.ts"
import { noMessage, parseMessages } from "./RpcMessages.ts"

/** Bytes of waiting frames; over this limit the socket is not read. */
const inboxBytes = 65_536
const untakenMillis = Limits.untakenSeconds * 1000

interface Frame {
  readonly data: Buffer
  readonly isBinary: boolean
}

export class RpcConnection extends Connection {
  declare readonly hub: HubState
  identity: CurrentUser["Service"]
  readonly calls: RpcCalls
  /** Open event streams. */
  streams = 0
  private readonly onEnd: () => void
  private readonly frames: Array<Frame> = []
  private frameBytes = 0
  /** The remaining messages of the last frame. */
  private messages: ReadonlyArray<RpcMessage.FromClientEncoded> = []
  private nextMessage = 0
  private paused = false
  private badFrames = 0
  /** The network has not accepted everything that was written. */
  private blocked = false
  /** Epoch milliseconds: when the network was last seen to accept something. */
  private takenAt = 0
  private readonly waiting: Array<() => void> = []
  private reader: (() => void) | undefined = undefined

  constructor(hub: HubState, identity: CurrentUser["Service"], wire: Wire, calls: RpcCalls, onEnd: () => void) {
    super(hub, identity, wire, true)
    this.identity = identity
    this.calls = calls
    this.onEnd = onEnd
    hub.listeners.callers.add(this)
    hub.listeners.enterSession(this)
    hub.transports++
  }

  get busy(): boolean {
    return this.closed === 0 && this.calls.size > 0
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.closed !== 0) return
    this.aliveAt = this.hub.coarseNow
    this.hub.stats.framesIn++
    this.frames.push({ data, isBinary })
    this.frameBytes += data.length
    if (this.frameBytes >= inboxBytes && !this.paused) {
      this.paused = true
      this.wire.pause()
    }
    this.proceed()
  }

  proceed(): void {
    this.reader?.()
  }

  drained(): void {
    this.blocked = false
    for (const resume of this.waiting.splice(0)) resume()
    this.proceed()
  }

  /** The next message; waits while the network accepts nothing, and while the user exceeds the frame rate. */
  readonly next: Effect.Effect<RpcMessage.FromClientEncoded> = Effect.callback((resume) => {
    const look = () => {
      const message = this.take()
      if (message === undefined) return
      this.reader = undefined
      resume(Effect.succeed(message))
    }
    this.reader = look
    look()
  })

  /** Done once the network has accepted everything that was written so far. */
  readonly taken: Effect.Effect<void> = Effect.callback((resume) => {
    if (!this.blocked || this.closed !== 0) resume(Effect.void)
    else this.waiting.push(() => resume(Effect.void))
  })

  write(message: RpcMessage.FromServerEncoded): void {
    this.writeJson(JSON.stringify(message))
  }

  /** Answers that this was not a message. */
  refuse(): void {
    this.writeJson(noMessage)
    this.bad()
  }

  /** An invalid message: ten in a row end the connection. */
  bad(): void {
    if (++this.badFrames >= Limits.badFrames) this.close(CloseCode.BadFrames)
  }

  good(): void {
    this.badFrames = 0
  }

  override visit(now: number): number {
    if (!this.blocked) return Number.POSITIVE_INFINITY
    if (this.wire.moved()) {
      this.takenAt = now
      // While it is not read, this is its sign of life.
      this.aliveAt = now
    } else if (now - this.takenAt >= untakenMillis) this.close(CloseCode.TooSlow)
    return this.takenAt + untakenMillis
  }

  protected end(code: number): void {
    this.hub.listeners.callers.delete(this)
    this.hub.listeners.leaveSession(this)
    this.hub.stats.closed(code)
    this.frames.length = 0
    this.messages = []
    for (const resume of this.waiting.splice(0)) resume()
    this.onEnd()
  }

  override renew(expires_at: number): void {
    this.identity = { ...this.identity, expires_at }
    super.renew(expires_at)
  }

  private writeJson(json: string): void {
    if (this.closed !== 0 || this.wire.write(textFrame(json)) || this.blocked) return
    this.blocked = true
    this.wire.moved()
    this.takenAt = this.hub.coarseNow
  }

  private take(): RpcMessage.FromClientEncoded | undefined {
    while (!this.blocked && this.closed === 0) {
      const message = this.messages[this.nextMessage++]
      if (message !== undefined) return message
      if (this.frames.length === 0 || !this.hub.ports.budget.take(this)) return undefined
      this.open(this.frames.shift()!)
    }
    return undefined
  }

  private open({ data, isBinary }: Frame): void {
    this.frameBytes -= data.length
    const messages = parseMessages(data, isBinary)
    this.messages = messages ?? []
    this.nextMessage = 0
    if (messages === undefined) this.refuse()
    if (this.frames.length > 0 || !this.paused || this.closed !== 0) return
    this.paused = false
    this.wire.resume()
  }
}
