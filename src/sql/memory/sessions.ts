// The Sessions over the in-memory tables.
import { Effect } from "effect"
import type { SessionId } from "../../domain/Ids.ts"
import type { RotationResult, Sessions } from "../Sessions.ts"
import { type SessionRecord, Tables } from "./Tables.ts"

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString("hex")

export const makeSessions = Effect.gen(function* () {
  const tables = yield* Tables
  const update = (id: SessionId, change: Partial<SessionRecord>) => {
    const session = tables.sessions.get(id)
    if (session !== undefined) tables.sessions.set(id, { ...session, ...change })
  }
  /** A token that is or was one, of a session that lives. */
  const living = (hash: string, now: number) => {
    const token = tables.refresh_tokens.get(hash)
    const session = token === undefined ? undefined : tables.sessions.get(token.session_id)
    if (token === undefined || session === undefined || session.ended_at !== null) return undefined
    return token.expires_at <= now || session.expires_at <= now ? undefined : { token, session }
  }
  const all = () => [...tables.sessions.values()]

  return {
    create: (session) =>
      Effect.sync(() => {
        const { id, user_id, user_agent, created_at, expires_at } = session
        const times = { created_at, last_used_at: created_at, expires_at, ended_at: null }
        tables.sessions.set(id, { id, user_id, user_agent, ...times })
        tables.refresh_tokens.set(hex(session.refresh_hash), { session_id: id, expires_at, used_at: null })
      }),
    ofToken: (refresh_hash, now) =>
      Effect.sync(() => {
        const found = living(hex(refresh_hash), now)
        return found === undefined ? undefined : { session_id: found.session.id, user_id: found.session.user_id }
      }),
    rotate: ({ refresh_hash, next_hash, now, expires_at, grace_ms }) =>
      Effect.sync((): RotationResult => {
        const hash = hex(refresh_hash)
        const known = living(hash, now)
        if (known === undefined) return { _tag: "Unknown" }
        const { session, token } = known
        const found = { session_id: session.id, user_id: session.user_id }
        if (token.used_at === null) tables.refresh_tokens.set(hash, { ...token, used_at: now })
        else if (now - token.used_at > grace_ms) {
          update(session.id, { ended_at: now })
          return { _tag: "Reused", ...found }
        }
        tables.refresh_tokens.set(hex(next_hash), { session_id: session.id, expires_at, used_at: null })
        update(session.id, { last_used_at: now, expires_at })
        return { _tag: "Rotated", ...found }
      }),
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
        for (const [hash, token] of tables.refresh_tokens) {
          if (gone.has(token.session_id) || token.expires_at < before) tables.refresh_tokens.delete(hash)
        }
        return gone.size
      }),
  } satisfies Sessions["Service"]
})
