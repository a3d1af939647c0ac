// The geometry of a virtual list: the height and the position of each row. Does not know the DOM.

interface Keyed {
  readonly key: string
}

export class Heights {
  private readonly measured = new Map<string, number>()
  private rows: ReadonlyArray<Keyed> = []
  private index = new Map<string, number>()
  private tops: Float64Array<ArrayBuffer> = new Float64Array(1)
  /** Rows from here on have outdated positions. */
  private validTo = 0
  private readonly estimate: (key: string) => number

  constructor(estimate: (key: string) => number) {
    this.estimate = estimate
  }

  /** Sets the current rows, in order. Measurements of rows that stay are kept, others are dropped. */
  setRows(rows: ReadonlyArray<Keyed>): void {
    const before = this.rows
    if (rows === before) return
    let same = 0
    const common = Math.min(rows.length, before.length)
    while (same < common && (rows[same] === before[same] || rows[same]!.key === before[same]!.key)) same++
    for (let i = same; i < before.length; i++) this.index.delete(before[i]!.key)
    for (let i = same; i < rows.length; i++) this.index.set(rows[i]!.key, i)
    for (let i = same; i < before.length; i++) if (!this.index.has(before[i]!.key)) this.measured.delete(before[i]!.key)
    this.rows = rows
    if (this.tops.length < rows.length + 1) {
      const grown = new Float64Array(Math.ceil((rows.length + 1) * 1.5))
      grown.set(this.tops)
      this.tops = grown
    }
    this.validTo = Math.min(this.validTo, same)
  }

  isMeasured(key: string): boolean {
    return this.measured.has(key)
  }

  /** Returns whether the height has changed. */
  measure(key: string, height: number): boolean {
    const before = this.measured.get(key)
    if (before !== undefined && Math.abs(before - height) < 0.5) return false
    this.measured.set(key, height)
    const at = this.index.get(key)
    if (at !== undefined) this.validTo = Math.min(this.validTo, at)
    return true
  }

  /** When the width changes, every text wraps differently. */
  forget(): void {
    this.measured.clear()
    this.validTo = 0
  }

  private settle(): void {
    const { rows, tops, measured } = this
    for (let i = this.validTo; i < rows.length; i++) {
      const { key } = rows[i]!
      tops[i + 1] = tops[i]! + (measured.get(key) ?? this.estimate(key))
    }
    this.validTo = rows.length
  }

  get count(): number {
    return this.rows.length
  }

  keyAt(index: number): string | undefined {
    return this.rows[index]?.key
  }

  indexOf(key: string): number | undefined {
    return this.index.get(key)
  }

  /** Where row `index` begins; `count` returns the end of the last one. */
  top(index: number): number {
    if (this.validTo < this.rows.length) this.settle()
    return this.tops[Math.max(0, Math.min(index, this.rows.length))]!
  }

  get total(): number {
    return this.top(this.rows.length)
  }

  /** The row at `offset`. */
  at(offset: number): number {
    this.top(0)
    let low = 0
    let high = Math.max(0, this.rows.length - 1)
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.tops[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
