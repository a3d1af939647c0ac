// The table of kinds: all records about messages. Every part of the server handles the kinds in this table.
import type { Kind } from "./Kind.ts"
import { pin } from "./pin.ts"
import { reaction } from "./reaction.ts"

export const kinds = { reaction, pin } as const

export type KindName = keyof typeof kinds
export type Verb = (typeof kinds)[KindName]["verb"]

const all: ReadonlyArray<Kind<KindName, Verb>> = Object.values(kinds)

export const kindOf = (name: KindName): Kind<KindName> => kinds[name]

/** By the `type` of the client's frame. */
export const kindOfVerb = Object.fromEntries(all.map((one) => [one.verb, one])) as {
  readonly [Type in Verb]: Kind<KindName, Type>
}
export const recordFeatures: ReadonlyArray<string> = all.map(({ feature }) => feature)

/** Kinds whose records are deleted with their message without an event; the others have one. */
export const droppedKinds: ReadonlyArray<KindName> = all
  .filter((one) => one.whenDeleted === "dropped")
  .map(({ name }) => name)
export const removedKinds: ReadonlyArray<KindName> = all
  .filter((one) => one.whenDeleted === "removed")
  .map(({ name }) => name)
