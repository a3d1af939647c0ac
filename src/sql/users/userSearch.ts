// Finds users by words of their names (`user_words`), in the order of the matching words. The result size limits each
// statement's work: a word is a range of the index, so the first hits of one word are its first rows. With several
// words, the rows of the rarest one are scanned, up to a limit, and each is checked for the other words; if it is not
// known which one is rarer, those of another one too. Only if all words are frequent and few users have them all, that is
// not enough: then the index over all words of a name (`users.words`) finds them.
import { Effect } from "effect"
import { matches, queryWords } from "../../domain/searchWords.ts"
import { type UserColumns, userColumns, userOf } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number, text, texts } from "../database/params.ts"

/** The last Unicode character: after every text with a prefix. */
export const lastCharacter = "\u{10ffff}"

/** Rows of a word that are counted to find the rarest one. */
const mostCounted = 200
/** Rows of the rarest word that are scanned. */
const mostWalked = 256
/** Of the users with all words this many are sorted; each is a row to be read. */
const mostOrdered = 1_000
/** Words above this number are not looked up, but compared. */
const mostLookedUp = 32

const everybodyStatement = `select ${userColumns("u")} from users u where u.deleted_at is null order by u.username_key limit $1::bigint`

const person = (found: string): string =>
  `cross join lateral (select * from users where id = ${found}.user_id and deleted_at is null offset 0) u`

// `offset 0` throughout: a look-up stays one, whatever the planner estimates for a join.
const begins = (word: string, low: string, high: string): string => `${word} >= ${low} and ${word} < ${high}`
const has = (user_id: string, low: string, high: string, more = ""): string =>
  `exists (select from user_words s where s.user_id = ${user_id} and ${begins("s.word", low, high)} ${more} offset 0)`

/**
 * The same range for the rows `w`, in their order. As a row comparison, since for two bounds of one column the planner
 * estimates too few rows to use the order: it would read all and sort.
 */
const inOrder = (low: string, high: string): string =>
  `(w.word, w.user_id) >= (${low}, 0) and (w.word, w.user_id) < (${high}, 0)`

/** A user with several words in the range is found by the first of them. */
const isFirst = (low: string, high: string): string => `not ${has("w.user_id", low, high, "and s.word < w.word")}`

// The user with the word as user name comes first.
const oneStatement = `
  select ${userColumns("u")} from (
    select id as user_id, 0 as place, '' as word from users where username_key = $1
    union all
    (select w.user_id, 1, w.word from user_words w
     where ${inOrder("$1", "$2")} and ${isFirst("$1", "$2")}
     order by w.word, w.user_id limit $3::bigint)
  ) found ${person("found")}
  where found.place = 0 or u.username_key <> $1
  order by found.place, found.word, found.user_id limit $3::bigint`

const ranges = `unnest($1::text[], $2::text[]) with ordinality`

/**
 * The share of all words that begin like `k`, in percent, by the planner's statistics: a frequent word has its frequency,
 * and a hundredth of the others lies between two bounds. null: there are no statistics.
 */
const share = `(
  select 100 * coalesce((
      select sum(freq) from unnest(most_common_vals::text::text[], most_common_freqs) as common(word, freq)
      where ${begins('word collate "C"', "k.low", "k.high")}
    ), 0) + (
      select count(*) from unnest(histogram_bounds::text::text[]) as bound(word)
      where ${begins('word collate "C"', "k.low", "k.high")}
    )
  from pg_stats
  where schemaname = (
      select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 'user_words'::regclass
    )
    and tablename = 'user_words' and attname = 'word'
)`

// The rarest word comes from scalar subqueries, so that rows arrive in order and no more than needed. Words that are all
// too frequent to be counted are compared by their shares; `$4` is 1 for the next word. `walked`: the word has no more
// rows than are scanned. `unknown`: statistics do not show which word is rarer, since
// there are none, or they are from when the table was small.
const [low, high] = ["(select low from rarest)", "(select high from rarest)"]
const severalStatement = `
  with counted as materialized (
    select k.*, (
      select count(*) from (
        select from user_words w where ${inOrder("k.low", "k.high")} order by w.word, w.user_id limit ${mostCounted}
      ) counted
    ) as rows
    from ${ranges} as k(low, high, place)
  ), rarest as materialized (
    select *, coalesce(lead(share) over (order by rows, share, place), 0) = 0 as unknown from (
      select k.*, case when rows = ${mostCounted} then ${share} end as share from counted k
    ) k order by rows, share, place offset $4::bigint limit 1
  )
  select (select rows < ${mostCounted} from rarest) as walked, (select unknown from rarest) as unknown, coalesce((
    select json_agg(found) from (
      select ${userColumns("u")} from (
        select * from user_words w where ${inOrder(low, high)} order by w.word, w.user_id limit ${mostWalked}
      ) w ${person("w")}
      where ${isFirst(low, high)} and not exists (
        select from ${ranges} as k(low, high, place)
        where k.place <> (select place from rarest) and not ${has("w.user_id", "k.low", "k.high")} offset 0
      )
      order by w.word, w.user_id limit $3::bigint
    ) found
  ), '[]') as users`

// `$1`: the words, as one query; `$2` and `$3`: the bounds of the first.
const allStatement = `
  with found as materialized (
    select id, words from users where words @@ $1::text::tsquery and deleted_at is null limit ${mostOrdered}
  )
  select ${userColumns("u")} from (
    select id as user_id, (
      select min(lexeme collate "C") from unnest(words) where ${begins('lexeme collate "C"', "$2", "$3")}
    ) as word
    from found order by word, user_id limit $4::bigint
  ) first ${person("first")}
  order by first.word, first.user_id`

/** A query for `users.words` that matches names with all words. */
export const allOf = (words: ReadonlyArray<string>): string =>
  words.map((word) => `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}':*`).join(" & ")

interface Several {
  readonly walked: boolean
  readonly unknown: boolean
  readonly users: ReadonlyArray<UserColumns>
}

export const userSearch = (query: Database["Service"]["query"]) => {
  const found = Effect.fnUntraced(function* (words: ReadonlyArray<string>, limit: number) {
    const [word, another] = words
    if (word === undefined) return []
    if (another === undefined) {
      return yield* query<UserColumns>(oneStatement, [text(word), text(word + lastCharacter), number(limit)])
    }
    const ranges = [texts(words), texts(words.map((each) => each + lastCharacter))]
    for (const skipped of [0, 1]) {
      const [several] = yield* query<Several>(severalStatement, [...ranges, number(limit), number(skipped)])
      if (several === undefined || several.walked || several.users.length === limit) return several?.users ?? []
      if (!several.unknown) break
    }
    return yield* query<UserColumns>(allStatement, [
      text(allOf(words)),
      text(word),
      text(word + lastCharacter),
      number(limit),
    ])
  })

  return Effect.fn("UserStore.search")(function* (wanted: string, limit: number) {
    if (wanted.trim() === "") return (yield* query<UserColumns>(everybodyStatement, [number(limit)])).map(userOf)
    const words = queryWords(wanted)
    const longest = [...words].sort((a, b) => b.length - a.length).slice(0, mostLookedUp)
    const users = yield* found(words.length > mostLookedUp ? longest : words, limit)
    // Two concurrent renames of a user may leave old words behind.
    return users.filter(({ display_name, username }) => matches(wanted, username, display_name)).map(userOf)
  })
}
