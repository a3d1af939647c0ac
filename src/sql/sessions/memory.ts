// The SessionStore over the in-memory tables.
import { Effect } from "effect"
import type { SessionId } from "../../domain/Ids.ts"
import { type SessionRecord, Tables } from "../memory/Tables.ts"
import type { SessionStoreShape } from "./shape.ts"

export const makeSessions = Effect.gen(function* () {
  const tables = yield* Tables
  const update = (id: SessionId, change: Partial<SessionRecord>) => {
    const session = tables.sessions.get(id)
    if (session !== undefined) tables.sessions.set(id, { ...session, ...change })
  }
  const all = () => [...tables.sessions.values()]

  return {
    create: (session) =>
      Effect.sync(() => {
        const { created_at } = session
        const rest = { last_used_at: created_at, ended_at: null, generation: 1, refreshed_at: [] }
        tables.sessions.set(session.id, { ...session, ...rest })
      }),
    refreshState: (id, now) =>
      Effect.sync(() => {
        const session = tables.sessions.get(id)
        return session === undefined || session.ended_at !== null || session.expires_at <= now ? undefined : session
      }),
    advance: ({ id, generation, now, ...next }) =>
      Effect.sync(() => {
        const session = tables.sessions.get(id)
        if (session === undefined || session.generation !== generation || session.ended_at !== null) return false
        update(id, { ...next, generation: generation + 1, last_used_at: now })
        return true
      }),
    uncounted: () => Effect.undefined,
    list: (user_id, now) =>
      Effect.sync(() =>
        all()
          .filter((session) => session.user_id === user_id && session.ended_at === null && session.expires_at > now)
          .sort((a, b) => b.last_used_at - a.last_used_at || b.created_at - a.created_at || (a.id < b.id ? -1 : 1))
          .map(({ id, user_agent, created_at, last_used_at }) => ({ id, user_agent, created_at, last_used_at })),
      ),
    end: (user_id, { only, except }, now) =>
      Effect.sync(() => {
        const ended = all().filter(
          ({ id, user_id: owner, ended_at }) =>
            owner === user_id && ended_at === null && (only === undefined || id === only) && id !== except,
        )
        for (const { id } of ended) update(id, { ended_at: now })
        return ended.map(({ id }) => id)
      }),
    endedSince: (since) =>
      Effect.sync(() =>
        all().flatMap(({ id, ended_at }) => (ended_at !== null && ended_at >= since ? [{ id, ended_at }] : [])),
      ),
    purge: (before) =>
      Effect.sync(() => {
        const gone = new Set(
          all()
            .filter(({ ended_at, expires_at }) => expires_at < before || (ended_at !== null && ended_at < before))
            .map(({ id }) => id),
        )
        for (const id of gone) tables.sessions.delete(id)
        return gone.size
      }),
  } satisfies SessionStoreShape
})
