// Owns the meaning of the use of a refresh token. The current token yields its successor. A token used before yields
// the same successor again for ten seconds (a lost answer, two tabs); later it ends the session, since it may be stolen
// (RFC 9700).
import { Clock, Effect } from "effect"
import type { SecureRandom } from "effect/crypto"
import type { TooManyRequests, Unavailable } from "../../domain/errors.ts"
import { SessionId, type UserId } from "../../domain/Ids.ts"
import type { RefreshState, SessionOwner, SessionStore } from "../../sql/sessions/SessionStore.ts"
import type { RateLimits } from "../limits/RateLimits.ts"
import {
  hasHash,
  isGenuine,
  nextSecret,
  type RefreshToken,
  readToken,
  readUncounted,
  secretBytes,
  secretHash,
  writeToken,
} from "./refreshToken.ts"

const day = 24 * 60 * 60_000
/** From the creation of a token. */
const lifetimeMillis = 30 * day
const graceMillis = 10_000
/** Uses that are remembered; only those within the grace period matter. */
const mostUses = 8

export interface Issued extends SessionOwner {
  readonly refresh_token: string
  /** Epoch milliseconds, when the token expires. */
  readonly expires_at: number
  /** Epoch milliseconds, after which no token of the session is valid. */
  readonly session_ends_at: number
}

export type Use =
  | ({ readonly _tag: "Issued" } & Issued)
  | ({ readonly _tag: "Reused" } & SessionOwner)
  | { readonly _tag: "Unknown" }

/** The verdict on a token by the state of its session. */
export type Verdict =
  | { readonly _tag: "Current" }
  | { readonly _tag: "Repeated"; readonly successor: RefreshToken }
  | { readonly _tag: "Reused" }
  | { readonly _tag: "Unknown" }

const unknown = { _tag: "Unknown" } as const

/** Judges a genuine token of the session that is not the current one. */
const judgeUsed = (state: RefreshState, key: Uint8Array, token: RefreshToken, now: number): Verdict => {
  const passed = state.generation - token.generation
  const usedAt = state.refreshed_at[state.refreshed_at.length - passed]
  if (usedAt === undefined || now - usedAt > graceMillis) return { _tag: "Reused" }
  const after = (of: RefreshToken): RefreshToken => ({
    session_id: of.session_id,
    generation: of.generation + 1,
    secret: nextSecret(of, key),
  })
  const successor = after(token)
  let newest = successor
  while (newest.generation < state.generation) newest = after(newest)
  // The key from the database is enough to make a tag, but not a secret that leads to the current one.
  const leadsOn = state.refresh_hash !== null && hasHash(newest.secret, state.refresh_hash)
  return leadsOn ? { _tag: "Repeated", successor } : { _tag: "Reused" }
}

/** Judges a token in the form that its holder presents. */
export const judge = (state: RefreshState, shown: NonNullable<ReturnType<typeof readToken>>, now: number): Verdict => {
  const { generation, refresh_hash, refresh_key } = state
  if (refresh_hash === null || refresh_key === null || shown.generation > generation) return unknown
  if (shown.generation === generation) return hasHash(shown.secret, refresh_hash) ? { _tag: "Current" } : unknown
  return isGenuine(shown, refresh_key) ? judgeUsed(state, refresh_key, shown, now) : unknown
}

/** Judges a token without an ordinal (the older format), last used at `used_at`. */
const judgeUncounted = (state: RefreshState, token: RefreshToken, used_at: number | null, now: number): Verdict => {
  if (state.generation === 0) {
    return used_at === null || now - used_at <= graceMillis ? { _tag: "Current" } : { _tag: "Reused" }
  }
  return state.refresh_key === null ? unknown : judgeUsed(state, state.refresh_key, token, now)
}

