// The user's own state: settings, settings of chats, drafts, blocks, scheduled messages. Loaded when a connection finds
// it changed, and kept up to date by its frames and by answers. Does not load it.
import type { ChatSettings } from "../../domain/ChatSettings.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Scheduled } from "../../domain/Scheduled.ts"
import type { StateEntry } from "../../domain/State.ts"
import type { OwnSettings, ScheduledMessage, SharedDraft } from "./ChatState.ts"

/** The kinds that the client shows, each with its value: the keys begin with the kind, as in the contract. */
interface Kinds {
  readonly settings: OwnSettings
  readonly "chat:": ChatSettings
  readonly "draft:": SharedDraft
  readonly "block:": object
  readonly "scheduled:": Scheduled
}
type Kind = keyof Kinds
const kinds: { readonly [K in Kind]: true } = {
  settings: true,
  "chat:": true,
  "draft:": true,
  "block:": true,
  "scheduled:": true,
}

/** Keys that come before these are a program's own (`app:`), which the client does not load. */
export const firstKey = "b"

const kindOf = (key: string): Kind | undefined => {
  const kind = key.slice(0, key.indexOf(":") + 1) || key
  return kind in kinds ? (kind as Kind) : undefined
}

const idOf = (key: string): number => Number(key.slice(key.indexOf(":") + 1))

const noSettings: OwnSettings = {}

export class OwnState {
  /** The version up to which it is known; undefined: it must be loaded. */
  at: number | undefined
  /** By key; a value null was removed after the last load. */
  private entries = new Map<string, StateEntry>()
  private readonly changed: (key: string) => void
  private readonly shown = new Map<Kind, unknown>()

  /** `changed` receives each key whose value is another one. */
  constructor(changed: (key: string) => void) {
    this.changed = changed
  }

  /** A value from a frame or an answer, of any key. */
  take(entry: StateEntry): void {
    if (this.at !== undefined) {
      if (entry.version <= this.at) return
      // The answer to a request may come without the changes before it.
      if (entry.version === this.at + 1) this.at++
    }
    const before = this.entries.get(entry.key)
    if (kindOf(entry.key) === undefined || entry.version <= (before?.version ?? 0)) return
    this.entries.set(entry.key, entry)
    this.tell(entry.key, before)
  }

  /** All of it as of `version`; changes after it stay. */
  load(entries: ReadonlyArray<StateEntry>, version: number): void {
    // A load that began earlier, and ended later.
    if (this.at !== undefined && version < this.at) return
    const before = this.entries
    this.entries = new Map(entries.map((entry) => [entry.key, entry]))
    this.at = version
    for (const change of [...before.values()].sort((a, b) => a.version - b.version)) {
      if (change.version <= version) continue
      this.entries.set(change.key, change)
      if (change.version === this.at + 1) this.at++
    }
    for (const key of new Set([...before.keys(), ...this.entries.keys()])) this.tell(key, before.get(key))
  }

  clear(): void {
    this.at = undefined
    this.entries.clear()
    this.shown.clear()
  }

  settings(): OwnSettings {
    return this.value("settings", "settings") ?? noSettings
  }

  /** undefined: there are none, or it is not known: see `knows`. */
  chat(id: ChatId): ChatSettings | undefined {
    return this.value("chat:", `chat:${id}`)
  }

  draft(id: ChatId): SharedDraft | undefined {
    return this.value("draft:", `draft:${id}`)
  }

  /** Whether this key has or had a value, or all values are known. */
  knows(key: string): boolean {
    return this.at !== undefined || this.entries.has(key)
  }

  /** The same set until something changes. */
  blocks(): ReadonlySet<UserId> {
    return this.once("block:", (keys) => new Set(keys.map((key) => idOf(key) as UserId)))
  }

  /** By time; the same until something changes. */
  scheduled(): ReadonlyArray<ScheduledMessage> {
    return this.once("scheduled:", (keys) =>
      keys
        .flatMap((key) => {
          const value = this.value("scheduled:", key)
          return value === undefined ? [] : [{ key, ...value }]
        })
        .sort((a, b) => (a.at < b.at ? -1 : 1)),
    )
  }

  private value<K extends Kind>(_kind: K, key: string): Kinds[K] | undefined {
    // The server validates each value by its key.
    return (this.entries.get(key)?.value ?? undefined) as Kinds[K] | undefined
  }

  private once<A>(kind: Kind, make: (keys: ReadonlyArray<string>) => A): A {
    if (!this.shown.has(kind)) {
      const keys = [...this.entries.values()].filter(({ key, value }) => value !== null && kindOf(key) === kind)
      this.shown.set(kind, make(keys.map(({ key }) => key)))
    }
    return this.shown.get(kind) as A
  }

  private tell(key: string, before: StateEntry | undefined): void {
    const kind = kindOf(key)
    const now = this.entries.get(key)?.value ?? null
    if (kind === undefined || JSON.stringify(now) === JSON.stringify(before?.value ?? null)) return
    this.shown.delete(kind)
    this.changed(key)
  }
}

/** The chat that a key names, if it is of this kind. */
export const chatOf = (key: string, kind: "chat:" | "draft:"): ChatId | undefined =>
  kindOf(key) === kind ? (idOf(key) as ChatId) : undefined
