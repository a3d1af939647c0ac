// The handlers of the remote procedures: the implementations of the operations, and what concerns the connection.
import { Effect } from "effect"
import { rpcOperations } from "../../contract/operations/operations.ts"
import { NotAllowed } from "../../domain/errors.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import { implementRpcOperations } from "../../edge/operations/implementRpcOperations.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { Caller, ServedRpcs } from "./Caller.ts"
import { RpcEvents } from "./RpcEvents.ts"
import { serveProcedures } from "./serveProcedures.ts"

const forbidden = new NotAllowed({ detail: "This is no valid token of this connection's session." })

/** Replaces the connection's token by another one of the same session. */
const authenticate = (auth: Auth["Service"], token: string) =>
  Effect.gen(function* () {
    const connection = yield* Caller
    const identity = yield* Effect.catchTag(auth.authenticate(token), "Unauthorized", () => Effect.fail(forbidden))
    if (!connection.isOf(identity)) return yield* forbidden
    connection.renew(identity.expires_at)
    return { expires_at: timestamp(identity.expires_at) }
  })

export const RpcHandlers = ServedRpcs.toLayer(
  Effect.gen(function* () {
    const auth = yield* Auth
    const events = yield* RpcEvents
    return ServedRpcs.of({
      ...serveProcedures(rpcOperations, yield* implementRpcOperations),
      Authenticate: ({ token }) => authenticate(auth, token),
      Events: (catching) => events.open(catching),
    })
  }),
)
