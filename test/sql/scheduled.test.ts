import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { MessageId, type UserId } from "../../src/domain/Ids.ts"
import { maxScheduled } from "../../src/domain/Scheduled.ts"
import { maxStateKeys } from "../../src/kinds/StateKinds.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { number } from "../../src/sql/database/params.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { ScheduledStore } from "../../src/sql/scheduled/ScheduledStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { databases, newUser, now, postgres, repositories } from "../support/sql.ts"

const key = "scheduled:one"
const put = (user_id: UserId, former: string | null, value: string, due_at = now, name = key) =>
  Effect.flatMap(ScheduledStore, (rows) => rows.put({ user_id, key: name, value, due_at }, former))
const callOff = (user_id: UserId, name = key) => Effect.flatMap(ScheduledStore, (rows) => rows.callOff(user_id, name))
const end = (user_id: UserId, former: string, value: string | null, message_id: MessageId | null) =>
  Effect.flatMap(ScheduledStore, (rows) => rows.end({ user_id, key, former, value, message_id }))
const claim = (at: number) =>
  Effect.map(
    Effect.flatMap(JobStore, (jobs) => jobs.claim(at, at + 1_000, 100)),
    ({ jobs }) => jobs.filter(({ kind }) => kind === "scheduled_message"),
  )
const stored = (user_id: UserId) =>
  Effect.map(
    Effect.flatMap(StateStore, (state) => state.get(user_id, key)),
    (found) => found?.value,
  )
const changed = (version: number) => ({ _tag: "Changed", version }) as const
const begun = (message_id: MessageId | null) => ({ _tag: "Begun", message_id }) as const
const sent = MessageId.make(7)
const stale = { _tag: "Stale" } as const

for (const database of databases) {
  layer(Layer.fresh(database.layer), { excludeTestServices: true })(`ScheduledStore ${database.name}`, (it) => {
    it.effect("keeps a message and its job together, and replaces only the value that was read", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        assert.deepStrictEqual(yield* put(me, null, "1", now + 500), changed(1))
        assert.deepStrictEqual(yield* put(me, null, "2"), stale)
        assert.deepStrictEqual(yield* put(me, "0", "2"), stale)
        assert.deepStrictEqual(yield* put(me, "1", "1"), { _tag: "Same", version: 1 })
        assert.deepStrictEqual(yield* claim(now + 499), [])
        assert.deepStrictEqual(yield* put(me, "1", "2", now + 700), changed(2))
        assert.deepStrictEqual(yield* claim(now + 699), [])
        assert.deepStrictEqual(yield* callOff(me), changed(3))
        assert.deepStrictEqual(yield* callOff(me), { _tag: "Same", version: 3 })
        assert.deepStrictEqual(yield* claim(now + 700), [])
        assert.isUndefined(yield* stored(me))
      }),
    )

    it.effect("lets nothing change it once it was claimed, and remembers what it became", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        yield* put(me, null, "1")
        const [job] = yield* claim(now)
        assert.deepStrictEqual([job?.user_id, job?.key, job?.attempt], [me, key, 1])
        assert.deepStrictEqual([yield* put(me, "1", "2"), yield* callOff(me)], [begun(null), begun(null)])
        // Also after a failed attempt, whose result is not known.
        yield* (yield* JobStore).postpone(job!.claim, now, true)
        assert.deepStrictEqual([yield* put(me, "1", "2"), yield* callOff(me)], [begun(null), begun(null)])
        assert.strictEqual(yield* stored(me), "1")
        const [again] = yield* claim(now)
        assert.strictEqual(again?.attempt, 2)
        assert.deepStrictEqual(yield* end(me, "another", null, sent), stale)
        assert.deepStrictEqual(yield* end(me, "1", null, sent), changed(2))
        assert.deepStrictEqual(yield* end(me, "1", null, sent), stale)
        assert.deepStrictEqual(yield* claim(now + 10_000), [])
        assert.deepStrictEqual(
          [yield* put(me, "1", "2"), yield* put(me, null, "2"), yield* callOff(me)],
          [begun(sent), begun(sent), begun(sent)],
        )
        const since = yield* (yield* StateStore).since(me, 1, 10, true)
        assert.deepStrictEqual(since, { _tag: "Changes", items: [{ key, value: null, version: 2 }], version: 2 })
      }),
    )

    it.effect("keeps a refused one, which can be called off or scheduled anew", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        yield* put(me, null, "1")
        yield* claim(now)
        assert.deepStrictEqual(yield* end(me, "1", "failed", null), changed(2))
        assert.deepStrictEqual(yield* claim(now + 10_000), [])
        assert.deepStrictEqual(yield* put(me, "failed", "2", now + 5), changed(3))
        const [job] = yield* claim(now + 5)
        assert.strictEqual(job?.attempt, 1)
        yield* end(me, "2", "failed again", null)
        assert.deepStrictEqual(yield* callOff(me), changed(5))
        assert.isUndefined(yield* stored(me))
      }),
    )

    it.effect("has a limit for each user", () =>
      Effect.gen(function* () {
        const [me, other] = [yield* newUser(), yield* newUser()]
        for (let i = 0; i < maxScheduled; i++) {
          assert.strictEqual((yield* put(me, null, "1", now, `scheduled:${i}`))._tag, "Changed")
        }
        assert.deepStrictEqual(yield* put(me, null, "1"), { _tag: "Full", most: maxScheduled })
        assert.deepStrictEqual(yield* put(other, null, "1"), changed(1))
        assert.strictEqual((yield* put(me, "1", "2", now, "scheduled:0"))._tag, "Changed")
        yield* callOff(me, "scheduled:0")
        assert.strictEqual((yield* put(me, null, "1"))._tag, "Changed")
        yield* callOff(other)
        for (let i = 0; i < maxScheduled; i++) yield* callOff(me, `scheduled:${i}`)
        yield* callOff(me)
      }),
    )

    it.effect("goes with the account, also one that was written while it was deleted", () =>
      Effect.gen(function* () {
        const me = yield* newUser()
        const deletions = yield* DeletionStore
        yield* put(me, null, "1", now + 60_000)
        yield* deletions.mark(me, now)
        assert.isUndefined(yield* stored(me))
        assert.deepStrictEqual(yield* end(me, "1", null, sent), stale)
        yield* put(me, null, "late", now + 60_000)
        yield* deletions.finish(me, now)
        assert.isUndefined(yield* stored(me))
        assert.deepStrictEqual(yield* claim(now + 60_000), [])
      }),
    )

    it.effect("of a claim and calling off at once exactly one wins", () =>
      Effect.gen(function* () {
        for (let i = 0; i < 20; i++) {
          const me = yield* newUser()
          yield* put(me, null, "1", now - 1)
          const [off, jobs] = yield* Effect.all([callOff(me), claim(now)], { concurrency: "unbounded" })
          const isClaimed = jobs.some(({ user_id }) => user_id === me)
          assert.strictEqual(off._tag, isClaimed ? "Begun" : "Changed")
          assert.strictEqual(yield* stored(me), isClaimed ? "1" : undefined)
          if (isClaimed) yield* end(me, "1", null, sent)
        }
      }),
    )
  })
}

