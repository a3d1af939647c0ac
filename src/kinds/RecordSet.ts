// The current records that a rule counts, with their tallies: each change updates them, so that a change among
// thousands costs no more than one among few.
import type { KeptRecord, Tally } from "./Kind.ts"

type Tallies = Map<string, Tally>

export class RecordSet {
  private readonly records: Map<string, KeptRecord>
  private readonly counted: Tallies

  private constructor(records: Map<string, KeptRecord>, counted: Tallies) {
    this.records = records
    this.counted = counted
  }

  /** By key. */
  static of(records: Iterable<readonly [key: string, record: KeptRecord]>): RecordSet {
    const set = new RecordSet(new Map(), new Map())
    for (const [key, record] of records) set.put(key, record)
    return set
  }

  get size(): number {
    return this.records.size
  }

  get(key: string): KeptRecord | undefined {
    return this.records.get(key)
  }

  /** The oldest first. */
  tallies(): ReadonlyArray<Tally> {
    return ordered(this.counted)
  }

  /** The tallies after the record is put. */
  talliesWith(key: string, record: KeptRecord): ReadonlyArray<Tally> {
    const counted = new Map(this.counted)
    this.replace(counted, key, record)
    return ordered(counted)
  }

  /** Adds or replaces the record; with `removed`, removes it. */
  put(key: string, record: KeptRecord): void {
    this.replace(this.counted, key, record)
    if (record.removed) this.records.delete(key)
    else this.records.set(key, record)
  }

  clear(): void {
    this.records.clear()
    this.counted.clear()
  }

  copy(): RecordSet {
    return new RecordSet(new Map(this.records), new Map(this.counted))
  }

  private replace(counted: Tallies, key: string, record: KeptRecord): void {
    const former = this.records.get(key)
    if (former !== undefined) this.subtract(counted, key, former)
    if (!record.removed) this.add(counted, record)
  }

  private add(counted: Tallies, { body }: KeptRecord): void {
    for (const key in body) {
      const { count, since } = counted.get(key) ?? { count: 0, since: Number.POSITIVE_INFINITY }
      counted.set(key, { key, count: count + 1, since: Math.min(since, Number(body[key])) })
    }
  }

  private subtract(counted: Tallies, ownKey: string, { body }: KeptRecord): void {
    for (const key in body) {
      const { count, since } = counted.get(key) ?? { count: 1, since: 0 }
      if (count === 1) counted.delete(key)
      else counted.set(key, { key, count: count - 1, since: body[key] === since ? this.oldest(key, ownKey) : since })
    }
  }

  /** The minimum of all others: only the removal of the first record requires this scan. */
  private oldest(key: string, but: string): number {
    let since = Number.POSITIVE_INFINITY
    for (const [other, { body }] of this.records) {
      if (other !== but && Object.hasOwn(body, key)) since = Math.min(since, Number(body[key]))
    }
    return since
  }
}

const ordered = (counted: Tallies): ReadonlyArray<Tally> => inOrder([...counted.values()])

/** In order of creation. */
export const inOrder = (tallies: ReadonlyArray<Tally>): ReadonlyArray<Tally> =>
  [...tallies].sort((a, b) => a.since - b.since || (a.key < b.key ? -1 : 1))
