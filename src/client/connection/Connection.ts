// Owns the only WebSocket: opens it, detects that it is dead, reconnects, and matches answers to frames. Does not know
// the meaning of frames.
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import { ChatClientError } from "../ChatClientError.ts"
import type { Runtime, SocketLike } from "../Runtime.ts"
import type { ConnectionState } from "../state/ChatState.ts"
import type { UnknownFrame } from "../state/UnknownFrame.ts"
import { backoff, comeBack, type Return } from "./Backoff.ts"
import { parseFrame } from "./parseFrame.ts"

export interface ConnectionEvents {
  /** The URL with the token. Rejects with `SignedOut` when no user is signed in. */
  address(): Promise<string>
  /**
   * The last attempt failed before it opened: checks the session. Rejects with `SignedOut` or `ForeignOrigin` if it is
   * not valid.
   */
  check(): Promise<void>
  refresh(): Promise<void>
  frame(frame: ServerFrame | UnknownFrame): void
  /** The open connection has ended. */
  down(): void
  sessionEnded(): void
  state(state: ConnectionState): void
}

export type Ack = Extract<ServerFrame, { type: "ack" | "synced" }>
export type Refusal = Extract<ServerFrame, { type: "error" }>

/** The result of a frame: acknowledged, refused, or the connection broke before either. */
export type Answer =
  | { readonly _tag: "Ack"; readonly ack: Ack }
  | { readonly _tag: "Refused"; readonly error: Refusal }
  | { readonly _tag: "Cut" }

const openingTimeout = 15_000
/** After this time without a frame the client sends a ping. */
const quiet = 25_000
/** It also sends a ping after this time without an answer to a frame. */
const late = 3_000
/** After this time without a frame in response, the connection is dead. */
const silence = 6_000
const stable = 10_000

export class Connection {
  private socket: SocketLike | null = null
  private said = false
  private wanted = false
  private attempt = 0
  private generation = 0
  private lastHeard = 0
  private nextRef = 1
  /** Frames without an answer, the oldest first. */
  private readonly waiting = new Map<number, { readonly at: number; readonly answer: (answer: Answer) => void }>()
  /** When the ping was sent to which nothing has been received since. */
  private pingedAt: number | null = null
  private cancelTimer: () => void = () => {}
  private cancelStable: () => void = () => {}
  private readonly runtime: Runtime
  private readonly events: ConnectionEvents

  constructor(runtime: Runtime, events: ConnectionEvents) {
    this.runtime = runtime
    this.events = events
  }

  start(): void {
    if (this.wanted) return
    this.wanted = true
    this.attempt = 0
    void this.open(false, false)
  }

  stop(): void {
    this.wanted = false
    this.drop()
    this.cancelTimer()
  }

  /** Ends the pause; checks a connection that seems to be alive. */
  wake(): void {
    if (!this.wanted) return
    if (this.socket === null) {
      this.attempt = 0
      void this.open(false, true)
    } else this.doubt()
  }

  /** Sends a ping: without a frame in response the connection ends after `silence`. */
  doubt(): void {
    if (!this.said || this.pingedAt !== null) return
    this.pingedAt = this.runtime.now()
    this.send({ type: "ping" })
    this.arm()
  }

  /** In sync: once it has lasted a little, the next loss counts as a first failure. */
  settled(): void {
    this.cancelStable()
    this.cancelStable = this.runtime.after(stable, () => {
      this.attempt = 0
    })
    this.events.state({ status: "online" })
  }

  /** False when there is no connection. */
  send(frame: object): boolean {
    if (this.socket === null || !this.said) return false
    try {
      this.socket.send(JSON.stringify(frame))
      return true
    } catch {
      return false
    }
  }

  ask(frame: object, answer: (answer: Answer) => void): void {
    const ref = this.nextRef++
    this.waiting.set(ref, { at: this.runtime.now(), answer })
    if (!this.send({ ...frame, ref })) {
      this.waiting.delete(ref)
      this.runtime.soon(() => answer({ _tag: "Cut" }))
    } else if (this.waiting.size === 1) this.arm()
  }

