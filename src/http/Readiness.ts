// Whether this process can serve now: checks its dependencies, with a short timeout.
import { Context, Effect, Layer } from "effect"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { Database } from "../sql/database/Database.ts"

export type Part = "ok" | "unavailable"

export class Readiness extends Context.Service<
  Readiness,
  {
    readonly check: Effect.Effect<{ readonly database: Part; readonly broadcast: Part }>
  }
>()("confab/http/Readiness") {
  static readonly layer = Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const database = yield* Database
      const broadcast = yield* Broadcast
      return Readiness.of({
        check: database.ping.pipe(
          Effect.timeout("2 seconds"),
          Effect.match({ onFailure: (): Part => "unavailable", onSuccess: (): Part => "ok" }),
          Effect.map((database) => ({ database, broadcast: broadcast.isUp() ? "ok" : "unavailable" })),
        ),
      })
    }),
  )

  /** For a process that keeps everything in memory. */
  static readonly layerMemory = Layer.succeed(Readiness, {
    check: Effect.succeed({ database: "ok" as const, broadcast: "ok" as const }),
  })
}
