// The geometry of a virtual list: what each row measures, and where it begins. Knows nothing of the DOM.

export class Heights {
  private readonly measured = new Map<string, number>()
  private keys: ReadonlyArray<string> = []
  private index = new Map<string, number>()
  private tops: Float64Array<ArrayBuffer> = new Float64Array(1)
  /** Rows from here on have stale tops. */
  private validTo = 0
  private readonly estimate: (key: string) => number

  constructor(estimate: (key: string) => number) {
    this.estimate = estimate
  }

  /** Takes the rows that there are now, in order. Measures of rows that stay are kept. */
  setKeys(keys: ReadonlyArray<string>): void {
    if (keys === this.keys) return
    let same = 0
    const common = Math.min(keys.length, this.keys.length)
    while (same < common && keys[same] === this.keys[same]) same++
    for (let i = same; i < this.keys.length; i++) this.index.delete(this.keys[i]!)
    for (let i = same; i < keys.length; i++) this.index.set(keys[i]!, i)
    this.keys = keys
    if (this.tops.length < keys.length + 1) {
      const grown = new Float64Array(Math.ceil((keys.length + 1) * 1.5))
      grown.set(this.tops)
      this.tops = grown
    }
    this.validTo = Math.min(this.validTo, same)
  }

  /** Whether the height was another one before. */
  measure(key: string, height: number): boolean {
    const before = this.measured.get(key)
    if (before !== undefined && Math.abs(before - height) < 0.5) return false
    this.measured.set(key, height)
    const at = this.index.get(key)
    if (at !== undefined) this.validTo = Math.min(this.validTo, at)
    return true
  }

  /** When the width changes, every text wraps anew. */
  forget(): void {
    this.measured.clear()
    this.validTo = 0
  }

  private settle(): void {
    const { keys, tops, measured } = this
    for (let i = this.validTo; i < keys.length; i++) {
      const key = keys[i]!
      tops[i + 1] = tops[i]! + (measured.get(key) ?? this.estimate(key))
    }
    this.validTo = keys.length
  }

  get count(): number {
    return this.keys.length
  }

  keyAt(index: number): string | undefined {
    return this.keys[index]
  }

  indexOf(key: string): number | undefined {
    return this.index.get(key)
  }

  /** Where row `index` begins; `count` gives the end of the last one. */
  top(index: number): number {
    if (this.validTo < this.keys.length) this.settle()
    return this.tops[Math.max(0, Math.min(index, this.keys.length))]!
  }

  get total(): number {
    return this.top(this.keys.length)
  }

  /** The row that covers `offset`. */
  at(offset: number): number {
    this.top(0)
    let low = 0
    let high = Math.max(0, this.keys.length - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.tops[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
