// People are found by any word of their names, whatever the case, accents and Unicode form: a row for each word, in the order of words
// and in that of people, and an index over the words that somebody has together. Who is there already is seen to here, some at a time; see userWords for what `words_of` is.
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

/** Indexes are made of what is there, sooner than they would grow with it. */
const after = [
  `create index user_words_word on user_words (word, user_id)`,
  // Who signs up waits for it, not who searches.
  `create index users_words on users using gin (words) with (fastupdate = off)`,
  `create index users_unworded on users (id) where ${isUnworded}`,
  // Nothing is looked up by it any more. Servers from before still write the column.
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
