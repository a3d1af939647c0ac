// One device's copy of its user's own state, from what it loaded and the frames that it received, and the violations on
// arrival.
import type { Frame } from "../support/person.ts"

/** A user's own state, seen at one instant. */
export interface StoredState {
  readonly version: number
  /** Current values, and null for removed ones that are known. */
  readonly entries: ReadonlyArray<{ readonly key: string; readonly value: unknown; readonly version: number }>
}

/** The current values as JSON, by key. */
export interface HeldState {
  readonly version: number
  readonly values: ReadonlyMap<string, string>
}

export class StateLog {
  /** The last version that it received. */
  version: number
  readonly violations: Array<string> = []
  readonly #entries = new Map<string, { readonly value: unknown; readonly version: number }>()
  /** The cursor of a sync on the open socket, until its events begin. */
  #again: number | undefined

  constructor(version: number) {
    this.version = version
  }

  /** May arrive after frames that are later than its request. */
  load({ entries, version }: StoredState): void {
    const keys = new Set(entries.map(({ key }) => key))
    for (const { key, value, version } of entries) this.#put(key, value, version)
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#put(key, null, version)
  }

  /** `reset`: what it holds is dropped, to be loaded anew. */
  begin(version: number): void {
    this.version = version
    this.#entries.clear()
  }

  /** A sync is requested on the open socket: what follows its cursor arrives again. */
  again(): void {
    this.#again = this.version
  }

  /** `leavesOut`: whether this version may be left out, because its key has changed since. */
  hear({ key, value, version }: Frame, leavesOut: (version: number) => boolean): void {
    if (this.#again !== undefined && version <= this.version && version > this.#again) {
      this.version = this.#again
      this.#again = undefined
    }
    if (version <= this.version) this.violations.push(`state ${version} after ${this.version}`)
    for (let left = this.version + 1; left < version; left++)
      if (!leavesOut(left)) this.violations.push(`state ${version} after ${this.version}, without ${left}`)
    this.version = Math.max(this.version, version)
    this.#put(key, value, version)
  }

  /** The replay is over. */
  synced(version: number): void {
    this.#again = undefined
    if (version < this.version) this.violations.push(`state synced at ${version}, but heard ${this.version}`)
    this.version = Math.max(this.version, version)
  }

  held(): HeldState {
    return { version: this.version, values: valuesOf([...this.#entries].map(([key, { value }]) => ({ key, value }))) }
  }

  #put(key: string, value: unknown, version: number): void {
    if (version >= (this.#entries.get(key)?.version ?? 0)) this.#entries.set(key, { value, version })
  }
}

/** Values that are there. */
export const valuesOf = (
  entries: ReadonlyArray<{ readonly key: string; readonly value: unknown }>,
): ReadonlyMap<string, string> =>
  new Map(entries.flatMap(({ key, value }) => (value === null ? [] : [[key, JSON.stringify(value)]])))
