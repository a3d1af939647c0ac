// What is being written before the caret that can be completed: `:smi` or `@an`; and who fits to a name.
import type { UserId } from "../../../src/domain/Ids.ts"
import { folded, matches } from "../../../src/domain/searchWords.ts"
import type { User } from "../../../src/domain/User.ts"

export interface Query {
  readonly kind: "emoji" | "person"
  /** Without the sign before it. */
  readonly text: string
  /** The index of that sign. */
  readonly from: number
}

const longest = 32
/** After a word, `:` and `@` are something else: a time, an address. */
const written = /(?<![\p{L}\p{N}_.\-@/\\:])(?::([\p{L}\p{N}_+-]{2,})|@([\p{L}\p{N}_.-]*))$/u

export const queryAt = (text: string, caret: number): Query | undefined => {
  const before = text.slice(Math.max(0, caret - longest - 2), caret)
  const found = written.exec(before)
  if (found === null) return undefined
  const [all, emoji, person] = found
  const from = caret - all.length
  return emoji === undefined ? { kind: "person", text: person ?? "", from } : { kind: "emoji", text: emoji, from }
}

/** Those whose name fits, in the given order; whoever the query begins the user name of comes first. */
export const fitting = (people: ReadonlyArray<User>, query: string, limit: number): ReadonlyArray<User> => {
  const found = people.filter((user) => query === "" || matches(query, user.display_name, user.username))
  const begins = (user: User) => (folded(user.username).startsWith(folded(query)) ? 0 : 1)
  return found.toSorted((a, b) => begins(a) - begins(b)).slice(0, limit)
}

/** The members, who wrote last first. */
export const byActivity = (members: ReadonlyArray<User>, senders: ReadonlyArray<UserId>): ReadonlyArray<User> => {
  const last = new Map(senders.map((id, at) => [id, at]))
  return members.toSorted((a, b) => (last.get(b.id) ?? -1) - (last.get(a.id) ?? -1))
}
