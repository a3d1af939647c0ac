// A run of a chat's messages without holes, built from pages and events in any order. `seq` has no gaps, so a message's
// index in the array is its distance from the first.
import type { VersionSum } from "../../domain/Check.ts"
import type { Message } from "../../domain/Message.ts"
import { newer } from "./copies.ts"

export interface Page {
  readonly items: ReadonlyArray<Message>
  readonly has_more: boolean
}

export class MessageWindow {
  loaded = false
  hasMoreBefore = false
  hasMoreAfter = false
  /** Grows when everything is dropped: a page requested before no longer fits. */
  epoch = 0
  private items: Array<Message> = []
  /** `items` is in use as a snapshot: copy before changing. */
  private shared = false
  /** Newer than the next one; completed by what is under way. */
  private ahead = new Map<number, Message>()
  /** Events during the loading of a page, which may be older than they are. */
  private concurrent = new Map<number, Message>()
  /** Other events during that time, which may concern messages of the page. */
  private concurrentChanges: Array<{ readonly id: number; readonly to: (message: Message) => Message }> = []
  private fetching = 0
  private readonly capacity: number

  constructor(capacity = 20_000) {
    this.capacity = capacity
  }

  /** The same array until something changes. */
  snapshot(): ReadonlyArray<Message> {
    this.shared = true
    return this.items
  }

  get first(): number {
    return this.items[0]?.seq ?? 0
  }

  get last(): number {
    return this.items.at(-1)?.seq ?? 0
  }

  get length(): number {
    return this.items.length
  }

  get(seq: number): Message | undefined {
    return this.items[seq - this.first]
  }

  find(id: number): Message | undefined {
    for (let i = this.items.length - 1; i >= 0; i--) if (this.items[i]?.id === id) return this.items[i]
    return undefined
  }

  /** Everything above `seq`, or undefined when it is not completely loaded. `lastSeq`: the newest of the chat. */
  above(seq: number, lastSeq: number): ReadonlyArray<Message> | undefined {
    if (!this.loaded || this.hasMoreAfter || this.last < lastSeq) return undefined
    if (seq + 1 < this.first) return undefined
    return this.items.slice(Math.max(0, seq + 1 - this.first))
  }

  /** What the messages of a range add up to; undefined when it has not all of them. */
  sum(first: number, last: number): VersionSum | undefined {
    if (!this.loaded || this.hasHole) return undefined
    if ((first < this.first && this.hasMoreBefore) || (last > this.last && this.hasMoreAfter)) return undefined
    const held = this.items.slice(Math.max(0, first - this.first), Math.max(0, last - this.first + 1))
    return { count: held.length, sum: held.reduce((sum, { version }) => sum + version, 0) }
  }

  /** Messages are missing: the newer ones must be loaded. */
  get hasHole(): boolean {
    return this.ahead.size > 0
  }

  beginFetch(): void {
    this.fetching++
  }

  endFetch(): void {
    if (--this.fetching > 0) return
    this.concurrent.clear()
    this.concurrentChanges = []
  }

  clear(): void {
    this.own([])
    this.epoch++
    this.loaded = false
    this.hasMoreBefore = false
    this.hasMoreAfter = false
    this.ahead.clear()
  }

  replace(items: ReadonlyArray<Message>, hasMoreBefore: boolean, hasMoreAfter: boolean): void {
    const merged = items.map((item) => {
      const known = this.get(item.seq)
      return known === undefined ? item : newer(known, item)
    })
    this.own(merged)
    this.loaded = true
    this.hasMoreBefore = hasMoreBefore
    this.hasMoreAfter = hasMoreAfter
    this.ahead.clear()
    this.settle()
  }

  prepend(page: Page): void {
    const older = page.items.filter(({ seq }) => seq < this.first)
    if (older.length > 0 && older.at(-1)?.seq !== this.first - 1) return
    this.own([...older, ...this.items])
    this.hasMoreBefore = page.has_more
    this.settle()
  }

  append(page: Page): void {
    const newer = page.items.filter(({ seq }) => seq > this.last)
    if (newer.length > 0 && newer[0]?.seq !== this.last + 1) return
    this.own([...this.items, ...newer])
    this.hasMoreAfter = page.has_more
    this.settle()
  }

  /** Drops what is outside of these positions. Not during the loading of a page, which would no longer fit. */
  keep(from: number, to: number): void {
    if (!this.loaded || this.fetching > 0) return
    const [first, last] = [Math.max(from, this.first), Math.min(to, this.last)]
    if (first > last || last - first + 1 === this.length) return
    this.hasMoreBefore ||= first > this.first
    if (last < this.last) {
      this.hasMoreAfter = true
      this.ahead.clear()
    }
    this.own(this.items.slice(first - this.first, last - this.first + 1))
  }

  /** Changes the copy of one message, wherever it is. */
  change(id: number, to: (message: Message) => Message): void {
    if (this.fetching > 0) this.concurrentChanges.push({ id, to })
    this.changeHeld(id, to)
  }

  private changeHeld(id: number, to: (message: Message) => Message): void {
    for (const messages of [this.concurrent, this.ahead]) {
      for (const [seq, message] of messages) if (message.id === id) messages.set(seq, to(message))
    }
    const known = this.find(id)
    if (known === undefined) return
    const changed = to(known)
    if (changed !== known) this.own()[known.seq - this.first] = changed
  }

  /** A message from an event or an answer. Returns what was known of it before. */
  tell(message: Message): Message | undefined {
    if (this.fetching > 0) this.put(this.concurrent, message)
    if (!this.loaded) return undefined
    const known = this.get(message.seq)
    if (known !== undefined) {
      this.own()[message.seq - this.first] = newer(message, known)
    } else if (message.seq > this.last && !this.hasMoreAfter) {
      this.put(this.ahead, message)
      this.catchUp()
    }
    return known
  }

  private put(messages: Map<number, Message>, message: Message): void {
    const known = messages.get(message.seq)
    messages.set(message.seq, known === undefined ? message : newer(message, known))
  }

  /** Abandons the hole: the messages above it must be loaded. */
  breakOff(): void {
    if (!this.hasHole) return
    this.ahead.clear()
    this.hasMoreAfter = true
  }

  private settle(): void {
    for (const message of [...this.concurrent.values()].sort((a, b) => a.seq - b.seq)) {
      const known = this.get(message.seq)
      if (known !== undefined) this.own()[message.seq - this.first] = newer(message, known)
      else if (message.seq > this.last) this.put(this.ahead, message)
    }
    if (this.hasMoreAfter) this.ahead.clear()
    else this.catchUp()
    for (const { id, to } of this.concurrentChanges) this.changeHeld(id, to)
  }

  private catchUp(): void {
    let next = this.ahead.get(this.last + 1)
    while (next !== undefined) {
      const items = this.own()
      items.push(next)
      this.ahead.delete(next.seq)
      if (items.length > this.capacity * 1.25) {
        items.splice(0, items.length - this.capacity)
        this.hasMoreBefore = true
      }
      next = this.ahead.get(this.last + 1)
    }
    for (const seq of this.ahead.keys()) if (seq <= this.last) this.ahead.delete(seq)
  }

  private own(items?: Array<Message>): Array<Message> {
    if (items !== undefined) this.items = items
    else if (this.shared) this.items = this.items.slice()
    this.shared = false
    return this.items
  }
}
