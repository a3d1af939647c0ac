// Finds people by words of their names (`user_words`), in the order of the words that were found. Each statement's work is bounded by
// what it may give: a word is a range of the index, so the first hits of one word are its first rows. Of several words the one that
// fewest names have is walked along, each row looked up for the other words, so many rows at most. Only where all words are frequent and
// hardly anybody has them all, that is not enough: then the index over all words of a name (`users.words`) finds who does.
import { Effect } from "effect"
import { matches, queryWords } from "../../domain/searchWords.ts"
import type { User } from "../../domain/User.ts"
import { userColumns } from "../database/columns.ts"
import type { Database } from "../database/Database.ts"
import { number, text, texts } from "../database/params.ts"

/** The last character there is: past every text with a prefix. */
const lastCharacter = "\u{10ffff}"

/** Rows of a word that are counted, to know which one is rare … */
const mostCounted = 200
/** … and that are walked along. */
const mostWalked = 256
/** Of those who have all words so many are put in order; each is a row to be read. */
const mostOrdered = 1_000
/** More words than these are not looked up, but compared. */
const mostLookedUp = 32

const everybodyStatement = `select ${userColumns("u")} from users u where u.deleted_at is null order by u.username_key limit $1::bigint`

const person = (found: string): string =>
  `cross join lateral (select * from users where id = ${found}.user_id and deleted_at is null offset 0) u`

// `offset 0` throughout: a look-up stays one, whatever the planner thinks of a join.
const begins = (word: string, low: string, high: string): string => `${word} >= ${low} and ${word} < ${high}`
const has = (user_id: string, low: string, high: string, more = ""): string =>
  `exists (select from user_words s where s.user_id = ${user_id} and ${begins("s.word", low, high)} ${more} offset 0)`

/**
 * The same of the rows `w` in their order. By rows, since of two bounds of one column the planner expects too few to be worth the
 * order: it would read all and sort.
 */
const inOrder = (low: string, high: string): string =>
  `(w.word, w.user_id) >= (${low}, 0) and (w.word, w.user_id) < (${high}, 0)`

/** Somebody with several words in the range is found by the first of them. */
const isFirst = (low: string, high: string): string => `not ${has("w.user_id", low, high, "and s.word < w.word")}`

// Whoever has the word as a user name comes first.
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

const asked = `unnest($1::text[], $2::text[]) with ordinality`

// The rarest word by scalar subqueries, so that the rows come in their order and no more of them than are wanted. `walked`: it has no
// more rows than these.
const [low, high] = ["(select low from rarest)", "(select high from rarest)"]
const severalStatement = `
  with rarest as materialized (
    select * from (
      select k.*, (
        select count(*) from (
          select from user_words w where ${inOrder("k.low", "k.high")} order by w.word, w.user_id limit ${mostCounted}
        ) counted
      ) as rows
      from ${asked} as k(low, high, place)
    ) words order by rows, place limit 1
  )
  select (select rows < ${mostCounted} from rarest) as walked, coalesce((
    select json_agg(found) from (
      select ${userColumns("u")} from (
        select * from user_words w where ${inOrder(low, high)} order by w.word, w.user_id limit ${mostWalked}
      ) w ${person("w")}
      where ${isFirst(low, high)} and not exists (
        select from ${asked} as k(low, high, place)
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

/** Names that have all words, for `users.words`. */
export const allOf = (words: ReadonlyArray<string>): string =>
  words.map((word) => `'${word.replaceAll("\\", "\\\\").replaceAll("'", "''")}':*`).join(" & ")

interface Several {
  readonly walked: boolean
  readonly users: ReadonlyArray<User>
}

export const userSearch = (query: Database["Service"]["query"]) => {
  const found = Effect.fnUntraced(function* (words: ReadonlyArray<string>, limit: number) {
    const [word, another] = words
    if (word === undefined) return []
    if (another === undefined) {
      return yield* query<User>(oneStatement, [text(word), text(word + lastCharacter), number(limit)])
    }
    const ranges = [texts(words), texts(words.map((each) => each + lastCharacter))]
    const [several] = yield* query<Several>(severalStatement, [...ranges, number(limit)])
    if (several === undefined || several.walked || several.users.length === limit) return several?.users ?? []
    return yield* query<User>(allStatement, [text(allOf(words)), text(word), text(word + lastCharacter), number(limit)])
  })

  return Effect.fn("Users.search")(function* (wanted: string, limit: number) {
    if (wanted.trim() === "") return yield* query<User>(everybodyStatement, [number(limit)])
    const words = queryWords(wanted)
    const longest = [...words].sort((a, b) => b.length - a.length).slice(0, mostLookedUp)
    const users = yield* found(words.length > mostLookedUp ? longest : words, limit)
    // Of two who renamed somebody at once, one may have left words behind.
    return users.filter(({ display_name, username }) => matches(wanted, username, display_name))
  })
}
