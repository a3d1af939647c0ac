import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Unavailable } from "../../src/domain/errors.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { done, type JobOutcome, type JobWork, type Works } from "../../src/jobs/JobOutcome.ts"
import { jobRunner } from "../../src/jobs/JobRunner.ts"
import { type JobName, jobKinds, jobNames } from "../../src/kinds/JobKinds.ts"
import { DatabaseClock } from "../../src/sql/database/DatabaseClock.ts"
import { JobAlarm } from "../../src/sql/jobs/JobAlarm.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { addJob } from "../../src/sql/jobs/memoryJobs.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"

const tables = JobStore.layerMemory.pipe(Layer.provideMerge(Tables.layer))
const minute = 60_000
const recurring = jobNames.filter((name) => jobKinds[name].every !== null)

interface Node {
  readonly alarm: JobAlarm["Service"]
  /** Jobs that began, in order. */
  readonly begun: Array<string>
  /** Claims of the store. */
  looks: number
  /** Nothing of it reaches the database any more. */
  killed: boolean
  readonly stop: Effect.Effect<void>
}

/** A node on these tables; kinds without work of their own do nothing. */
const node = Effect.fnUntraced(function* (own: { readonly [Name in JobName]?: JobWork } = {}) {
  const store = yield* JobStore
  const scope = yield* Scope.make()
  const begun: Array<string> = []
  const work =
    (name: JobName): JobWork =>
    (job) => {
      begun.push(job.user_id === null ? name : `${name} ${job.user_id}`)
      return own[name]?.(job) ?? Effect.succeed(done)
    }
  const works = Object.fromEntries(jobNames.map((name) => [name, work(name)])) as Record<JobName, JobWork> as Works
  const self: Node = {
    begun,
    looks: 0,
    killed: false,
    stop: Scope.close(scope, Exit.void),
    alarm: { ring: () => undefined, listen: () => undefined },
  }
  const alive = <A>(ask: Effect.Effect<A, Unavailable>) =>
    Effect.suspend(() => (self.killed ? Effect.fail(new Unavailable()) : ask))
  const mine = JobStore.of({
    ensure: (...args) => alive(store.ensure(...args)),
    claim: (...args) => {
      self.looks++
      return alive(store.claim(...args))
    },
    prolong: (...args) => alive(store.prolong(...args)),
    finish: (...args) => alive(store.finish(...args)),
    postpone: (...args) => alive(store.postpone(...args)),
    release: (...args) => alive(store.release(...args)),
  })
  const context = yield* Layer.buildWithScope(
    jobRunner({ works: Effect.succeed(works), lookEveryMillis: 15_000 }).pipe(
      Layer.provideMerge(Layer.fresh(JobAlarm.layer)),
      Layer.provide(Layer.fresh(DatabaseClock.layerLocal)),
      Layer.provide(Layer.succeed(JobStore, mine)),
    ),
    scope,
  )
  yield* TestClock.adjust(0)
  return Object.assign(self, { alarm: yield* Effect.provide(JobAlarm, context) })
})

/** An account deletion's job, due at this time. */
const add = (user_id: number, due_at: number) =>
  Effect.map(Tables, (all) => addJob(all, { kind: "account_deletion", user_id: UserId.make(user_id), key: "" }, due_at))
const count = (all: ReadonlyArray<string>, name: string) => all.filter((each) => each === name).length
const left = Effect.map(Tables, ({ jobs }) => [...jobs.values()].filter(({ user_id }) => user_id !== null).length)

describe("Jobs", () => {
  it.effect("that recur run at their intervals, each on one node", () =>
    Effect.gen(function* () {
      const [a, b] = [yield* node(), yield* node()]
      assert.deepStrictEqual(a.begun.toSorted(), recurring.toSorted())
      assert.deepStrictEqual(b.begun, [])
      yield* TestClock.adjust("3 hours")
      const both = [...a.begun, ...b.begun]
      assert.deepStrictEqual([count(both, "deleted_chats"), count(both, "audit_log")], [181, 4])
    }).pipe(Effect.provide(tables)),
  )

  it.effect("run when they are due, also if they are added while the runner waits, and once", () =>
    Effect.gen(function* () {
      const { alarm, begun } = yield* node()
      yield* add(1, 7_000)
      alarm.ring(7_000)
      yield* TestClock.adjust(6_999)
      assert.strictEqual(count(begun, "account_deletion 1"), 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(count(begun, "account_deletion 1"), 1)
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("cost a look at an index every 15 s while none is due", () =>
    Effect.gen(function* () {
      const self = yield* node()
      yield* TestClock.adjust("10 seconds")
      const before = self.looks
      self.alarm.ring(9 * minute)
      yield* TestClock.adjust("5 minutes")
      // One for each minute's job, too.
      assert.isAtMost(self.looks - before, 26)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("are retried after growing waits when they fail, and stay for a later attempt after a defect", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const { begun } = yield* node({
        account_deletion: () =>
          Effect.gen(function* () {
            times.push(yield* Effect.clockWith((clock) => clock.currentTimeMillis))
            if (times.length === 2) return yield* Effect.die(new Error("a bug"))
            return times.length < 5 ? yield* new Unavailable() : done
          }),
      })
      yield* add(1, 0)
      yield* TestClock.adjust("20 seconds")
      const waits = times.slice(1).map((time, i) => time - times[i]!)
      assert.deepStrictEqual(waits, [250, 500, 1_000, 2_000])
      assert.strictEqual(count(begun, "account_deletion 1"), 5)
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("of a killed node run on another one when the lease ends, and long ones stay on a living node", () =>
    Effect.gen(function* () {
      const stuck: JobWork = () => Effect.never
      const [a, b] = [yield* node({ account_deletion: stuck }), yield* node()]
      yield* add(1, 5_000)
      for (const { alarm } of [a, b]) alarm.ring(5_000)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual([count(a.begun, "account_deletion 1"), count(b.begun, "account_deletion 1")], [1, 0])
      a.killed = true
      yield* TestClock.adjust(799)
      assert.strictEqual(count(b.begun, "account_deletion 1"), 0)
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(count(b.begun, "account_deletion 1"), 1)
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("under way at a shutdown are free for another node at once", () =>
    Effect.gen(function* () {
      const a = yield* node({ account_deletion: () => Effect.never })
      yield* add(1, 5_000)
      a.alarm.ring(5_000)
      yield* TestClock.adjust("5 seconds")
      yield* a.stop
      const b = yield* node()
      assert.strictEqual(count(b.begun, "account_deletion 1"), 1)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("are bounded: fifty at a time, and the others follow as those end", () =>
    Effect.gen(function* () {
      let [now, most] = [0, 0]
      const slow = Effect.gen(function* () {
        most = Math.max(most, ++now)
        yield* Effect.sleep("1 second")
        now--
        return done as JobOutcome
      })
      for (let i = 1; i <= 120; i++) yield* add(i, 0)
      yield* node({ account_deletion: () => slow })
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(most, 50)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* left, 0)
    }).pipe(Effect.provide(tables)),
  )

  it.effect("go on when the database was away", () =>
    Effect.gen(function* () {
      const self = yield* node()
      self.killed = true
      yield* add(1, 20_000)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(count(self.begun, "account_deletion 1"), 0)
      self.killed = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(count(self.begun, "account_deletion 1"), 1)
    }).pipe(Effect.provide(tables)),
  )
})
