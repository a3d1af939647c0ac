// Owns what an operator does with accounts and invites, beside a running server or without one. A running server
// publishes the ended sessions (jobs/works). Does not own how a person is asked (cli).
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { SecureRandom } from "effect/crypto"
import type { EmailTaken, Unavailable, UsernameTaken } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { storedName } from "../domain/Name.ts"
import type { Me } from "../domain/User.ts"
import { type Account, AccountStore } from "../sql/accounts/AccountStore.ts"
import { type Invite, InviteStore } from "../sql/invites/InviteStore.ts"
import { type SessionRow, SessionStore } from "../sql/sessions/SessionStore.ts"
import { noPassword, UserStore } from "../sql/users/UserStore.ts"
import { Audit, type SecurityEvent } from "./Audit.ts"
import { inviteHash, newInviteCode } from "./inviteCodes.ts"
import { Passwords } from "./passwords/Passwords.ts"

/** An operator's request cannot be fulfilled; `message` is for them. */
export class NotPossible extends Schema.TaggedError<NotPossible>()("NotPossible", { message: Schema.String }) {}

export interface NewAccount {
  readonly username: string
  readonly email: string
  readonly password: string
  readonly display_name?: string | undefined
}

type Done<A> = Effect.Effect<A, NotPossible | Unavailable>

const day = 24 * 60 * 60_000

export class Operators extends Context.Service<
  Operators,
  {
    /** Accounts by id, from the one after `after` on; with a query, those that it finds (as `GET /users`). */
    list(options: {
      readonly query?: string | undefined
      readonly after: number
      readonly limit: number
    }): Effect.Effect<ReadonlyArray<Account>, Unavailable>
    /** Whatever SIGN_UP says. */
    add(account: NewAccount): Effect.Effect<Me, UsernameTaken | EmailTaken | Unavailable>
    /** `login` here and below: user name or e-mail. Returns how many sessions it ended: all of the account. */
    resetPassword(login: string, password: string): Done<number>
    /** Returns how many sessions it ended: all of the account. */
    suspend(login: string): Done<number>
    resume(login: string): Done<void>
    /** Without a restart: the next `GET /me` shows the role. */
    makeAdmin(login: string): Done<void>
    removeAdmin(login: string): Done<void>
    sessions(login: string): Done<ReadonlyArray<SessionRow>>
    /** `days`: until it expires. */
    invite(options: {
      readonly uses: number
      readonly days: number
    }): Effect.Effect<Invite & { readonly code: string }, Unavailable>
    readonly invites: Effect.Effect<ReadonlyArray<Invite>, Unavailable>
    revokeInvite(id: number): Done<void>
  }
>()("confab/services/Operators") {
  static readonly layer: Layer.Layer<
    Operators,
    never,
    AccountStore | Audit | InviteStore | Passwords | SecureRandom.SecureRandom | SessionStore | UserStore
  > = Layer.effect(
    Operators,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const rows = yield* AccountStore
  const users = yield* UserStore
  const sessions = yield* SessionStore
  const invites = yield* InviteStore
  const passwords = yield* Passwords
  const audit = yield* Audit
  const random = yield* Effect.context<SecureRandom.SecureRandom>()

  const accountOf = Effect.fnUntraced(function* (login: string) {
    const found = yield* users.byLogin(login)
    return found ?? (yield* new NotPossible({ message: `There is no account ${JSON.stringify(login)}.` }))
  })

  const noted = (event: SecurityEvent, user_id: UserId) => audit.record({ event, user_id })

  /** After the change that lets no new session begin. */
  const endSessions = Effect.fnUntraced(function* (user_id: UserId) {
    const ended = yield* sessions.end(user_id, {}, yield* Clock.currentTimeMillis)
    yield* rows.requestSessionEnds(user_id)
    return ended.length
  })

  return Operators.of({
    list: Effect.fn("Operators.list")(function* ({ query, after, limit }) {
      const now = yield* Clock.currentTimeMillis
      if (query === undefined) return yield* rows.page(after, limit, now)
      const found = yield* users.search(query, limit)
      return yield* rows.byIds(
        found.map(({ id }) => id),
        now,
      )
    }),
    add: Effect.fn("Operators.add")(function* ({ password, display_name, ...names }) {
      const me = yield* users.create({
        ...names,
        display_name: storedName(display_name ?? names.username),
        password_hash: yield* passwords.hash(password),
        created_at: yield* Clock.currentTimeMillis,
      })
      yield* noted("signed_up", me.id)
      return me
    }),
    resetPassword: Effect.fn("Operators.resetPassword")(function* (login, password) {
      const { me, password_hash } = yield* accountOf(login)
      if (password_hash === noPassword) {
        return yield* new NotPossible({
          message: `${me.username} has no password here: another service signs them in.`,
        })
      }
      yield* rows.setPassword(me.id, yield* passwords.hash(password))
      const ended = yield* endSessions(me.id)
      yield* noted("password_reset", me.id)
      return ended
    }, Effect.uninterruptible),
    suspend: Effect.fn("Operators.suspend")(function* (login) {
      const { me } = yield* accountOf(login)
      const isNew = yield* rows.setSuspended(me.id, yield* Clock.currentTimeMillis)
      const ended = yield* endSessions(me.id)
      if (isNew) yield* noted("account_suspended", me.id)
      return ended
    }, Effect.uninterruptible),
    resume: Effect.fn("Operators.resume")(function* (login) {
      const { me } = yield* accountOf(login)
      if (yield* rows.setSuspended(me.id, null)) return yield* noted("account_resumed", me.id)
      return yield* new NotPossible({ message: `${me.username} is not suspended.` })
    }),
    makeAdmin: Effect.fn("Operators.makeAdmin")(function* (login) {
      const { me } = yield* accountOf(login)
      if (yield* rows.setServerRole(me.id, "admin")) yield* noted("server_admin_made", me.id)
    }, Effect.uninterruptible),
    removeAdmin: Effect.fn("Operators.removeAdmin")(function* (login) {
      const { me } = yield* accountOf(login)
      if (yield* rows.setServerRole(me.id, null)) return yield* noted("server_admin_removed", me.id)
      return yield* new NotPossible({ message: `${me.username} is not a server administrator.` })
    }, Effect.uninterruptible),
    sessions: Effect.fn("Operators.sessions")(function* (login) {
      const { me } = yield* accountOf(login)
      return yield* sessions.list(me.id, yield* Clock.currentTimeMillis)
    }),
    invite: Effect.fn("Operators.invite")(function* ({ uses, days }) {
      const code = yield* Effect.provideContext(newInviteCode, random)
      const created_at = yield* Clock.currentTimeMillis
      const expires_at = created_at + days * day
      const invite = yield* invites.create({ code_hash: inviteHash(code), created_at, expires_at, max_uses: uses })
      return { ...invite, code }
    }),
    invites: invites.list,
    revokeInvite: Effect.fn("Operators.revokeInvite")(function* (id) {
      if (!(yield* invites.revoke(id))) return yield* new NotPossible({ message: `There is no invite ${id}.` })
    }),
  })
})
