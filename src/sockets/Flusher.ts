// Flushes every outbox that was pushed to in a turn of the event loop once, at its end: one write for acks and events.
import type { Outbox } from "./Outbox.ts"

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

  flush(): void {
    const dirty = this.dirty
    if (dirty.length === 0) return
    this.dirty = []
    for (let i = 0; i < dirty.length; i++) dirty[i]!.flush()
  }
}
