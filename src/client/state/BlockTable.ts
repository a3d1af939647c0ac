// The users whom this user has blocked, as their own state says: loaded when a connection finds it changed, and kept up
// to date by its frames. Does not load it.
import type { UserId } from "../../domain/Ids.ts"

const prefix = "block:"

interface Entry {
  readonly key: string
  readonly value: unknown
  readonly version: number
}

export class BlockTable {
  /** The version of the own state up to which it is known; undefined: it must be loaded. */
  at: number | undefined
  private blocked: ReadonlySet<UserId> = new Set()
  /** Changes by frames and answers, by key. */
  private readonly changes = new Map<string, Entry>()
  private readonly changed: () => void

  constructor(changed: () => void) {
    this.changed = changed
  }

  /** The same set until something changes. */
  snapshot(): ReadonlySet<UserId> {
    return this.blocked
  }

  /** A value of the own state, of any key. */
  take(entry: Entry): void {
    if (this.at !== undefined) {
      if (entry.version <= this.at) return
      // The answer to a request may come without the changes before it.
      if (entry.version === this.at + 1) this.at++
    }
    if (!entry.key.startsWith(prefix) || entry.version <= (this.changes.get(entry.key)?.version ?? 0)) return
    this.changes.set(entry.key, entry)
    const next = new Set(this.blocked)
    put(next, entry)
    this.show(next)
  }

  /** All of them as of `version`; changes after it stay. */
  load(entries: ReadonlyArray<Entry>, version: number): void {
    // A load that began earlier, and ended later.
    if (this.at !== undefined && version < this.at) return
    const next = new Set<UserId>()
    for (const entry of entries) put(next, entry)
    this.at = version
    for (const change of [...this.changes.values()].sort((a, b) => a.version - b.version)) {
      if (change.version <= version) continue
      put(next, change)
      if (change.version === this.at + 1) this.at++
    }
    this.show(next)
  }

  clear(): void {
    this.at = undefined
    this.blocked = new Set()
    this.changes.clear()
  }

  private show(next: ReadonlySet<UserId>): void {
    if (next.size === this.blocked.size && [...next].every((id) => this.blocked.has(id))) return
    this.blocked = next
    this.changed()
  }
}

const put = (blocked: Set<UserId>, { key, value }: Entry): void => {
  const id = Number(key.slice(prefix.length)) as UserId
  if (value === null) blocked.delete(id)
  else blocked.add(id)
}
