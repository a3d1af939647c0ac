// Decides when what was pushed to outboxes is written: once a turn of the event loop, at its end, acks and events by one write.
// Whoever waits for an answer comes first, and while little happens has it at once. A crowd is told a third at a time while the
// next command is being committed: to tell it all would take the processor from the database, and soon be done again. So under
// load each of its sockets gets several commits by one write; when nothing is under way, all are told within the same moment.
//
// Presence and typing may wait, milliseconds: they go with the next write, or many in one of their own.
import { Context } from "effect"
import type { Outbox } from "./Outbox.ts"

/** Outboxes that are a crowd, those included that are held back. */
const crowd = 128
/** Outboxes in one turn that are no crowd by themselves: they are told at once, whoever is held back. */
const few = 64
/** One of so many parts of a crowd is told at a time. */
const parts = 3
/** How long anybody is held back at most, milliseconds: some commits. */
const holdMillis = 4

/** How long frames that may be lost wait for the next write at most, milliseconds. */
export interface FrameDelays {
  readonly presence: number
  readonly typing: number
}
export const FrameDelays = Context.Reference<FrameDelays>("confab/hub/delivery/FrameDelays", {
  defaultValue: () => ({ presence: 250, typing: 50 }),
})
/** Outboxes with nothing but such frames that are written in one turn of the event loop. */
const lateAtOnce = 250

export class Flusher {
  private readonly later: (millis: number, callback: () => void) => void
  private answers: Array<Outbox> = []
  private dirty: Array<Outbox> = []
  /** Those that may wait, by how long. */
  private readonly late = new Map<number, Array<Outbox>>()
  /** Those of a crowd whose turn is next. */
  private held: ReadonlyArray<Outbox> = []
  /** Commands that were taken from sockets and not answered. */
  private underWay = 0
  private scheduled = false
  private readonly copy: { of: ReadonlyArray<Buffer>; bytes: Buffer } = { of: [], bytes: Buffer.alloc(0) }
  private readonly run = () => {
    this.scheduled = false
    this.flush()
  }

  /** `later` calls back in so many milliseconds. */
  constructor(later: (millis: number, callback: () => void) => void) {
    this.later = later
  }

  add(outbox: Outbox): void {
    this.dirty.push(outbox)
    this.schedule()
  }

  /** Writes it within so many milliseconds. */
  addLate(outbox: Outbox, within: number): void {
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

  /** A command was taken: `answered` will follow, and with it perhaps events. */
  asked(): void {
    this.underWay++
  }

  /** This outbox was just given an answer. `last`: it waits for no other, and has it at once unless somebody was before it in this turn. */
  answered(outbox: Outbox, last: boolean): void {
    this.underWay--
    if (last && this.dirty.length === 1) outbox.flush()
    else if (this.answers.at(-1) !== outbox) {
      this.answers.push(outbox)
      // It may be held back, and then nobody else asks for a flush.
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

  private hold(held: ReadonlyArray<Outbox>): void {
    this.held = held
    const release = () => {
      if (this.held !== held) return
      this.held = []
      flushAll(held)
    }
    // Until then what those who were told sent upon it has been read.
    setImmediate(() =>
      setImmediate(() => {
        if (this.underWay === 0) release()
        else if (this.held === held) this.later(holdMillis, release)
      }),
    )
  }

  /** All these bytes in one; those who are told the same share the copy. */
  joined(of: ReadonlyArray<Buffer>, length: number): Buffer {
    const { copy } = this
    if (of.length !== copy.of.length || !of.every((bytes, i) => bytes === copy.of[i])) {
      copy.of = of
      copy.bytes = Buffer.concat(of, length)
    }
    return copy.bytes
  }
}

const flushInTurns = (outboxes: ReadonlyArray<Outbox>, from: number): void => {
  const next = from + lateAtOnce
  flushAll(outboxes.slice(from, next))
  if (next < outboxes.length) setImmediate(() => flushInTurns(outboxes, next))
}

/** One that was flushed otherwise meanwhile has nothing to flush. */
const flushAll = (outboxes: ReadonlyArray<Outbox>): void => {
  for (let i = 0; i < outboxes.length; i++) outboxes[i]!.flush()
}
