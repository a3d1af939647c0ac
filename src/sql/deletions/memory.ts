// The DeletionStore over the in-memory tables.
import { Effect } from "effect"
import { deletedName, deletedUsernamePrefix } from "../../domain/deletedAccount.ts"
import { addJob, removeJob } from "../jobs/memoryJobs.ts"
import { membership, Tables } from "../memory/Tables.ts"
import { type DeletionStoreShape, jobAfterMillis } from "./shape.ts"

export const makeDepartures = Effect.gen(function* () {
  const tables = yield* Tables

  return {
    mark: (user_id, now) =>
      Effect.sync(() => {
        const row = tables.users.get(user_id)
        if (row === undefined || row.deleted_at !== null) return undefined
        tables.users.set(user_id, {
          ...row,
          username: `${deletedUsernamePrefix}${user_id}`,
          display_name: deletedName,
          info: {},
          email: null,
          password_hash: null,
          server_role: null,
          deleted_at: now,
        })
        tables.state.delete(user_id)
        tables.found.delete(user_id)
        for (const [id, found] of tables.found) {
          tables.found.set(id, new Map([...found].filter(([found_id]) => found_id !== user_id)))
        }
        addJob(tables, { kind: "account_deletion", user_id, key: "" }, now + jobAfterMillis)
        for (const [key, owner] of tables.identities) if (owner === user_id) tables.identities.delete(key)
        const ended = [...tables.sessions.values()].filter(
          (session) => session.user_id === user_id && session.ended_at === null,
        )
        for (const session of ended) tables.sessions.set(session.id, { ...session, ended_at: now, user_agent: null })
        return ended.map(({ id }) => id)
      }),
    pending: (user_id) =>
      Effect.sync(() => {
        const row = tables.users.get(user_id)
        return row?.departed_at === null ? (row.deleted_at ?? undefined) : undefined
      }),
    chats: (user_id, after, limit) =>
      Effect.sync(() =>
        [...(tables.memberships.get(user_id) ?? [])]
          .filter((chat_id) => {
            const found = membership(tables, chat_id, user_id)
            if (found === undefined || chat_id <= after) return false
            return found.chat.row.type === "group" || found.member.version === found.member.joined_version
          })
          .sort((a, b) => a - b)
          .slice(0, limit),
      ),
    finish: (user_id, now) =>
      Effect.sync(() => {
        const row = tables.users.get(user_id)
        if (row === undefined || row.deleted_at === null) return
        tables.users.set(user_id, { ...row, departed_at: now })
        tables.state.delete(user_id)
        for (const file of tables.files.values()) {
          if (file.owner_id !== user_id || file.used_until === null) continue
          tables.files.set(file.id, { ...file, used_until: Math.min(file.used_until, now) })
        }
        for (const job of tables.jobs.values()) {
          if (job.user_id === user_id && job.kind === "scheduled_message") removeJob(tables, job)
        }
        for (const { mentions } of tables.chats.values()) {
          for (const [id, rows] of mentions) {
            mentions.set(
              id,
              rows.filter((mention) => mention.user_id !== user_id),
            )
          }
        }
      }),
  } satisfies DeletionStoreShape
})
