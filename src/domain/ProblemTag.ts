// The tags of all refusals, as a type: for clients that carry no schemas.
import type * as errors from "./errors.ts"

type TagOf<C> = C extends abstract new (...args: never) => { readonly _tag: infer Tag extends string } ? Tag : never

export type ProblemTag = { [Name in keyof typeof errors]: TagOf<(typeof errors)[Name]> }[keyof typeof errors]
