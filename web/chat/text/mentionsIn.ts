// Where a text mentions users. Whom it mentions is found by the server; the page finds the places of these names.

import type { UserId } from "../../../src/domain/Ids.ts"
import { candidatesIn, everyone, namesIn } from "../../../src/domain/mentions.ts"

export interface Mention {
  readonly start: number
  readonly end: number
  /** In lower case. */
  readonly name: string
}

export const mentionsIn = (text: string, names: ReadonlySet<string>): ReadonlyArray<Mention> =>
  names.size === 0
    ? []
    : candidatesIn(text).flatMap(({ name, start }) =>
        names.has(name) ? [{ name, start, end: start + 1 + name.length }] : [],
      )

/**
 * The names that a text mentions, given the users whom the server found. A user who is not known here has the name that
 * is left when each of the others has theirs.
 */
export const mentionedNames = (
  text: string,
  ids: ReadonlyArray<UserId>,
  all: boolean,
  nameOf: (id: UserId) => string | undefined,
): ReadonlySet<string> => {
  const names = new Set(all ? [everyone] : [])
  let unknown = 0
  for (const id of ids) {
    const name = nameOf(id)
    if (name === undefined) unknown++
    else names.add(name.toLowerCase())
  }
  if (unknown === 0) return names
  const others = new Set(namesIn(text).filter((name) => !names.has(name)))
  if (others.size === unknown) for (const name of others) names.add(name)
  return names
}
