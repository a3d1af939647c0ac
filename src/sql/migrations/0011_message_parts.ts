// What messages show beyond their text, and the thread that each reply belongs to: the message at the root of the replies. Both are null of
// a plain message, which costs it no byte. Replies from before get their threads here: the least ids first, since what is answered is older
// than its answer, so many at once that one step stays short.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const atOnce = 20_000

const columns = [
  `alter table messages add column thread_id bigint, add column parts jsonb`,
  `create temporary table replies on commit drop as select id, reply_to, reply_to as root from messages where reply_to is not null`,
  `create unique index on replies (id)`,
  `analyze replies`,
]

/** The replies above an id, as many as one step takes. */
const step = (after: number) => `
  select max(id)::float8 as last from (select id from replies where id > ${after} order by id limit ${atOnce}) s`

/** The root of what is answered, as far as that is known by now; each round goes twice as far up as the last one. */
const climb = (after: number, last: number) => `
  update replies r set root = p.root from replies p
  where p.id = r.root and r.id > ${after} and r.id <= ${last} returning r.id`

const threads = [
  `update messages m set thread_id = r.root from replies r where m.id = r.id`,
  `create index messages_thread on messages (thread_id, seq) where thread_id is not null`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(columns, (statement) => sql.unsafe(statement), { discard: true })
  for (let after = 0; ; ) {
    const [found] = yield* sql.unsafe<{ readonly last: number | null }>(step(after))
    const last = found?.last ?? null
    if (last === null) break
    let climbing = true
    while (climbing) climbing = (yield* sql.unsafe(climb(after, last))).length > 0
    after = last
  }
  yield* Effect.forEach(threads, (statement) => sql.unsafe(statement), { discard: true })
})
