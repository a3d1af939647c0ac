// Users are found by any word of their names, ignoring case, accents and Unicode form: one row for each word, indexed
// by word and by user, and an index over all words of a user. Existing users are processed here, in steps; see
// userWords for `words_of`.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { fillWords, isUnworded } from "../users/userWords.ts"

const before = [
  `create table user_words (
    user_id bigint not null,
    word text collate "C" not null,
    primary key (user_id, word)
  )`,
  `alter table users add column words_of text, add column words tsvector`,
]

/** Indexes are created after the rows, which is faster than maintaining them. */
const after = [
  `create index user_words_word on user_words (word, user_id)`,
  // A sign-up waits for it, not a search.
  `create index users_words on users using gin (words) with (fastupdate = off)`,
  `create index users_unworded on users (id) where ${isUnworded}`,
  // No query uses it any more. Servers of earlier releases still write the column.
  `drop index users_display_name`,
]

const atOnce = 2_000

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(before, (statement) => sql.unsafe(statement), { discard: true })
  const ask = <A extends object>(statement: string, params: ReadonlyArray<unknown>) => sql.unsafe<A>(statement, params)
  let last: number | undefined = 0
  while (last !== undefined) last = (yield* fillWords(ask, last, atOnce)).at(-1)
  yield* Effect.forEach(after, (statement) => sql.unsafe(statement), { discard: true })
})
