// The parts of messages besides their text, and the thread of each reply: the root message of its replies. Both are
// null for a plain message, which costs it no byte. Earlier replies get their threads here, in the order of ids, since
// a message is older than its replies, and in steps of limited size.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const atOnce = 20_000

const columns = [
  `alter table messages add column thread_id bigint, add column parts jsonb`,
  `create temporary table replies on commit drop as select id, reply_to, reply_to as root from messages where reply_to is not null`,
  `create unique index on replies (id)`,
  `analyze replies`,
]

/** The replies above an id, as many as one step handles. */
const step = (after: number) => `
  select max(id)::float8 as last from (select id from replies where id > ${after} order by id limit ${atOnce}) s`

/** Moves each root up as far as known; each round doubles the distance. */
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
