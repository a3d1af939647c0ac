// Own state in the in-memory tables, for the stores that change it with something else.
import type { UserId } from "../../domain/Ids.ts"
import { maxStateKeys } from "../../kinds/StateKinds.ts"
import type { OwnStateTable, Tables } from "../memory/Tables.ts"
import type { StateWrite, StateWritten } from "./shape.ts"
import { keptVersions } from "./stateHistory.ts"

const none: OwnStateTable = { version: 0, purged: 0, entries: new Map() }

export const stateOf = (tables: Tables["Service"], user_id: UserId): OwnStateTable => tables.state.get(user_id) ?? none

/** As `put_state` does: see migrations/0012. */
export const writeState = (tables: Tables["Service"], { chat_id, key, user_id, value }: StateWrite): StateWritten => {
  const table = stateOf(tables, user_id)
  const former = table.entries.get(key)
  if ((former?.value ?? null) === value) return { _tag: "Same", version: former?.version ?? table.version }
  if (value !== null && (former?.value ?? null) === null) {
    const present = [...table.entries.values()].filter((entry) => entry.value !== null)
    if (present.length >= maxStateKeys) return { _tag: "Full", most: maxStateKeys }
  }
  const version = table.version + 1
  const entries = new Map(table.entries).set(key, { key, value, version, chat_id })
  let { purged } = table
  if (version % 1_000 === 0 && version > keptVersions) {
    purged = version - keptVersions
    for (const entry of entries.values()) {
      if (entry.value === null && entry.version <= purged) entries.delete(entry.key)
    }
  }
  tables.state.set(user_id, { version, purged, entries })
  return { _tag: "Changed", version }
}
