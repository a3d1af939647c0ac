// The IdentityStore over the in-memory tables.
import { Effect } from "effect"
import { Tables } from "../memory/Tables.ts"
import { makeUsers } from "../users/memory.ts"
import type { Identity, IdentityStoreShape } from "./shape.ts"

const keyOf = ({ issuer, subject }: Identity) => JSON.stringify([issuer, subject])

export const makeIdentities = Effect.gen(function* () {
  const tables = yield* Tables
  const users = yield* makeUsers
  const sessionsOf = (key: Uint8Array) => {
    const foreign_key = Buffer.from(key).toString("hex")
    return [...tables.sessions.values()].filter((session) => session.foreign_key === foreign_key)
  }
  const hasEnded = (key: Uint8Array, issued_at: number) =>
    sessionsOf(key).some(({ ended_at }) => ended_at !== null && ended_at >= issued_at)

  return {
    find: (identity) => Effect.sync(() => tables.identities.get(keyOf(identity))),
    create: Effect.fn("IdentityStore.create")(function* (identity, user) {
      if (tables.identities.has(keyOf(identity))) return undefined
      const { id } = yield* users.create(user)
      tables.identities.set(keyOf(identity), id)
      return id
    }),
    hasEnded: (key, issued_at) => Effect.sync(() => hasEnded(key, issued_at)),
    arrive: ({ expires_at, id, issued_at, key, now, opened_after, user_agent, user_id }) =>
      Effect.sync(() => {
        const running = sessionsOf(key).find(({ ended_at }) => ended_at === null)
        if (running !== undefined && running.created_at <= opened_after) {
          tables.sessions.set(running.id, { ...running, ended_at: now })
          return undefined
        }
        if (running !== undefined) {
          tables.sessions.set(running.id, {
            ...running,
            last_used_at: Math.max(running.last_used_at, now),
            expires_at: Math.max(running.expires_at, expires_at),
          })
          return running
        }
        if (hasEnded(key, issued_at)) return undefined
        const user = tables.users.get(user_id)
        if (user?.deleted_at !== null || user.suspended_at !== null) return undefined
        const session = {
          ...{ id, user_id, user_agent, foreign_key: Buffer.from(key).toString("hex") },
          ...{ created_at: now, last_used_at: now, expires_at, ended_at: null },
          ...{ generation: 0, refresh_hash: null, refresh_key: null, refreshed_at: [] },
        }
        tables.sessions.set(id, session)
        return session
      }),
  } satisfies IdentityStoreShape
})
