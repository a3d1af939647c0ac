// The user's own state: settings, settings of chats, drafts, blocks, scheduled messages. Loaded once, brought up to date
// by `sync` when a connection finds it changed, and kept so by frames and answers. Does not load it.
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

export const noSettings: OwnSettings = {}

/** A change that the server has not answered: fields to replace, null to remove them; `blocked` of a user. */
type Wish = Readonly<Record<string, unknown>>

/** With the changed fields and without the removed ones; undefined when none is left. */
export const changed = (former: object | undefined, change: object): object | undefined => {
  const fields = Object.entries({ ...former, ...change }).filter(([, field]) => field !== null && field !== undefined)
  return fields.length === 0 ? undefined : Object.fromEntries(fields)
}

export class OwnState {
  /** The version up to which it is known; undefined: it must be loaded, or is being synced. */
  at: number | undefined
  /** The cursor of the sync under way, or of one that was not answered. */
  private cursor: number | undefined
  /** By key; a value null was removed after the last load. */
  private entries = new Map<string, StateEntry>()
  private readonly changed: (key: string) => void
  private readonly shown = new Map<Kind, unknown>()
  /** By key, in their order. */
  private readonly wishes = new Map<string, ReadonlyArray<Wish>>()
  /** What was last shown for a key with wishes, and from what it was made. */
  private readonly wished = new Map<
    string,
    { readonly stored: object | undefined; readonly wishes: ReadonlyArray<Wish>; readonly value: object | undefined }
  >()

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
    this.cursor = undefined
    for (const change of before.values()) if (change.version > version) this.entries.set(change.key, change)
    this.advance()
    for (const key of new Set([...before.keys(), ...this.entries.keys()])) this.tell(key, before.get(key))
  }

  /**
   * The connection's state stands at `version`. Returns the cursor from which it is to be synced; undefined: nothing was
   * missed, or it must be loaded.
   */
  resume(version: number): number | undefined {
    const known = this.at ?? this.cursor
    // A greater one is of another history: the server's data were restored.
    if (known === undefined || known > version) return undefined
    this.at = known === version ? known : undefined
    this.cursor = known === version ? undefined : known
    return this.cursor
  }

  /** The cursor of a sync that is not answered. */
  get syncs(): number | undefined {
    return this.cursor
  }

  /** All that changed since the cursor has arrived. */
  synced(version: number): void {
    if (this.cursor === undefined) return
    this.cursor = undefined
    this.at = version
    this.advance()
  }

  /** What it has is no base for later changes: it must be loaded. */
  reset(): void {
    this.at = undefined
    this.cursor = undefined
  }

  clear(): void {
    this.reset()
    this.entries.clear()
    this.shown.clear()
    this.wishes.clear()
    this.wished.clear()
  }

  /** Shows a change of settings or blocks at once; the returned function ends that, and the server's value is shown. */
  wish(key: string, change: object): () => void {
    const wish: Wish = { ...change }
    this.wishes.set(key, [...(this.wishes.get(key) ?? []), wish])
    this.show(key)
    return () => {
      const left = (this.wishes.get(key) ?? []).filter((other) => other !== wish)
      if (left.length > 0) this.wishes.set(key, left)
      else {
        this.wishes.delete(key)
        this.wished.delete(key)
      }
      this.show(key)
    }
  }

  /** The stored value as the user wants it; the same object until something changes. */
  withWishes<A extends object>(key: string, stored: A | undefined): A | undefined {
    const wishes = this.wishes.get(key)
    if (wishes === undefined) return stored
    const before = this.wished.get(key)
    if (before?.wishes === wishes && before.stored === stored) return before.value as A | undefined
    const value = wishes.reduce<object | undefined>(changed, stored)
    this.wished.set(key, { stored, wishes, value })
    // Each wish has fields of this kind alone.
    return value as A | undefined
  }

  /** Over the changes that came without those before them. */
  private advance(): void {
    for (const { version } of [...this.entries.values()].sort((a, b) => a.version - b.version))
      if (this.at !== undefined && version === this.at + 1) this.at++
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

  /** As the user wants them; the same set until something changes. */
  blocks(): ReadonlySet<UserId> {
    return this.once("block:", (keys) => {
      const blocked = new Set(keys)
      for (const [key, wishes] of this.wishes) {
        if (kindOf(key) !== "block:") continue
        if (wishes.at(-1)?.["blocked"] === true) blocked.add(key)
        else blocked.delete(key)
      }
      return new Set([...blocked].map((key) => idOf(key) as UserId))
    })
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
    this.show(key)
  }

  private show(key: string): void {
    const kind = kindOf(key)
    if (kind !== undefined) this.shown.delete(kind)
    this.changed(key)
  }
}

/** The key of a blocked user. */
export const blockOf = (id: UserId): string => `block:${id}`

/** The chat that a key names, if it is of this kind. */
export const chatOf = (key: string, kind: "chat:" | "draft:"): ChatId | undefined =>
  kindOf(key) === kind ? (idOf(key) as ChatId) : undefined
