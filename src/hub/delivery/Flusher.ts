// Decides when outboxes are written: at the end of a turn of the event loop, acks and events in one write. A socket
// that waits for an answer comes first, and at low load gets it at once. Under load each commit flushes a third of a
// large group's sockets while the next command is committed: flushing all would take the processor from the database,
// and be repeated soon. So each socket gets several commits in one write; without commands under way, all are flushed
// at the same moment.
import { Context } from "effect"

/** Outboxes that count as many, including those that are held back. */
const crowd = 128
/** Outboxes in one turn that do not count as many: they are flushed at once, whatever is held back. */
const few = 64
/** The number of parts; one part is flushed at a time. */
const parts = 3
/** The longest time that an outbox is held back, milliseconds: some commits. */
const holdMillis = 4

/**
 * How long frames that may wait (presence, typing, records of large groups) wait for another write at most, milliseconds.
 */
export interface FrameDelays {
  readonly presence: number
  readonly typing: number
  readonly records: number
}
export const FrameDelays = Context.Reference<FrameDelays>("confab/hub/delivery/FrameDelays", {
  defaultValue: () => ({ presence: 250, typing: 50, records: 100 }),
})
/** The number of outboxes with nothing but frames that may wait which one turn of the event loop writes. */
const lateAtOnce = 250

/** An outbox, which a flush writes. */
interface Flushable {
  flush(): void
}

export class Flusher {
  private readonly later: (millis: number, callback: () => void) => void
  private answers: Array<Flushable> = []
  private dirty: Array<Flushable> = []
  /** Outboxes that may wait, by their delay. */
  private readonly late = new Map<number, Array<Flushable>>()
  /** Outboxes of the part that is flushed next. */
  private held: ReadonlyArray<Flushable> = []
  /** Commands that sockets have sent and that are not answered. */
  private underWay = 0
  private scheduled = false
  private readonly copy: { of: ReadonlyArray<Buffer>; bytes: Buffer } = { of: [], bytes: Buffer.alloc(0) }
  private readonly run = () => {
    this.scheduled = false
    this.flush()
  }

  /** `later` calls back after this number of milliseconds. */
  constructor(later: (millis: number, callback: () => void) => void) {
    this.later = later
  }

  add(outbox: Flushable): void {
    this.dirty.push(outbox)
    this.schedule()
  }

  /** Writes it within this number of milliseconds. */
  addLate(outbox: Flushable, within: number): void {
    const waiting = this.late.get(within)
    if (waiting !== undefined) {
      waiting.push(outbox)
      return
    }
    this.late.set(within, [outbox])
    this.later(within, () => {
      const due = this.late.get(within) ?? []
      this.late.delete(within)
      flushInTurns(due, 0)
    })
  }

  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(this.run)
  }

  /** A command was accepted: `answered` will follow, perhaps with events. */
  commandTaken(): void {
    this.underWay++
  }

  /**
   * This outbox has received an answer. `last`: it waits for no other, and is written at once unless another outbox is
   * first in this turn.
   */
  answered(outbox: Flushable, last: boolean): void {
    this.underWay--
    if (last && this.dirty.length === 1) outbox.flush()
    else if (this.answers.at(-1) !== outbox) {
      this.answers.push(outbox)
      // It may be held back, and then nothing else schedules a flush.
      this.schedule()
    }
  }

  flush(): void {
    const { answers, dirty, held } = this
    this.answers = []
    this.dirty = []
    flushAll(answers)
    if (dirty.length < few || dirty.length + held.length < crowd) flushAll(dirty)
    else {
      const queue = held.concat(dirty)
      const share = Math.ceil(queue.length / parts)
      flushAll(queue.slice(0, share))
      this.hold(queue.slice(share))
    }
  }

  private hold(held: ReadonlyArray<Flushable>): void {
    this.held = held
    const release = () => {
      if (this.held !== held) return
      this.held = []
      flushAll(held)
    }
    // By then the frames that receivers sent in response have been read.
    setImmediate(() =>
      setImmediate(() => {
        if (this.underWay === 0) release()
        else if (this.held === held) this.later(holdMillis, release)
      }),
    )
  }

  /** All these bytes in one buffer; outboxes with the same content share the copy. */
  joined(of: ReadonlyArray<Buffer>, length: number): Buffer {
    const { copy } = this
    if (of.length !== copy.of.length || !of.every((bytes, i) => bytes === copy.of[i])) {
      copy.of = of
      copy.bytes = Buffer.concat(of, length)
    }
    return copy.bytes
  }
}

const flushInTurns = (outboxes: ReadonlyArray<Flushable>, from: number): void => {
  const next = from + lateAtOnce
  flushAll(outboxes.slice(from, next))
  if (next < outboxes.length) setImmediate(() => flushInTurns(outboxes, next))
}

/** An outbox that was flushed otherwise has nothing left. */
const flushAll = (outboxes: ReadonlyArray<Flushable>): void => {
  for (let i = 0; i < outboxes.length; i++) outboxes[i]!.flush()
}