export const refreshTokens = (
  sessions: SessionStore["Service"],
  random: SecureRandom.SecureRandom["Service"],
  limits: Pick<RateLimits["Service"], "demand">,
  sessionMaxDays: number,
) => {
  const endOf = ({ created_at }: Pick<RefreshState, "created_at">) => created_at + sessionMaxDays * day
  const expiryAt = (now: number, session: Pick<RefreshState, "created_at">) =>
    Math.min(now + lifetimeMillis, endOf(session))

  const issued = (
    owner: SessionOwner,
    token: RefreshToken,
    key: Uint8Array,
    expires_at: number,
    state: { created_at: number },
  ) => ({
    _tag: "Issued" as const,
    session_id: owner.session_id,
    user_id: owner.user_id,
    refresh_token: writeToken(token, key),
    expires_at,
    session_ends_at: endOf(state),
  })

  /** The decoded token, its session, and the verdict on it. */
  const look = Effect.fnUntraced(function* (text: string, now: number) {
    const shown = readToken(text)
    const secret = shown === undefined ? readUncounted(text) : undefined
    const old = secret === undefined ? undefined : yield* sessions.uncounted(secretHash(Buffer.from(text)), now)
    const session_id = shown?.session_id ?? old?.session_id
    const state = session_id === undefined ? undefined : yield* sessions.refreshState(session_id, now)
    // An access token lives at least a second.
    if (session_id === undefined || state === undefined || endOf(state) < now + 1000) return undefined
    const owner: SessionOwner = { session_id, user_id: state.user_id }
    if (shown !== undefined) return { owner, state, token: shown, verdict: judge(state, shown, now) }
    if (secret === undefined || old === undefined) return undefined
    const token: RefreshToken = { session_id, generation: 0, secret }
    return { owner, state, token, verdict: judgeUncounted(state, token, old.used_at, now) }
  })

  const use: (text: string) => Effect.Effect<Use, TooManyRequests | Unavailable> = Effect.fnUntraced(function* (text) {
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const found = yield* look(text, now)
      if (found === undefined || found.verdict._tag === "Unknown") return unknown
      const { owner, state, token, verdict } = found
      // A use is a call of its owner. If it exceeds the rate, the token stays valid.
      if (verdict._tag !== "Reused") yield* limits.demand("requests", owner.user_id)
      const key = state.refresh_key ?? (yield* random.randomBytes(secretBytes))
      switch (verdict._tag) {
        case "Reused":
          return { _tag: "Reused", ...owner }
        case "Repeated":
          return issued(owner, verdict.successor, key, expiryAt(now, state), state)
        case "Current": {
          const next = { ...owner, generation: token.generation + 1, secret: nextSecret(token, key) }
          const expires_at = expiryAt(now, state)
          const advanced = yield* sessions.advance({
            id: owner.session_id,
            generation: token.generation,
            refresh_hash: secretHash(next.secret),
            refresh_key: key,
            refreshed_at: [...state.refreshed_at.filter((at) => now - at <= graceMillis), now].slice(-mostUses),
            now,
            expires_at,
          })
          if (advanced) return issued(owner, next, key, expires_at, state)
          // A concurrent use was faster, or the session has just ended.
          break
        }
        default:
          verdict satisfies never
      }
    }
  })

  return {
    use,
    /** Opens a session with its first token. */
    open: Effect.fnUntraced(function* (user_id: UserId, user_agent: string | null) {
      const created_at = yield* Clock.currentTimeMillis
      const session_id = SessionId.make(yield* random.uuidV4())
      const [key, secret] = [yield* random.randomBytes(secretBytes), yield* random.randomBytes(secretBytes)]
      const token = { session_id, generation: 1, secret }
      const expires_at = expiryAt(created_at, { created_at })
      yield* sessions.create({
        id: session_id,
        user_id,
        user_agent,
        refresh_hash: secretHash(secret),
        refresh_key: key,
        created_at,
        expires_at,
      })
      return issued({ session_id, user_id }, token, key, expires_at, { created_at })
    }),
    /** The owner of the session to which a token belongs or belonged, without using it; undefined: no live session. */
    ownerOf: Effect.fnUntraced(function* (text: string) {
      const found = yield* look(text, yield* Clock.currentTimeMillis)
      return found === undefined || found.verdict._tag === "Unknown" ? undefined : found.owner
    }),
  }
}
