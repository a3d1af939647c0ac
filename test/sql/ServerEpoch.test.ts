// A server that was started anew, perhaps from a backup, without one: when it started is read from a table.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { embedded, newGroup, repositories, send, sending, standing } from "../support/sql.ts"

const statements: Array<string> = []

const restartable = Layer.effect(
  Database,
  Effect.gen(function* () {
    const database = yield* Database
    yield* database.query("create table server (started timestamptz not null)")
    yield* database.query("insert into server values (now())")
    const asked = (statement: string) => {
      statements.push(statement)
      return statement.replaceAll("pg_postmaster_start_time()", "(select started from server)")
    }
    return Database.of({
      ...database,
      query: (statement, params) => database.query(asked(statement), params),
      attempt: (statement, params) => database.attempt(asked(statement), params),
      attemptUntimed: (statement, params) => database.attemptUntimed(asked(statement), params),
    })
  }),
).pipe(Layer.provide(embedded))

const restart = Effect.flatMap(Database, ({ query }) =>
  query("update server set started = started + interval '1 microsecond'"),
)
const loseLast = (chat_id: ChatId) =>
  Effect.flatMap(Database, ({ query }) =>
    query(
      `delete from messages where chat_id = $1::bigint and seq = (
        select max(seq) from messages where chat_id = $1::bigint)`,
      [String(chat_id)],
    ),
  )

type Sends = readonly [ChatId, last_seq: number, by: UserId, ...texts: Array<string>]

/** Commits, after what the chats are believed to have, the next messages of each. */
const next = (...chats: ReadonlyArray<Sends>) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const results = yield* journal.commit(
      chats.map(([chat_id, last_seq, by, ...texts]) =>
        sending(chat_id, { version: last_seq + 1, last_seq }, by, texts),
      ),
    )
    return results.map(({ _tag }) => _tag)
  })

layer(repositories.pipe(Layer.provideMerge(restartable)))("the last message of a chat", (it) => {
  it.effect("is looked for once, and not again before the database's server is another one", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* newGroup(1), yield* newGroup(1)]
      const [a, b] = [one.members[0]!, other.members[0]!]
      const looks = Effect.fnUntraced(function* (...chats: ReadonlyArray<Sends>) {
        statements.length = 0
        const tags = yield* next(...chats)
        assert.isTrue(tags.every((tag) => tag === "Committed"))
        return statements.map((statement) => statement.includes("exists ("))
      })
      assert.deepStrictEqual(yield* looks([one.chat_id, 0, a, "1"]), [true])
      assert.deepStrictEqual(yield* looks([one.chat_id, 1, a, "2"]), [false])
      assert.deepStrictEqual(yield* looks([one.chat_id, 2, a, "3", "4"]), [false])
      assert.deepStrictEqual(yield* looks([one.chat_id, 4, a, "5"], [other.chat_id, 0, b, "1"]), [true])
      assert.deepStrictEqual(yield* looks([one.chat_id, 5, a, "6"], [other.chat_id, 1, b, "2"]), [false])
      yield* restart
      assert.deepStrictEqual(yield* looks([one.chat_id, 6, a, "7"]), [false, true])
      assert.deepStrictEqual(yield* looks([one.chat_id, 7, a, "8"]), [false])
      // This server has no position of the other chat.
      assert.deepStrictEqual(yield* looks([other.chat_id, 2, b, "3"]), [true])
    }),
  )

  it.effect("is not built upon where the table was restored while the server ran", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const { chat_id, members } = yield* newGroup(1)
      yield* send(chat_id, members[0]!, "kept")
      yield* query("create table backup as select * from messages")
      assert.deepStrictEqual(yield* next([chat_id, 1, members[0]!, "lost"]), ["Committed"])
      assert.deepStrictEqual(yield* next([chat_id, 2, members[0]!, "lost too"]), ["Committed"])
      yield* query("truncate messages")
      yield* query("insert into messages overriding system value select * from backup")
      assert.deepStrictEqual(yield* next([chat_id, 3, members[0]!, "next"]), ["Stale"])
      assert.strictEqual((yield* standing(chat_id)).last_seq, 1)
      assert.deepStrictEqual(yield* next([chat_id, 1, members[0]!, "next"]), ["Committed"])
    }),
  )

  for (const [how, ...texts] of [
    ["one message", "next"],
    ["several", "next", "and next"],
  ] as const) {
    it.effect(`is not built upon by ${how} where a new server is without it`, () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(1)
        yield* send(chat_id, members[0]!, "kept")
        assert.deepStrictEqual(yield* next([chat_id, 1, members[0]!, "lost"]), ["Committed"])
        yield* loseLast(chat_id)
        yield* restart
        assert.deepStrictEqual(yield* next([chat_id, 2, members[0]!, ...texts]), ["Stale"])
        assert.strictEqual((yield* standing(chat_id)).last_seq, 1)
        assert.deepStrictEqual(yield* next([chat_id, 1, members[0]!, ...texts]), ["Committed"])
      }),
    )
  }

  it.effect("may be lost by some chats of a batch, and the others go on", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* newGroup(1), yield* newGroup(1)]
      const [a, b] = [one.members[0]!, other.members[0]!]
      assert.deepStrictEqual(yield* next([one.chat_id, 0, a, "kept"], [other.chat_id, 0, b, "lost"]), [
        "Committed",
        "Committed",
      ])
      yield* loseLast(other.chat_id)
      yield* restart
      assert.deepStrictEqual(yield* next([one.chat_id, 1, a, "2"], [other.chat_id, 1, b, "2"]), ["Committed", "Stale"])
      assert.strictEqual((yield* standing(one.chat_id)).last_seq, 2)
      assert.strictEqual((yield* standing(other.chat_id)).last_seq, 0)
    }),
  )
})
