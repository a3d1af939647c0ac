// Records about messages (see kinds/): one table for all kinds. `stream` is a chat's id. A record whose end clients
// must receive stays as `removed`. `messages.records_version` is the version at which a message's visible records
// changed last.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table records (
    stream bigint not null,
    kind text not null,
    key text not null,
    message_id bigint not null,
    user_id bigint not null,
    version bigint not null,
    removed boolean not null,
    body jsonb not null,
    primary key (stream, kind, key)
  )`,
  `create index records_version on records (stream, version)`,
  `create index records_message on records (message_id, kind)`,
  `create index records_user on records (user_id)`,
  `alter table messages add column records_version bigint`,
  // The reactions of a message for one reader: the rest of its JSON, empty when there are none (see kinds/reaction).
  `create function reactions_json(of_message bigint, reader bigint) returns text language sql stable as $$
    select coalesce(
      ',"reactions":[' || string_agg('{"emoji":' || to_json(emoji)::text || ',"count":' || count || '}', ',' order by since, emoji collate "C") || ']'
        || case when bool_or(mine is not null)
          then ',"my_reactions":[' || string_agg(to_json(emoji)::text, ',' order by mine, emoji collate "C") filter (where mine is not null) || ']'
          else '' end,
      '')
    from (
      select e.key as emoji, count(*) as count, min(e.value::float8) as since,
        min(e.value::float8) filter (where r.user_id = reader) as mine
      from records r cross join lateral jsonb_each(r.body) e
      where r.message_id = of_message and r.kind = 'reaction' and not r.removed
      group by e.key
    ) tallies
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
