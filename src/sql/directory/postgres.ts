// The DirectoryStore over PostgreSQL.
import { Effect } from "effect"
import type { UserId } from "../../domain/Ids.ts"
import { matches, queryWords } from "../../domain/searchWords.ts"
import { millis, type UserColumns, userColumns, userOf } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numbers, text } from "../database/params.ts"
import { allOf, lastCharacter } from "../users/userSearch.ts"
import { type Acquaintance, type DirectoryStoreShape, mostFound, mostSearched } from "./shape.ts"

// The user's chats are hashed once; of the memberships of another user the first one in them ends the search.
const inMine = (removed: string): string => `
  exists (
    select from chat_members m where m.user_id = k.id and ${removed} and m.chat_id in (select chat_id from mine) offset 0
  )`

const acquaintancesStatement = `
  with mine as materialized (
    select chat_id from chat_members where user_id = $1::bigint and not removed
  ), known as materialized (
    select k.id, ${inMine("not m.removed")} as shares,
      exists (select from found_users f where f.user_id = $1::bigint and f.found_id = k.id offset 0) as found
    from (select id::bigint from unnest($2::float8[]) as given(id)) k
  )
  select k.id::float8 as user_id, k.shares, k.shares or ${inMine("m.removed")} as shown, k.found from known k`

// `$1`: the user, `$2`: the most rows. The lateral join reads chat by chat, and the limit ends it.
const people = `
  with mine as materialized (
    select m.chat_id, c.member_count from chat_members m
    cross join lateral (select member_count from chats where id = m.chat_id offset 0) c
    where m.user_id = $1::bigint and not m.removed
  ), people as materialized (
    select $1::bigint as user_id
    union
    select user_id from (
      select m.user_id from (select chat_id from mine order by member_count, chat_id) o
      cross join lateral (select user_id from chat_members where chat_id = o.chat_id and not removed offset 0) m
      limit $2::bigint
    ) members
  )`

const everybodyStatement = `${people}
  select ${userColumns("u")} from people p
  cross join lateral (select * from users where id = p.user_id and deleted_at is null offset 0) u
  order by u.username_key limit $3::bigint`

// `$4`: the words, as one query; `$5` and `$6`: the bounds of the first.
const searchStatement = `${people}
  select ${userColumns("u")} from people p
  cross join lateral (
    select * from users where id = p.user_id and deleted_at is null and words @@ $4::text::tsquery offset 0
  ) u
  order by (
    select min(lexeme collate "C") from unnest(u.words) where lexeme collate "C" >= $5 and lexeme collate "C" < $6
  ), u.id limit $3::bigint`

const foundStatement = `
  select found_id::float8 as user_id, ${millis("found_at")} as at from (
    select * from found_users where user_id = $1::bigint offset 0
  ) own order by own.found_at, found_id`

const rememberStatement = `
  with forgotten as (
    delete from found_users where user_id = $1::bigint and found_id in (
      select found_id from found_users where user_id = $1::bigint order by found_at desc, found_id offset ${mostFound - 1}
    ) and found_id <> $2::bigint
  )
  insert into found_users (user_id, found_id, found_at) values ($1::bigint, $2::bigint, $3)
  on conflict (user_id, found_id) do nothing`

export const makeDirectory = Effect.gen(function* () {
  const { query } = yield* Database

  return {
    acquaintances: Effect.fn("DirectoryStore.acquaintances")((user_id, others) =>
      query<Acquaintance>(acquaintancesStatement, [number(user_id), numbers(others)]),
    ),
    searchShared: Effect.fn("DirectoryStore.searchShared")(function* (user_id, wanted, limit) {
      const bounds = [number(user_id), number(mostSearched), number(limit)]
      if (wanted.trim() === "") return (yield* query<UserColumns>(everybodyStatement, bounds)).map(userOf)
      const words = queryWords(wanted)
      const [word] = words
      if (word === undefined) return []
      const found = yield* query<UserColumns>(searchStatement, [
        ...bounds,
        text(allOf(words)),
        text(word),
        text(word + lastCharacter),
      ])
      return found.filter(({ display_name, username }) => matches(wanted, username, display_name)).map(userOf)
    }),
    foundBy: Effect.fn("DirectoryStore.foundBy")((user_id) =>
      query<{ user_id: UserId; at: number }>(foundStatement, [number(user_id)]),
    ),
    remember: Effect.fn("DirectoryStore.remember")((user_id, found_id, now) =>
      Effect.asVoid(query(rememberStatement, [number(user_id), number(found_id), instant(now)])),
    ),
  } satisfies DirectoryStoreShape
})
