// The table of kinds: all that lasts about messages beside themselves. A kind that stands here is understood everywhere.
import type { Kind } from "./Kind.ts"
import { pin } from "./pin.ts"
import { reaction } from "./reaction.ts"

export const kinds = { pin, reaction } as const

export type KindName = keyof typeof kinds

const all: ReadonlyArray<Kind<KindName>> = Object.values(kinds)

export const kindOf = (name: KindName): Kind<KindName> => kinds[name]

/** Those whose records go with a deleted message without a word, and those whose end has to be told. */
export const droppedKinds: ReadonlyArray<KindName> = all
  .filter((one) => one.whenDeleted === "dropped")
  .map(({ name }) => name)
export const removedKinds: ReadonlyArray<KindName> = all
  .filter((one) => one.whenDeleted === "removed")
  .map(({ name }) => name)
