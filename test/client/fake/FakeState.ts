// A user's own state on the fake server: values under keys, each change with the next version.
import type { StateEntry } from "../../../src/domain/State.ts"

export class FakeState {
  version = 0
  private readonly entries = new Map<string, StateEntry>()
  private readonly publish: (entry: StateEntry) => void

  constructor(publish: (entry: StateEntry) => void) {
    this.publish = publish
  }

  value(key: string): StateEntry["value"] {
    return this.entries.get(key)?.value ?? null
  }

  /** The same value again changes nothing. */
  put(key: string, value: StateEntry["value"]): StateEntry {
    const before = this.entries.get(key)
    if (JSON.stringify(before?.value ?? null) === JSON.stringify(value)) {
      return before ?? { key, value: null, version: this.version }
    }
    const entry = { key, value, version: ++this.version }
    this.entries.set(key, entry)
    this.publish(entry)
    return entry
  }

  /** What changed after this version, in the order of the changes. */
  since(cursor: number): ReadonlyArray<StateEntry> {
    return [...this.entries.values()].filter(({ version }) => version > cursor).sort((a, b) => a.version - b.version)
  }

  page(query: URLSearchParams) {
    const [after, prefix, limit] = [query.get("after") ?? "", query.get("prefix") ?? "", Number(query.get("limit"))]
    const items = [...this.entries.values()]
      .filter(({ key, value }) => value !== null && key > after && key.startsWith(prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const shown = items.slice(0, limit)
    return { items: shown, next: items.length > limit ? shown.at(-1)!.key : null, version: this.version }
  }
}
