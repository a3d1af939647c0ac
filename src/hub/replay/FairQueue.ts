// A fair queue for a few slots: each key holds one slot at most, and waiting keys take turns. However much a key
// enters, it delays the others by no more than one turn. Synchronous calls, since most callers do not wait.

export interface Turn {
  /** Returns the slot, or leaves the queue before its turn. A second call does nothing. */
  end(): void
}

class Waiting<Key> implements Turn {
  readonly key: Key
  readonly begin: (turn: Turn) => void
  private readonly leave: (turn: Waiting<Key>) => void
  private ended = false

  constructor(key: Key, begin: (turn: Turn) => void, leave: (turn: Waiting<Key>) => void) {
    this.key = key
    this.begin = begin
    this.leave = leave
  }

  end(): void {
    if (this.ended) return
    this.ended = true
    this.leave(this)
  }
}

export class FairQueue<Key> {
  private readonly places: number
  /** The turns that have begun. */
  private readonly active = new Map<Key, Waiting<Key>>()
  /** By key, in the order of their next turns; each list is first in, first out. */
  private readonly waiting = new Map<Key, Array<Waiting<Key>>>()
  private advancing = false

  constructor(places: number) {
    this.places = places
  }

  /** Calls `begin` when it is this key's turn, which lasts until `end`. */
  enter(key: Key, begin: (turn: Turn) => void): Turn {
    const turn = new Waiting(key, begin, this.leave)
    const others = this.waiting.get(key)
    if (others === undefined) this.waiting.set(key, [turn])
    else others.push(turn)
    this.advance()
    return turn
  }

  private readonly leave = (turn: Waiting<Key>): void => {
    const { key } = turn
    if (this.active.get(key) === turn) {
      this.active.delete(key)
      this.advance()
      return
    }
    const rest = (this.waiting.get(key) ?? []).filter((other) => other !== turn)
    if (rest.length === 0) this.waiting.delete(key)
    else this.waiting.set(key, rest)
  }

  private advance(): void {
    // A turn that ends within `begin` calls this again, and the running loop continues.
    if (this.advancing) return
    this.advancing = true
    try {
      for (let next = this.next(); next !== undefined; next = this.next()) {
        this.active.set(next.key, next)
        next.begin(next)
      }
    } finally {
      this.advancing = false
    }
  }

  private next(): Waiting<Key> | undefined {
    if (this.active.size >= this.places) return undefined
    for (const [key, turns] of this.waiting) {
      if (this.active.has(key)) continue
      const first = turns.shift()
      this.waiting.delete(key)
      if (turns.length > 0) this.waiting.set(key, turns)
      return first
    }
    return undefined
  }
}
