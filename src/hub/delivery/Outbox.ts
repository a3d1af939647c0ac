// Owns the pending frames of one device: bounded, written once a turn of the event loop. Never waits for the network: a
// full outbox reports it, and the hub closes the device.
import { Limits } from "../../contract/Limits.ts"
import type { Flusher } from "./Flusher.ts"
import type { Wire } from "./Wire.ts"

/** Below this, copying many small buffers into one is cheaper than passing them one by one. */
const copyBytes = 32_768
/** Bytes of one turn's output that are written before its end. */
const eagerBytes = 262_144

/** With this many frames the outbox is written soon, though all may wait. */
const lateFrames = 256

interface CoarseClock {
  /** Epoch milliseconds as of the last tick. */
  readonly coarseNow: number
}

export class Outbox {
  private readonly wire: Wire
  private readonly flusher: Flusher
  private readonly clock: CoarseClock
  /** The frames of this turn, or those that wait for a busy network. */
  private waiting: Buffer | Array<Buffer> | undefined = undefined
  private waitingFrames = 0
  private waitingBytes = 0
  /** Frames that the network has not accepted yet, as far as known. */
  private sentFrames = 0
  /** Pending bytes that do not count against the limit: hello and replays. */
  private exempt = 0
  private blocked = false
  /** Epoch milliseconds since which the network has accepted none of the pending bytes; 0: none were pending. */
  private stalledAt = 0
  private dirty = false
  /**
   * Within this number of milliseconds it is written, unless it is written earlier; Infinity: nothing waits for that.
   */
  private late = Number.POSITIVE_INFINITY
  private closed = false
  private waiters: Array<() => void> | undefined = undefined

  constructor(wire: Wire, flusher: Flusher, clock: CoarseClock) {
    this.wire = wire
    this.flusher = flusher
    this.clock = clock
  }

  /** Adds `frames` frames; false: the queue was full, nothing is added. */
  push(bytes: Buffer, frames: number): boolean {
    if (this.closed) return true
    if (this.blocked && this.fill() >= 1) return false
    this.take(bytes, frames)
    if (!this.dirty && !this.blocked) {
      this.dirty = true
      this.flusher.add(this)
    } else if (this.waitingBytes > eagerBytes) this.flush()
    return true
  }

  private take(bytes: Buffer, frames: number): void {
    const waiting = this.waiting
    if (waiting === undefined) this.waiting = bytes
    else if (Array.isArray(waiting)) waiting.push(bytes)
    else this.waiting = [waiting, bytes]
    this.waitingFrames += frames
    this.waitingBytes += bytes.length
  }

  /**
   * Adds a frame that may be lost: it is dropped if the queue is half full. It is written with the next other frame, or
   * within `within` milliseconds.
   */
  pushDroppable(bytes: Buffer, within: number): boolean {
    if (this.closed) return true
    if (this.blocked && this.fill() >= 0.5) return false
    return this.pushLate(bytes, 1, within)
  }

  /** Like `push`; they are written with the next other frame, or within `within` milliseconds. */
  pushLate(bytes: Buffer, frames: number, within: number): boolean {
    if (within === 0 || this.closed || this.blocked || this.waitingFrames >= lateFrames) return this.push(bytes, frames)
    this.take(bytes, frames)
    if (this.dirty || this.late <= within) return true
    this.late = within
    this.flusher.addLate(this, within)
    return true
  }

  /** The queue is half full. What can be read again later should not be pushed then. */
  get isHalfFull(): boolean {
    if (!this.blocked && this.waitingFrames >= Limits.queue.frames / 2) this.flush()
    return this.blocked && this.fill() >= 0.5
  }

  /** How full the queue is, including what the network has not accepted; 1 is full. */
  private fill(): number {
    const pending = this.wire.pending
    if (pending === 0) this.blocked = false
    const sent = pending === 0 ? 0 : this.sentFrames
    const bytes = this.waitingBytes + Math.max(0, pending - this.exempt)
    return Math.max((this.waitingFrames + sent) / Limits.queue.frames, bytes / Limits.queue.bytes)
  }

  /** Writes what waits, unless the network is busy. */
  flush(): void {
    this.dirty = false
    this.late = Number.POSITIVE_INFINITY
    const waiting = this.waiting
    if (waiting === undefined || this.closed) return
    const pending = this.wire.pending
    if (pending === 0) {
      this.sentFrames = 0
      this.exempt = 0
    } else if (this.blocked) return
    const bytes = this.waitingBytes
    this.sentFrames += this.waitingFrames
    this.waiting = undefined
    this.waitingFrames = 0
    this.waitingBytes = 0
    this.blocked = !(Array.isArray(waiting)
      ? bytes <= copyBytes
        ? this.wire.write(this.flusher.joined(waiting, bytes))
        : this.wire.writeAll(waiting)
      : this.wire.write(waiting))
    if (this.blocked) this.stall()
  }

  private stall(): void {
    if (this.stalledAt !== 0) return
    this.stalledAt = this.clock.coarseNow
    this.wire.moved()
  }

  /**
   * Epoch milliseconds since which the network has accepted none of the pending bytes; undefined: nothing is pending.
   * `now`: the time of the call, returned if the network has accepted bytes since the last call.
   */
  stalledSince(now: number): number | undefined {
    if (this.wire.pending === 0) {
      this.stalledAt = 0
      return undefined
    }
    if (this.stalledAt === 0) {
      this.stalledAt = now
      this.wire.moved()
    } else if (this.wire.moved()) this.stalledAt = now
    return this.stalledAt
  }

  /** Writes all that waits, even if the network is busy: the device is about to be closed. */
  finish(): void {
    this.blocked = false
    this.flush()
  }

  /** Writes, behind all that waits, bytes that do not count against the queue. Check `ready` before the next. */
  writeExempt(bytes: Buffer): void {
    if (this.closed) return
    this.flush()
    this.exempt += bytes.length
    this.blocked = !this.wire.write(bytes)
    if (this.blocked) this.stall()
  }

  /** Whether a replay may continue to write. */
  get ready(): boolean {
    return this.closed || !this.blocked || this.wire.pending === 0
  }

  /** Calls back once the network has accepted what was written, or the device is closed. */
  whenReady(callback: () => void): void {
    if (this.ready) callback()
    else {
      this.waiters ??= []
      this.waiters.push(callback)
    }
  }

  /** The network has accepted everything. */
  drained(): void {
    this.blocked = false
    this.stalledAt = 0
    this.sentFrames = 0
    this.exempt = 0
    this.flush()
    this.wake()
  }

  /** Drops what waits; accepts nothing more. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.waiting = undefined
    this.waitingFrames = 0
    this.waitingBytes = 0
    this.wake()
  }

  private wake(): void {
    const waiters = this.waiters
    if (waiters === undefined || !this.ready) return
    this.waiters = undefined
    for (const waiter of waiters) waiter()
  }
}
