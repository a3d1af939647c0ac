// Signing up and logging in over in-memory tables, with limits as a test sets them, for tests that need no edge.
import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { Settings } from "../../src/config/Settings.ts"
import { Accounts } from "../../src/services/Accounts.ts"
import { Audit } from "../../src/services/Audit.ts"
import { Auth, type Peer } from "../../src/services/auth/Auth.ts"
import { Revocations } from "../../src/services/auth/Revocations.ts"
import { TokenKeys } from "../../src/services/auth/TokenKeys.ts"
import { Tokens } from "../../src/services/auth/Tokens.ts"
import { TrustedIssuer } from "../../src/services/auth/TrustedIssuer.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { Passwords } from "../../src/services/passwords/Passwords.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"

export const layer = (settings: Partial<Settings["Service"]> = {}) =>
  Layer.mergeAll(Accounts.layer, Auth.layer).pipe(
    Layer.provideMerge(Layer.mergeAll(Revocations.layer, TrustedIssuer.layer)),
    Layer.provideMerge(
      Layer.mergeAll(Audit.layer, Passwords.layerTest, RateLimits.layer, Tokens.layer, Broadcast.layer),
    ),
    Layer.provideMerge(
      Layer.mergeAll(
        UserStore.layerMemory,
        SessionStore.layerMemory,
        AuditLog.layerMemory,
        IdentityStore.layerMemory,
        InviteStore.layerMemory,
        FileStore.layerMemory,
        TokenKeys.layer,
      ),
    ),
    Layer.provideMerge(Layer.mergeAll(Tables.layer, Settings.layerTest(settings), NodeCrypto.layerSecureRandom)),
  )

export const peer: Peer = { address: "192.0.2.1", user_agent: "test" }

export const ada = {
  username: "Ada",
  email: "Ada@Example.org",
  password: "correct horse battery staple",
}

/** Ada, signed up and logged in on one device. */
export const adaLoggedIn = Effect.gen(function* () {
  const accounts = yield* Accounts
  const auth = yield* Auth
  yield* accounts.signUp(ada, peer)
  return yield* auth.logIn(ada.username, ada.password, peer)
})
