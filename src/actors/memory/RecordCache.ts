// The current records of a chat that an actor has read, so that those of one message or kind are read once. The actor
// is the only writer, so they stay true. Bounded: it is cleared between turns when it has grown too large.
import type { MessageId } from "../../domain/Ids.ts"
import { type KindName, kindOf } from "../../kinds/Kinds.ts"
import { RecordSet } from "../../kinds/RecordSet.ts"
import type { RecordScope, RecordsFound } from "../../sql/journal/Journal.ts"
import type { RecordChange } from "../rules/ChatState.ts"

const maxScopes = 64
const maxRecords = 20_000

/** Names the records that a rule of this kind counts. */
export const scopeOf = (kind: KindName, message_id: MessageId): string =>
  kindOf(kind).scope === "chat" ? kind : `${kind} ${message_id}`

const none = RecordSet.of([])

export class RecordCache {
  private readonly scopes = new Map<string, RecordSet>()

  has(kind: KindName, message_id: MessageId): boolean {
    return this.scopes.has(scopeOf(kind, message_id))
  }

  /** Must not be modified: see `copy`. */
  get(kind: KindName, message_id: MessageId): RecordSet {
    return this.scopes.get(scopeOf(kind, message_id)) ?? none
  }

  /** What was read of the scopes; a scope without results is empty. */
  learn(scopes: ReadonlyArray<RecordScope>, found: RecordsFound): void {
    for (const { kind, message_id } of scopes)
      this.scopes.set(message_id === null ? kind : scopeOf(kind, message_id), RecordSet.of([]))
    for (const { key, kind, message_id, ...record } of found)
      this.scopes.get(scopeOf(kind, message_id))?.put(key, record)
  }

  /** The change is committed. */
  settle(change: RecordChange): void {
    this.scopes.get(scopeOf(change.kind, change.message_id))?.put(change.key, change.record)
  }

  /** The message is deleted: its records of this kind are deleted with it. */
  drop(kind: KindName, message_id: MessageId): void {
    this.scopes.get(scopeOf(kind, message_id))?.clear()
  }

  /** Before a turn, so that what was read for it lasts through it. */
  trim(): void {
    let records = 0
    for (const scope of this.scopes.values()) records += scope.size
    if (this.scopes.size > maxScopes || records > maxRecords) this.clear()
  }

  clear(): void {
    this.scopes.clear()
  }
}