layer(repositories.pipe(Layer.provideMerge(postgres)), { excludeTestServices: true })(
  "Scheduled messages in PostgreSQL",
  (it) => {
    it.effect("wait for a claim that is under way", () =>
      Effect.gen(function* () {
        const { query } = yield* Database
        const me = yield* newUser()
        yield* put(me, null, "1")
        const row = `kind = 'scheduled_message' and user_id = $1::bigint`
        // What the claim does, in one statement that takes its time.
        const claiming = query(
          `with slow as materialized (select kind, user_id, key from jobs where ${row} for update),
           waited as materialized (select pg_sleep(0.3) from slow)
         update jobs j set attempts = 1, claim = nextval('job_claims') from waited where ${row}`,
          [number(me)],
        )
        const isClaiming = Effect.map(
          query(`select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`),
          (rows) => rows.length > 0,
        )
        const later = Effect.andThen(Effect.repeat(isClaiming, { until: (is) => is }), callOff(me))
        const [, off] = yield* Effect.all([claiming, later], { concurrency: "unbounded" })
        assert.deepStrictEqual(off, begun(null))
        assert.strictEqual(yield* stored(me), "1")
      }),
    )

    it.effect("count among all keys of a user", () =>
      Effect.gen(function* () {
        const { query } = yield* Database
        const me = yield* newUser()
        yield* query(
          `insert into user_state (user_id, key, value, version)
         select $1::bigint, 'app:' || n, '1', n from generate_series(1, ${maxStateKeys}) n`,
          [number(me)],
        )
        assert.deepStrictEqual(yield* put(me, null, "1"), { _tag: "Full", most: maxStateKeys })
        assert.strictEqual((yield* query(`select from jobs where user_id = $1::bigint`, [number(me)])).length, 0)
      }),
    )
  },
)
