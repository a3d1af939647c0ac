import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { UserId } from "../../src/domain/Ids.ts"
import { jobNames } from "../../src/kinds/JobKinds.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { type ClaimedJob, JobStore } from "../../src/sql/jobs/JobStore.ts"
import { databases, newUser, now } from "../support/sql.ts"

const lease = 1_000
const claim = (at: number, most = 100) => Effect.flatMap(JobStore, (jobs) => jobs.claim(at, at + lease, most))
const idOf = ({ kind, user_id }: ClaimedJob) => `${kind} ${user_id ?? "nobody"}`
const ids = (jobs: ReadonlyArray<ClaimedJob>) => jobs.map(idOf).sort()
/** An account deletion's job of this user, due at this time. */
const dueAt = Effect.fnUntraced(function* (due_at: number) {
  const user_id: UserId = yield* newUser()
  yield* (yield* DeletionStore).mark(user_id, due_at - 10_000)
  return `account_deletion ${user_id}`
})

for (const database of databases) {
  const fresh = Layer.fresh(database.layer)
  layer(fresh, { excludeTestServices: true })(`JobStore ${database.name}`, (it) => {
    it.effect("gives each due job to one claim, the oldest first, until the lease ends", () =>
      Effect.gen(function* () {
        const store = yield* JobStore
        assert.deepStrictEqual(yield* claim(now), { jobs: [], next: null })
        const [second, first, later] = [yield* dueAt(now - 1), yield* dueAt(now - 2), yield* dueAt(now + 7)]
        const one = yield* claim(now, 1)
        assert.deepStrictEqual([ids(one.jobs), one.next], [[first], now - 1])
        const two = yield* claim(now)
        assert.deepStrictEqual([ids(two.jobs), two.next], [[second], now + 7])
        assert.deepStrictEqual(yield* claim(now), { jobs: [], next: now + 7 })
        assert.deepStrictEqual(ids((yield* claim(now + 7)).jobs), [later])
        // One lease is prolonged; the other's node is dead.
        yield* store.prolong([two.jobs[0]!.claim], now + lease + 50)
        const taken = yield* claim(now + lease)
        assert.deepStrictEqual([ids(taken.jobs), taken.jobs[0]?.attempt, taken.next], [[first], 2, now + lease + 7])
        // What the dead node had begun ends without effect.
        yield* store.finish(one.jobs[0]!.claim)
        yield* store.postpone(one.jobs[0]!.claim, now, false)
        yield* store.prolong([one.jobs[0]!.claim], now)
        assert.deepStrictEqual(yield* claim(now + lease), { jobs: [], next: now + lease + 7 })
        yield* store.finish(taken.jobs[0]!.claim)
        const rest = yield* claim(now + 10 * lease)
        assert.deepStrictEqual([ids(rest.jobs), rest.next], [[second, later].sort(), null])
        for (const job of rest.jobs) yield* store.finish(job.claim)
        assert.deepStrictEqual(yield* claim(now + 100 * lease), { jobs: [], next: null })
      }),
    )

    it.effect("counts failed attempts, and begins anew after a success", () =>
      Effect.gen(function* () {
        const store = yield* JobStore
        yield* dueAt(now)
        const attempts: Array<number> = []
        for (const outcome of ["failed", "failed", "released", "again", "failed"] as const) {
          const [job] = (yield* claim(now)).jobs
          attempts.push(job!.attempt)
          if (outcome === "released") yield* store.release([job!.claim], now)
          else yield* store.postpone(job!.claim, now, outcome === "failed")
        }
        assert.deepStrictEqual(attempts, [1, 2, 3, 4, 1])
        yield* store.finish((yield* claim(now)).jobs[0]!.claim)
      }),
    )

    it.effect("has one job of each recurring kind, however many nodes add it", () =>
      Effect.gen(function* () {
        const store = yield* JobStore
        yield* store.ensure(jobNames, now)
        yield* store.ensure(jobNames, now + 5)
        const { jobs, next } = yield* claim(now)
        assert.deepStrictEqual([ids(jobs), next], [jobNames.map((name) => `${name} nobody`).sort(), null])
        yield* store.ensure(jobNames, now)
        assert.deepStrictEqual((yield* claim(now)).jobs, [])
        for (const { claim } of jobs) yield* store.finish(claim)
      }),
    )

    it.effect("gives concurrent claims different jobs, and none to two", () =>
      Effect.gen(function* () {
        const added = yield* Effect.forEach(Array.from({ length: 30 }), () => dueAt(now))
        const all = yield* Effect.all(
          Array.from({ length: 10 }, () => claim(now, 5)),
          { concurrency: "unbounded" },
        )
        const taken = all.flatMap(({ jobs }) => jobs.map(idOf))
        assert.strictEqual(new Set(taken).size, taken.length, "none twice")
        const rest = yield* claim(now)
        assert.deepStrictEqual([...taken, ...rest.jobs.map(idOf)].sort(), added.sort())
        const store = yield* JobStore
        for (const { claim } of [...all.flatMap(({ jobs }) => jobs), ...rest.jobs]) yield* store.finish(claim)
      }),
    )
  })
}
