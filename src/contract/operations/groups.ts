// The endpoints and procedures of a group of operations, in the order of the declarations.
import type { AnyOperation, Operations } from "./operation.ts"

/** Each under its own name: a table with another key does not compile. */
export type Named<Ops> = {
  readonly [Name in keyof Ops]: AnyOperation & { readonly endpoint: { readonly identifier: Name } | null }
}

type EndpointOf<Ops extends Operations> = Exclude<Ops[keyof Ops]["endpoint"], null>
type ProcedureOf<Ops extends Operations> = Exclude<Ops[keyof Ops]["procedure"], null>

const isThere = <A>(value: A | null): value is A => value !== null

/** At least one: `HttpApiGroup.add` takes no empty list. */
export const endpointsOf = <Ops extends Operations & Named<Ops>>(operations: Ops) =>
  Object.values<AnyOperation>(operations)
    .map(({ endpoint }) => endpoint)
    .filter(isThere) as unknown as readonly [EndpointOf<Ops>, ...ReadonlyArray<EndpointOf<Ops>>]

export const proceduresOf = <Ops extends Operations>(operations: Ops) =>
  Object.values<AnyOperation>(operations)
    .map(({ procedure }) => procedure)
    .filter(isThere) as unknown as ReadonlyArray<ProcedureOf<Ops>>
