// Maintains the search words of users: one by one in `user_words`, all of a user's in `users.words`. The server
// computes them, since the database's rules of case and accents differ between installations. `users.words_of` is the
// display name from which they were computed: if it differs, an earlier release wrote the row, and `fillWords` updates
// it.
import { Effect } from "effect"
import { searchWords } from "../../domain/searchWords.ts"
import { number, numbers, texts } from "../database/params.ts"

export interface Named {
  readonly username: string
  readonly display_name: string
}

export const wordsOf = ({ display_name, username }: Named): ReadonlyArray<string> => searchWords(username, display_name)

/** For the users in `people` (their `id`s); the parameter `words` has the words of one of them. */
export const insertWords = (people: string, words: number): string => `
  insert into user_words (user_id, word)
  select id, word from ${people}, unnest($${words}::text[]) as word on conflict do nothing`

/** The same words as a value of `users.words`. */
export const allWords = (words: number): string => `array_to_tsvector($${words}::text[])`

/** Deletes words that no longer apply. */
export const deleteWords = (people: string, words: number): string => `
  delete from user_words old using ${people} where old.user_id = ${people}.id and old.word <> all($${words}::text[])`

interface Row extends Named {
  readonly id: number
}

type Ask<E> = <A extends object>(
  statement: string,
  params: ReadonlyArray<unknown>,
) => Effect.Effect<ReadonlyArray<A>, E>

/** Rows whose words do not match their names. The condition of an index. */
export const isUnworded = "deleted_at is null and words_of is distinct from display_name"

const rowsStatement = (limit: number) => `
  select id::float8, username, display_name from users where ${isUnworded} and id > $1::bigint order by users.id limit ${limit}`

// Users that were renamed concurrently are left for the next run. `is true` makes a hash look-up; a join of lists with
// lengths unknown to the planner compares all pairs.
const fillStatement = `
  with named as (
    update users u set words_of = u.display_name, words = array_to_tsvector(string_to_array(n.words, ' '))
    from unnest($1::float8[], $2::text[], $5::text[]) as n(id, display_name, words)
    where u.id = n.id::bigint and u.display_name = n.display_name and u.deleted_at is null
    returning u.id
  ), gone as (
    delete from user_words old using named where old.user_id = named.id
      and (old.user_id::float8, old.word) not in (select w.id, w.word from unnest($3::float8[], $4::text[]) as w(id, word))
  )
  insert into user_words (user_id, word)
  select w.id::bigint, w.word from unnest($3::float8[], $4::text[]) as w(id, word)
  where (w.id::bigint in (select id from named)) is true
  on conflict do nothing`

/** Updates the next `limit` users after this id; returns their ids, ascending. */
export const fillWords = Effect.fnUntraced(function* <E>(ask: Ask<E>, after: number, limit: number) {
  const rows = yield* ask<Row>(rowsStatement(limit), [number(after)])
  const named = rows.map((row) => ({ ...row, words: wordsOf(row) }))
  const words = named.flatMap((row) => row.words.map((word) => ({ id: row.id, word })))
  if (rows.length > 0) {
    yield* ask(fillStatement, [
      numbers(rows.map(({ id }) => id)),
      texts(rows.map(({ display_name }) => display_name)),
      numbers(words.map(({ id }) => id)),
      texts(words.map(({ word }) => word)),
      // No word contains a space.
      texts(named.map((row) => row.words.join(" "))),
    ])
  }
  return rows.map(({ id }) => id)
})
