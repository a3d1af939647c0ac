// confab users …
import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { DisplayName, Email, Username } from "../domain/User.ts"
import { Operators } from "../services/Operators.ts"
import type { Account } from "../sql/accounts/AccountStore.ts"
import { withDatabase } from "./operators.ts"
import { count, print, table, when } from "./output.ts"
import { newPassword } from "./password.ts"

const user = Argument.String("user").pipe(Argument.withDescription("User name or e-mail address"))

const rows = (accounts: ReadonlyArray<Account>) =>
  table(
    ["ID", "USER", "E-MAIL", "NAME", "SINCE", "SESSIONS", "ROLE", "SUSPENDED"],
    accounts.map(({ created_at, display_name, email, id, server_role, sessions, suspended_at, username }) => [
      ...[String(id), username, email, display_name, when(created_at), String(sessions)],
      ...[server_role ?? "", when(suspended_at)],
    ]),
  )

const list = Command.make(
  "list",
  {
    query: Flag.String("query").pipe(Flag.withDescription("Beginnings of words of their names"), Flag.optional),
    after: Flag.Int("after").pipe(Flag.withDescription("The last id of the page before"), Flag.withDefault(0)),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("At most so many, up to 1000"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
      Flag.withDefault(50),
    ),
  },
  ({ after, limit, query }) =>
    withDatabase(
      Effect.gen(function* () {
        const operators = yield* Operators
        const accounts = yield* operators.list({ query: Option.getOrUndefined(query), after, limit })
        yield* print(accounts.length === 0 ? "No accounts." : rows(accounts))
      }),
    ),
).pipe(Command.withDescription("Lists accounts, by id"))

const add = Command.make(
  "add",
  {
    username: Argument.String("user").pipe(Argument.withDescription("User name"), Argument.withSchema(Username)),
    email: Argument.String("e-mail").pipe(Argument.withDescription("E-mail address"), Argument.withSchema(Email)),
    display_name: Flag.String("name").pipe(
      Flag.withDescription("The name that others see"),
      Flag.withSchema(DisplayName),
      Flag.optional,
    ),
  },
  ({ display_name, email, username }) =>
    Effect.gen(function* () {
      const password = yield* newPassword
      yield* withDatabase(
        Effect.gen(function* () {
          const operators = yield* Operators
          const name = Option.getOrUndefined(display_name)
          const me = yield* operators.add({ username, email, password, display_name: name })
          yield* print(`Added ${me.username} with the id ${me.id}.`)
        }),
      )
    }),
).pipe(Command.withDescription("Adds an account, whatever SIGN_UP says; asks for the password, or reads it from stdin"))

const resetPassword = Command.make("reset-password", { user }, (given) =>
  Effect.gen(function* () {
    const password = yield* newPassword
    yield* withDatabase(
      Effect.gen(function* () {
        const operators = yield* Operators
        const ended = yield* operators.resetPassword(given.user, password)
        yield* print(`The password is changed. ${count(ended, "session")} ended.`)
      }),
    )
  }),
).pipe(Command.withDescription("Sets a new password and ends all sessions; asks for it, or reads it from stdin"))

const suspend = Command.make("suspend", { user }, (given) =>
  withDatabase(
    Effect.gen(function* () {
      const operators = yield* Operators
      const ended = yield* operators.suspend(given.user)
      yield* print(`${given.user} is suspended. ${count(ended, "session")} ended.`)
    }),
  ),
).pipe(Command.withDescription("Ends all sessions of an account and lets nobody log in to it"))

const resume = Command.make("resume", { user }, (given) =>
  withDatabase(
    Effect.gen(function* () {
      const operators = yield* Operators
      yield* operators.resume(given.user)
      yield* print(`${given.user} may log in again.`)
    }),
  ),
).pipe(Command.withDescription("Takes a suspension back"))

const makeAdmin = Command.make("make-admin", { user }, (given) =>
  withDatabase(
    Effect.gen(function* () {
      const operators = yield* Operators
      yield* operators.makeAdmin(given.user)
      yield* print(`${given.user} is a server administrator. The role gives no rights yet.`)
    }),
  ),
).pipe(
  Command.withDescription(
    "Makes an account a server administrator. The role gives no rights in this version, in no chat either: GET /me shows it as server_role, for host applications and pages that read it",
  ),
)

const removeAdmin = Command.make("remove-admin", { user }, (given) =>
  withDatabase(
    Effect.gen(function* () {
      const operators = yield* Operators
      yield* operators.removeAdmin(given.user)
      yield* print(`${given.user} is no longer a server administrator.`)
    }),
  ),
).pipe(Command.withDescription("Takes the role of a server administrator back"))

const sessions = Command.make("sessions", { user }, (given) =>
  withDatabase(
    Effect.gen(function* () {
      const operators = yield* Operators
      const found = yield* operators.sessions(given.user)
      const cells = found.map(({ created_at, id, last_used_at, user_agent }) => [
        ...[id, when(created_at), when(last_used_at), user_agent ?? ""],
      ])
      yield* print(found.length === 0 ? "No sessions." : table(["ID", "SINCE", "LAST USED", "DEVICE"], cells))
    }),
  ),
).pipe(Command.withDescription("Lists the signed-in devices of an account"))

export const users = Command.make("users").pipe(
  Command.withDescription("Accounts"),
  Command.withSubcommands([list, add, resetPassword, suspend, resume, makeAdmin, removeAdmin, sessions]),
)
