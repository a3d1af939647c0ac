// Flushes every outbox that was pushed to in a turn of the event loop once, at its end: one write for acks and events. Whoever waits
// for an answer while little happens has it at once, and may go on while the others are told. Of a crowd the
// first are flushed at once, and the others once what those send upon it has been read: then the database has something to do
// while the crowd is told, which takes longer than a commit. Senders are among the first, since answers go before events.
import type { Outbox } from "./Outbox.ts"

/** Outboxes in one turn that are a crowd. */
const crowd = 128
/** So many of a crowd are flushed at once: what they are told takes long enough for the first ones to answer. */
const first = 48

export class Flusher {
  private dirty: Array<Outbox> = []
  private scheduled = false
  private readonly run = () => {
    this.scheduled = false
    this.flush()
  }

  add(outbox: Outbox): void {
    this.dirty.push(outbox)
    if (!this.scheduled) {
      this.scheduled = true
      setImmediate(this.run)
    }
  }

  /** Writes at once what this outbox was just given, unless another one had something before it in this turn of the loop. */
  hurry(outbox: Outbox): void {
    if (this.dirty.length === 1) outbox.flush()
  }

  flush(): void {
    const dirty = this.dirty
    this.dirty = []
    const isCrowd = dirty.length >= crowd
    flushAll(dirty, 0, isCrowd ? first : dirty.length)
    // One turn reads what was sent, and the next one begins when that has been decided.
    if (isCrowd) setImmediate(() => setImmediate(() => flushAll(dirty, first, dirty.length)))
  }
}

/** One that was flushed otherwise meanwhile has nothing to flush. */
const flushAll = (outboxes: ReadonlyArray<Outbox>, from: number, to: number): void => {
  for (let i = from; i < to; i++) outboxes[i]!.flush()
}
