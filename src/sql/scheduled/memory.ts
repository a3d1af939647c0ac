// The ScheduledStore over the in-memory tables. As the functions of migrations/0022 do.
import { Effect } from "effect"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import { maxScheduled, scheduledPrefix } from "../../domain/Scheduled.ts"
import { addJob, jobPlace, removeJob } from "../jobs/memoryJobs.ts"
import { Tables } from "../memory/Tables.ts"
import { stateOf, writeState } from "../state/memoryState.ts"
import type { Begun, ScheduledStoreShape } from "./shape.ts"

export const makeMemoryScheduled = Effect.gen(function* () {
  const tables = yield* Tables
  const entryOf = (user_id: UserId, key: string) => stateOf(tables, user_id).entries.get(key)
  const jobOf = (user_id: UserId, key: string) => ({ kind: "scheduled_message", user_id, key }) as const

  const begun = (user_id: UserId, key: string): Begun | undefined => {
    const message_id = entryOf(user_id, key)?.message_id ?? null
    const attempts = tables.jobs.get(jobPlace(jobOf(user_id, key)))?.attempts ?? 0
    return message_id === null && attempts === 0 ? undefined : { _tag: "Begun", message_id }
  }

  const isFull = (user_id: UserId) =>
    [...stateOf(tables, user_id).entries.values()].filter(
      ({ key, value }) => value !== null && key.startsWith(scheduledPrefix),
    ).length >= maxScheduled

  const sent = (user_id: UserId, key: string, message_id: MessageId) => {
    const table = stateOf(tables, user_id)
    const row = table.entries.get(key)
    if (row === undefined) return
    tables.state.set(user_id, { ...table, entries: new Map(table.entries).set(key, { ...row, message_id }) })
  }

  return {
    put: ({ due_at, key, user_id, value }, former) =>
      Effect.sync(() => {
        const message_id = entryOf(user_id, key)?.message_id
        if (message_id !== undefined) return { _tag: "Begun", message_id }
        if ((entryOf(user_id, key)?.value ?? null) !== former) return { _tag: "Stale" }
        const under = begun(user_id, key)
        if (under !== undefined) return under
        if (former === null && isFull(user_id)) return { _tag: "Full", most: maxScheduled }
        const written = writeState(tables, { user_id, key, value, chat_id: null })
        if (written._tag === "Changed") addJob(tables, jobOf(user_id, key), due_at)
        return written
      }),
    callOff: (user_id, key) =>
      Effect.sync(() => {
        const under = begun(user_id, key)
        if (under !== undefined) return under
        const written = writeState(tables, { user_id, key, value: null, chat_id: null })
        if (written._tag === "Full") return { _tag: "Same", version: stateOf(tables, user_id).version }
        removeJob(tables, jobOf(user_id, key))
        return written
      }),
    end: ({ former, key, message_id, user_id, value }) =>
      Effect.sync(() => {
        if (entryOf(user_id, key)?.value !== former) return { _tag: "Stale" }
        const written = writeState(tables, { user_id, key, value, chat_id: null })
        if (message_id !== null) sent(user_id, key, message_id)
        removeJob(tables, jobOf(user_id, key))
        return written._tag === "Full" ? { _tag: "Stale" } : { _tag: "Changed", version: written.version }
      }),
  } satisfies ScheduledStoreShape
})
