import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Settings } from "../../src/config/Settings.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import { SessionId, type UserId } from "../../src/domain/Ids.ts"
import { Audit, Origin } from "../../src/services/Audit.ts"
import { type AuditEntry, AuditLog } from "../../src/sql/audit/AuditLog.ts"

const me = 7 as UserId
const session_id = SessionId.make("6f1c36f5-6ed4-4ad0-a4f3-4a7c1f1f9c10")

/** A log that the test can make unavailable, and whose entries it can read. */
const makeLog = () => {
  const entries: Array<AuditEntry> = []
  const state = { away: false, appends: 0, purged: [] as number[] }
  const layer = Layer.succeed(AuditLog, {
    append: (more) =>
      Effect.suspend(() => {
        if (state.away) return Effect.fail(new Unavailable({}))
        state.appends++
        entries.push(...more)
        return Effect.void
      }),
    ofUser: () => Effect.succeed([]),
    purge: (before) =>
      Effect.sync(() => {
        state.purged.push(before)
        return 0
      }),
  })
  return { entries, state, layer }
}

const audited = (log: ReturnType<typeof makeLog>, auditDays = 90) =>
  Audit.layer.pipe(Layer.provide([log.layer, Settings.layerTest({ auditDays })]))

const failed = (user_id: UserId | null, address: string) =>
  Effect.provideService(
    Effect.flatMap(Audit, (audit) => audit.record({ event: "log_in_failed", user_id })),
    Origin,
    { address, user_agent: null, request_id: null },
  )

describe("Audit", () => {
  it.effect("writes what happened, who did it and from where, a second later at most", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      const audit = yield* Audit
      yield* TestClock.adjust("10 seconds")
      const origin = {
        address: "2001:db8:1:2:3:4:5:6",
        user_agent: `\0Fox ${"x".repeat(300)}`,
        request_id: "request-1",
      }
      yield* Effect.provideService(audit.record({ event: "logged_in", user_id: me, session_id }), Origin, origin)
      assert.deepStrictEqual(log.entries, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(log.entries, [
        {
          at: 10_000,
          event: "logged_in",
          user_id: me,
          session_id,
          address: "2001:db8:1:2::/64",
          user_agent: `Fox ${"x".repeat(250)}`,
          request_id: "request-1",
          count: 1,
        },
      ])
    }).pipe(Effect.provide(audited(log)))
  })

  it.effect("a flood of failed log-ins makes few entries, and every one is counted", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      for (let i = 0; i < 5; i++) yield* failed(me, "192.0.2.1")
      for (let i = 0; i < 1_000; i++) yield* failed(null, `198.51.100.${i}`)
      yield* TestClock.adjust("59 seconds")
      assert.isAtMost(log.entries.length, 61)
      yield* TestClock.adjust("2 seconds")
      assert.isAtMost(log.entries.length, 62)
      const total = log.entries.reduce((sum, { count }) => sum + count, 0)
      assert.strictEqual(total, 1_005)
      assert.deepStrictEqual(
        log.entries.filter(({ user_id }) => user_id === me).map(({ count }) => count),
        [5],
      )
      yield* failed(null, "203.0.113.1")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(log.entries.at(-1)?.address, "203.0.113.1", "the next minute has room again")
    }).pipe(Effect.provide(audited(log)))
  })

  it.effect("what concerns an account is never folded away, however many made-up names were tried before", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      yield* TestClock.adjust("1 minute")
      for (let i = 0; i < 70; i++) yield* failed(null, "192.0.2.1")
      for (let i = 0; i < 70; i++) yield* failed(null, `198.51.100.${i}`)
      for (let i = 0; i < 9; i++) {
        yield* failed(me, "192.0.2.1")
        yield* TestClock.adjust("1 second")
      }
      for (let i = 0; i < 200; i++) yield* failed((1_000 + i) as UserId, "192.0.2.1")
      yield* TestClock.adjust("1 second")
      const about = (user_id: UserId) =>
        log.entries.filter((entry) => entry.user_id === user_id).reduce((sum, { count }) => sum + count, 0)
      assert.strictEqual(about(me), 9)
      for (const entry of log.entries.filter(({ user_id }) => user_id !== null)) {
        assert.strictEqual(entry.address, "192.0.2.1")
      }
      for (let i = 0; i < 200; i++) assert.strictEqual(about((1_000 + i) as UserId), 1)
    }).pipe(Effect.provide(audited(log)))
  })

  it.effect("while the database is away, made-up names take no room from what concerns accounts", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      log.state.away = true
      yield* failed(me, "192.0.2.1")
      for (let minutes = 0; minutes < 100; minutes++) {
        for (let i = 0; i < 100; i++) yield* failed(null, `10.0.${minutes}.${i}`)
        yield* TestClock.adjust("1 minute")
      }
      log.state.away = false
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(log.entries.filter(({ user_id }) => user_id === me).length, 1)
      assert.isAtMost(log.entries.length, 502)
      assert.deepStrictEqual(
        log.entries.map(({ at }) => at),
        log.entries.map(({ at }) => at).sort((a, b) => a - b),
      )
    }).pipe(Effect.provide(audited(log)))
  })

  it.effect("keeps a bounded number of entries that it cannot write, and blocks no caller", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      const audit = yield* Audit
      log.state.away = true
      for (let i = 1; i <= 6_000; i++) yield* audit.record({ event: "signed_up", user_id: i as UserId })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(log.entries.length, 0)
      log.state.away = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(log.entries.length, 5_000)
      assert.strictEqual(log.entries.at(-1)?.user_id, 6_000)
      assert.strictEqual(log.state.appends, 1)
    }).pipe(Effect.provide(audited(log)))
  })

  it.effect("writes the rest when the server stops", () => {
    const log = makeLog()
    return Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(audited(log), scope)
      yield* Context.get(context, Audit).record({ event: "logged_out", user_id: me, session_id })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(
        log.entries.map(({ event }) => event),
        ["logged_out"],
      )
    })
  })

  it.effect("keeps entries for AUDIT_DAYS, and with 0 writes none and forgets all", () => {
    const [some, none] = [makeLog(), makeLog()]
    return Effect.gen(function* () {
      yield* TestClock.adjust("100 days")
      yield* Effect.provide(
        Effect.flatMap(Audit, ({ purge }) => purge),
        audited(some),
      )
      yield* Effect.gen(function* () {
        const audit = yield* Audit
        yield* audit.record({ event: "logged_in", user_id: me })
        yield* TestClock.adjust("2 minutes")
        yield* audit.purge
      }).pipe(Effect.provide(audited(none, 0)))
      const day = 24 * 60 * 60_000
      assert.deepStrictEqual(some.state.purged, [10 * day])
      assert.deepStrictEqual(none.state.purged, [100 * day + 120_000])
      assert.deepStrictEqual(none.entries, [])
    })
  })
})
