// The StateStore over the in-memory tables.
import { Effect } from "effect"
import { blockKey, blockPrefix } from "../../domain/blocks.ts"
import { chatSettingsKey, unreadMark } from "../../domain/ChatSettings.ts"
import type { UserId } from "../../domain/Ids.ts"
import { maxBlocks } from "../../kinds/StateKinds.ts"
import { addJob } from "../jobs/memoryJobs.ts"
import { hasBlocked, membership, readsPrivately, Tables } from "../memory/Tables.ts"
import { stateOf, writeState } from "./memoryState.ts"
import { blockJobAfterMillis, mostBlockers, type StateRemoval, type StateStoreShape, type StateWrite } from "./shape.ts"
import { maxStateReplay } from "./stateHistory.ts"

export const makeMemoryState = Effect.gen(function* () {
  const tables = yield* Tables
  const tableOf = (user_id: UserId) => stateOf(tables, user_id)
  const entriesOf = (user_id: UserId) => [...tableOf(user_id).entries.values()]
  const write = (change: StateWrite) => writeState(tables, change)

  const remove = (user_id: UserId, key: string): ReadonlyArray<StateRemoval> => {
    const entry = tableOf(user_id).entries.get(key)
    if (entry === undefined) return []
    const written = write({ ...entry, user_id, value: null })
    return written._tag === "Changed" ? [{ user_id, key, version: written.version }] : []
  }

  const everybody = () => [...tables.state.keys()].sort((a, b) => a - b)
  const hasReadPrivately = (user_id: UserId) =>
    [...(tables.memberships.get(user_id) ?? [])].some(
      (chat_id) => (membership(tables, chat_id, user_id)?.member.private_read_seq ?? 0) > 0,
    )
  const blockersOf = (user_id: UserId) => everybody().filter((other) => hasBlocked(tables, other, user_id))

  return {
    write: (change) => Effect.sync(() => write(change)),
    block: ({ at, blocked_id, on, user_id }) =>
      Effect.sync(() => {
        const blocks = entriesOf(user_id).filter(({ key, value }) => value !== null && key.startsWith(blockPrefix))
        if (on && blocks.length >= maxBlocks && !hasBlocked(tables, user_id, blocked_id)) {
          return { _tag: "Full", most: maxBlocks }
        }
        const written = write({ user_id, key: blockKey(blocked_id), value: on ? "{}" : null, chat_id: null })
        if (written._tag === "Changed") {
          addJob(tables, { kind: "block", user_id, key: `${blocked_id}` }, at + blockJobAfterMillis)
        }
        return written
      }),
    replace: (change, former) =>
      Effect.sync(() => {
        const present = tableOf(change.user_id).entries.get(change.key)?.value ?? null
        return present === former ? write(change) : { _tag: "Stale" }
      }),
    privateReaders: (after, limit) =>
      Effect.sync(() =>
        everybody()
          .filter((user_id) => user_id > after && (readsPrivately(tables, user_id) || hasReadPrivately(user_id)))
          .slice(0, limit),
      ),
    unreadMarks: (after, limit, of) =>
      Effect.sync(() =>
        (of === undefined ? everybody() : [of])
          .flatMap((user_id) =>
            entriesOf(user_id).flatMap(({ chat_id, key, value }) =>
              chat_id !== null && key === chatSettingsKey(chat_id) && value?.includes(unreadMark)
                ? [{ user_id, chat_id }]
                : [],
            ),
          )
          .sort((a, b) => a.user_id - b.user_id || a.chat_id - b.chat_id)
          .filter(
            ({ chat_id, user_id }) =>
              after === undefined || user_id > after.user_id || (user_id === after.user_id && chat_id > after.chat_id),
          )
          .slice(0, limit),
      ),
    get: (user_id, key) =>
      Effect.sync(() => {
        const entry = tableOf(user_id).entries.get(key)
        return entry === undefined || entry.value === null
          ? undefined
          : { key, value: entry.value, version: entry.version }
      }),
    page: (user_id, { after, limit, prefix }) =>
      Effect.sync(() => ({
        items: entriesOf(user_id)
          .filter(({ key, value }) => value !== null && key > after && key.startsWith(prefix))
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .slice(0, limit)
          .map(({ key, value, version }) => ({ key, value, version })),
        version: tableOf(user_id).version,
      })),
    since: (user_id, after, most, isFirst) =>
      Effect.sync(() => {
        const { purged, version } = tableOf(user_id)
        const missed = entriesOf(user_id)
          .filter((entry) => entry.version > after)
          .sort((a, b) => a.version - b.version)
        if (after > version || (after < purged && after < version) || (isFirst && missed.length > maxStateReplay)) {
          return { _tag: "Reset", version }
        }
        const items = missed.slice(0, most).map(({ key, value, version }) => ({ key, value, version }))
        return { _tag: "Changes", items, version }
      }),
    standings: (user_ids) =>
      Effect.sync(() =>
        user_ids.map((user_id) => ({
          user_id,
          version: tableOf(user_id).version,
          blockers: blockersOf(user_id).slice(0, mostBlockers),
        })),
      ),
    forgetChat: (chat_id, user_ids) =>
      Effect.sync(() =>
        (user_ids ?? everybody()).flatMap((user_id) =>
          entriesOf(user_id)
            .filter((entry) => entry.chat_id === chat_id)
            .flatMap(({ key }) => remove(user_id, key)),
        ),
      ),
    unblock: (user_id, limit) =>
      Effect.sync(() =>
        blockersOf(user_id)
          .slice(0, limit)
          .flatMap((blocker) => remove(blocker, blockKey(user_id))),
      ),
  } satisfies StateStoreShape
})
