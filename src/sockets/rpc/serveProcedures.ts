// Serves operations over RPC: calls their implementation for the user of the socket.
import { Effect, Schema } from "effect"
import type { Rpc } from "effect/rpc"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import type { AnyOperation, Operations } from "../../contract/operations/operation.ts"
import { type Implementation, type Implemented, implementedBy, JsonText } from "../../edge/operations/Implementation.ts"

type TagOf<Op> = Op extends { readonly procedure: { readonly _tag: infer Tag extends string } } ? Tag : never

/** By their tags. */
type Procedures<Ops extends Operations> = {
  readonly [Name in keyof Ops as TagOf<Ops[Name]>]: (
    payload: Rpc.Payload<Ops[Name]["procedure"]>,
  ) => Effect.Effect<Rpc.Success<Ops[Name]["procedure"]>, Rpc.Error<Ops[Name]["procedure"]>, CurrentUser>
}

const procedureOf = ({ answer }: AnyOperation, implemented: Implemented) => {
  const decode = Schema.decodeEffect(Schema.fromJsonString(answer.own as Schema.Codec<unknown, unknown>))
  return (payload: unknown) =>
    Effect.flatMap(CurrentUser, (user) =>
      Effect.flatMap(implemented(user.user_id, payload ?? {}, user), (value) =>
        // Our own JSON.
        value instanceof JsonText ? Effect.orDie(decode(value.json)) : Effect.succeed(value),
      ),
    )
}

/** The handlers of all these operations. Their types were checked where they were declared and implemented. */
export const serveProcedures = <Ops extends Operations>(operations: Ops, implementation: Implementation<Ops>) => {
  const implementationOf = implementedBy(implementation)
  const served = Object.entries(operations).flatMap(([name, operation]) => {
    const { procedure } = operation
    return procedure === null ? [] : [[procedure._tag, procedureOf(operation, implementationOf(name))] as const]
  })
  return Object.fromEntries(served) as unknown as Procedures<Ops>
}