  /** The server violates the protocol: reconnects. */
  restart(): void {
    this.drop()
    this.later(comeBack(4000, "", this.attempt, this.runtime.random()))
  }

  private async open(refresh: boolean, check: boolean): Promise<void> {
    this.drop()
    this.cancelTimer()
    const generation = ++this.generation
    this.events.state({ status: "connecting", attempt: this.attempt })
    let address: string
    try {
      if (refresh) await this.events.refresh()
      else if (check) await this.events.check()
      address = await this.events.address()
    } catch (error) {
      if (generation !== this.generation || !this.wanted) return
      const tag = error instanceof ChatClientError ? error.tag : ""
      if (tag === "SignedOut") return
      const foreign = tag === "ForeignOrigin"
      const millis = backoff(this.attempt, this.runtime.random())
      this.later({ _tag: "After", millis, refresh, reason: foreign ? "foreign_origin" : "network" }, foreign)
      return
    }
    if (generation !== this.generation || !this.wanted) return
    const socket = this.runtime.socket(address)
    this.socket = socket
    this.said = false
    this.cancelTimer = this.runtime.after(openingTimeout, () => this.lost(socket, 1006, ""))
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.hear(data)
    }
    socket.onclose = ({ code, reason }) => this.lost(socket, code, reason)
    socket.onerror = () => {}
  }

  private hear(data: unknown): void {
    const frame = parseFrame(data)
    if (frame === null) return
    this.lastHeard = this.runtime.now()
    this.pingedAt = null
    if (frame.type === "hello") {
      this.said = true
      this.arm()
    }
    this.events.frame(frame)
    if (frame.type === "ack" || frame.type === "synced" || frame.type === "error") {
      const ref = typeof frame.ref === "number" ? frame.ref : 0
      const asked = this.waiting.get(ref)
      this.waiting.delete(ref)
      asked?.answer(frame.type === "error" ? { _tag: "Refused", error: frame } : { _tag: "Ack", ack: frame })
    }
  }

  /** When the connection must be checked. Browsers hide the server's pings from a page, so the client sends its own. */
  private get due(): number {
    if (this.pingedAt !== null) return this.pingedAt + silence
    for (const { at } of this.waiting.values()) return Math.max(at, this.lastHeard) + late
    return this.lastHeard + quiet
  }

  private arm(): void {
    const socket = this.socket
    this.cancelTimer()
    this.cancelTimer = this.runtime.after(Math.max(0, this.due - this.runtime.now()), () => {
      if (socket === null || this.socket !== socket) return
      if (this.runtime.now() < this.due) this.arm()
      else if (this.pingedAt === null) this.doubt()
      else this.lost(socket, 1006, "")
    })
  }

  private lost(socket: SocketLike, code: number, reason: string): void {
    if (this.socket !== socket) return
    const unheard = !this.said
    this.drop()
    if (this.wanted) this.later(comeBack(code, reason, this.attempt, this.runtime.random()), unheard)
  }

  private later(next: Return, check = false): void {
    this.cancelTimer()
    if (next._tag === "SignedOut") {
      this.wanted = false
      this.events.sessionEnded()
    } else if (next._tag === "Never") {
      this.events.state({ status: "offline", reason: next.reason, attempt: this.attempt, retryAt: null })
    } else {
      const retryAt = this.runtime.now() + next.millis
      this.attempt++
      this.events.state({ status: "offline", reason: next.reason, attempt: this.attempt, retryAt })
      this.cancelTimer = this.runtime.after(next.millis, () => void this.open(next.refresh, check))
    }
  }

  private drop(): void {
    const socket = this.socket
    this.cancelStable()
    this.generation++
    if (socket === null) return
    this.socket = null
    this.said = false
    this.pingedAt = null
    socket.onmessage = null
    socket.onclose = null
    try {
      socket.close(1000)
    } catch {}
    const asked = [...this.waiting.values()]
    this.waiting.clear()
    for (const { answer } of asked) answer({ _tag: "Cut" })
    this.events.down()
  }
}
