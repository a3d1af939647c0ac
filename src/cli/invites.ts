// confab invites …
import { Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Settings } from "../config/Settings.ts"
import { Operators } from "../services/Operators.ts"
import { withDatabase } from "./operators.ts"
import { count, print, table, when } from "./output.ts"

const range = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const create = Command.make(
  "create",
  {
    uses: Flag.Int("uses").pipe(
      Flag.withDescription("How many accounts it may make, up to 100000"),
      Flag.withSchema(range(1, 100_000)),
      Flag.withDefault(1),
    ),
    days: Flag.Int("days").pipe(
      Flag.withDescription("Days until it expires, up to 365"),
      Flag.withSchema(range(1, 365)),
      Flag.withDefault(7),
    ),
  },
  (options) =>
    withDatabase(
      Effect.gen(function* () {
        const operators = yield* Operators
        const { basePath } = yield* Settings
        const { code, expires_at, id } = yield* operators.invite(options)
        yield* print(
          `Invite ${id}: ${count(options.uses, "use")} until ${when(expires_at)}. The code is shown only now.\n\n  ${basePath}/register?invite=${code}`,
        )
      }),
    ),
).pipe(Command.withDescription("Makes an invite and shows its link, for SIGN_UP=invite"))

const list = Command.make("list", {}, () =>
  withDatabase(
    Effect.gen(function* () {
      const invites = yield* (yield* Operators).invites
      const cells = invites.map(({ created_at, expires_at, id, max_uses, uses }) => [
        ...[String(id), `${uses} of ${max_uses}`, when(created_at), when(expires_at)],
      ])
      yield* print(invites.length === 0 ? "No invites." : table(["ID", "USED", "SINCE", "EXPIRES"], cells))
    }),
  ),
).pipe(Command.withDescription("Lists invites, the newest first, without their codes"))

const revoke = Command.make(
  "revoke",
  { id: Argument.Int("id").pipe(Argument.withDescription("As in the list")) },
  ({ id }) =>
    withDatabase(
      Effect.gen(function* () {
        yield* (yield* Operators).revokeInvite(id)
        yield* print(`Invite ${id} is revoked.`)
      }),
    ),
).pipe(Command.withDescription("Deletes an invite; accounts that it made stay"))

export const invites = Command.make("invites").pipe(
  Command.withDescription("Invites to sign up"),
  Command.withSubcommands([create, list, revoke]),
)
