// What /ready reports about a node's dependencies.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Broadcast } from "../../src/broadcast/Broadcast.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import { Readiness } from "../../src/http/Readiness.ts"
import { Database } from "../../src/sql/database/Database.ts"

const readiness = (ping: Effect.Effect<void, Unavailable>, isUp: boolean) =>
  Readiness.layer.pipe(
    Layer.provide(
      Layer.succeed(Database, {
        mode: "postgres",
        location: "test",
        query: () => Effect.succeed([]),
        attempt: () => Effect.succeed([]),
        attemptUntimed: () => Effect.succeed([]),
        session: Effect.die("not used"),
        ping,
      }),
    ),
    Layer.provide(
      Layer.effect(
        Broadcast,
        Effect.map(Broadcast, (broadcast) => Broadcast.of({ ...broadcast, isUp: () => isUp })),
      ).pipe(Layer.provide(Broadcast.layer)),
    ),
  )

const check = Effect.flatMap(Readiness, ({ check }) => check)

describe("readiness", () => {
  it.effect("is ok while the database answers and nodes are connected", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* check, { database: "ok", broadcast: "ok" })
    }).pipe(Effect.provide(readiness(Effect.void, true))),
  )

  it.effect("reports that other nodes are unreachable", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* check, { database: "ok", broadcast: "unavailable" })
    }).pipe(Effect.provide(readiness(Effect.void, false))),
  )

  it.effect("reports that the database is unavailable", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* check, { database: "unavailable", broadcast: "ok" })
    }).pipe(Effect.provide(readiness(Effect.fail(new Unavailable({})), true))),
  )

  it.effect("does not wait for a database that says nothing", () =>
    Effect.gen(function* () {
      const checking = yield* Effect.forkChild(check)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(checking), { database: "unavailable", broadcast: "ok" })
    }).pipe(Effect.provide(readiness(Effect.never, true))),
  )
})
