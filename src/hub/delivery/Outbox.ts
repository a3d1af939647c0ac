// Owns what waits for one device: bounded, written in one go once a turn of the event loop. Never waits for the network:
// what is full tells so, and the hub closes that device.
import { Limits } from "../../contract/Limits.ts"
import type { Flusher } from "./Flusher.ts"
import type { Wire } from "./Wire.ts"

/** Below this, many small buffers are cheaper to copy into one than to hand over one by one. */
const copyBytes = 32_768
/** So much of one turn's output goes out without waiting for its end. */
const eagerBytes = 262_144

/** So many frames do not wait any longer, though they may. */
const lateFrames = 256

interface CoarseClock {
  /** Epoch milliseconds as of the last tick. */
  readonly coarseNow: number
}

export class Outbox {
  private readonly wire: Wire
  private readonly flusher: Flusher
  private readonly clock: CoarseClock
  /** What this turn brought, or what waits behind a network that is busy. */
  private waiting: Buffer | Array<Buffer> | undefined = undefined
  private waitingFrames = 0
  private waitingBytes = 0
  /** Frames that the network has not taken yet, as far as we know. */
  private sentFrames = 0
  /** Of the bytes that the network has not taken yet, those that do not count: hello and replays. */
  private exempt = 0
  private blocked = false
  /** Epoch milliseconds since which the network has taken nothing of what is pending; 0: nothing was seen to be pending. */
  private stalledAt = 0
  private dirty = false
  /** Within so many milliseconds it is written, if nothing else writes it; Infinity: nothing waits for that. */
  private late = Number.POSITIVE_INFINITY
  private closed = false
  private waiters: Array<() => void> | undefined = undefined

  constructor(wire: Wire, flusher: Flusher, clock: CoarseClock) {
    this.wire = wire
    this.flusher = flusher
    this.clock = clock
  }

  /** Takes `frames` frames; false: the queue was full, nothing is taken. */
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

  /** Takes a frame that may be lost: from half full on it is. It is written with the next that is not, or within so many milliseconds. */
  pushDroppable(bytes: Buffer, within: number): boolean {
    if (this.closed) return true
    if (this.blocked && this.fill() >= 0.5) return false
    if (within === 0 || this.waitingFrames >= lateFrames) return this.push(bytes, 1)
    this.take(bytes, 1)
    if (this.dirty || this.blocked || this.late <= within) return true
    this.late = within
    this.flusher.addLate(this, within)
    return true
  }

  /** Half of what may wait does. What can be read again later is better not pushed then. */
  get isHalfFull(): boolean {
    if (!this.blocked && this.waitingFrames >= Limits.queue.frames / 2) this.flush()
    return this.blocked && this.fill() >= 0.5
  }

  /** How full the queue is, what the network has not taken included; 1 is full. */
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
   * Epoch milliseconds since which the network has taken nothing of what is pending; undefined: nothing is pending. `now`: that
   * time, when it has taken something since the last call.
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

  /** Writes all that waits, whatever the network says: the device is about to be closed. */
  finish(): void {
    this.blocked = false
    this.flush()
  }

  /** Writes, behind all that waits, what does not count against the queue. Ask `ready` before the next. */
  writeExempt(bytes: Buffer): void {
    if (this.closed) return
    this.flush()
    this.exempt += bytes.length
    this.blocked = !this.wire.write(bytes)
    if (this.blocked) this.stall()
  }

  /** Whether a replay may go on writing. */
  get ready(): boolean {
    return this.closed || !this.blocked || this.wire.pending === 0
  }

  /** Calls back once the network has taken what was written, or the device is gone. */
  whenReady(callback: () => void): void {
    if (this.ready) callback()
    else {
      this.waiters ??= []
      this.waiters.push(callback)
    }
  }

  /** The network has taken everything. */
  drained(): void {
    this.blocked = false
    this.stalledAt = 0
    this.sentFrames = 0
    this.exempt = 0
    this.flush()
    this.wake()
  }

  /** Forgets what waits; takes nothing more. */
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
