// What the commands need of the server: the configured database and the services of an operator over it.
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { databaseNow } from "../main/database.ts"
import { Audit } from "../services/Audit.ts"
import { NotPossible, Operators } from "../services/Operators.ts"
import { Passwords } from "../services/passwords/Passwords.ts"
import { AccountStore } from "../sql/accounts/AccountStore.ts"
import { AuditLog } from "../sql/audit/AuditLog.ts"
import { InviteStore } from "../sql/invites/InviteStore.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"

const operators = Operators.layer.pipe(
  Layer.provide(Audit.layer),
  Layer.provide(
    Layer.mergeAll(
      AccountStore.layer,
      AuditLog.layer,
      InviteStore.layer,
      SessionStore.layer,
      UserStore.layer,
      Passwords.layer,
      NodeCrypto.layerSecureRandom,
    ),
  ),
)

/** The embedded database opens once: its server is in the way of a command, and must not start during one. */
const explained = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.catchIf(
    effect,
    (error): error is Extract<E, { readonly _tag: "DataDirInUse" }> => error._tag === "DataDirInUse",
    () =>
      Effect.fail(
        new NotPossible({
          message:
            "A server is using DATA_DIR, and the built-in database can be opened only once. Stop the server first. With PostgreSQL (DATABASE_URL) commands work beside a running server.",
        }),
      ),
  )

/**
 * Opens the configured database for as long as the effect takes; migrates it as a start does, or up to the migration
 * `last`.
 */
export const withTables = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>, last?: string) =>
  explained(Effect.provide(effect, Layer.provideMerge(databaseNow(last), Settings.layer)))

/** The same, with the operator's services. */
export const withDatabase = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  withTables(Effect.provide(effect, operators))
