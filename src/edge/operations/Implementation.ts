// The one implementation of operations, which HTTP and RPC call. An implementation is a few lines that call one method of
// a service for the user. No rules here. A missing or superfluous one does not compile.
import type { Effect } from "effect"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import type { Operation, Operations } from "../../contract/operations/operation.ts"
import type { UserId } from "../../domain/Ids.ts"

type User = CurrentUser["Service"]

/** JSON that the database has built, in the form of the operation's own answer. */
export class JsonText {
  readonly json: string
  constructor(json: string) {
    this.json = json
  }
}

type ImplementationOf<Op> =
  Op extends Operation<infer _Endpoint, infer _Procedure, infer Input, infer Own, infer Refusal>
    ? (by: UserId, input: Input, user: User) => Effect.Effect<Own | JsonText, Refusal>
    : never

export type Implementation<Ops extends Operations> = { readonly [Name in keyof Ops]: ImplementationOf<Ops[Name]> }

type Superfluous<Ops, Given> = { readonly [Name in Exclude<keyof Given, keyof Ops>]: never }

/** Implements the operations of a group. */
export const implement = <Ops extends Operations, const Given extends Implementation<Ops>>(
  _operations: Ops,
  implementation: Given & Superfluous<Ops, Given>,
): Given => implementation

/** An implementation whose types its declaration has checked. */
export type Implemented = (by: UserId, input: unknown, user: User) => Effect.Effect<unknown, unknown>

/** The implementation of one of these operations, for an edge that serves all of them in the same way. */
export const implementedBy = <Ops extends Operations>(
  implementation: Implementation<Ops>,
): ((name: string) => Implemented) => {
  const byName = new Map(Object.entries(implementation as Readonly<Record<string, Implemented>>))
  return (name) => {
    const implemented = byName.get(name)
    if (implemented === undefined) throw new Error(`The operation ${name} is not implemented`)
    return implemented
  }
}
