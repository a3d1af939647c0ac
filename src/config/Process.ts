// How the process begins and ends: what keeps it from starting is told in one line each, and a signal ends it in order.
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, type Exit, Result } from "effect"

/** An orderly end that takes longer than this is cut short. */
const timeout = "4500 millis"

const linesOf = (error: unknown): ReadonlyArray<string> => {
  const message = error instanceof Error ? error.message : String(error)
  return message.split("\n").filter((line) => line.trim() !== "")
}

/** Expected failures in plain words on stderr; anything else is a bug, and the log has all of it. */
const tell = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const failure = Cause.findError(cause)
  return Result.isSuccess(failure)
    ? Effect.forEach(linesOf(failure.success), (line) => Console.error(`Confab cannot start: ${line}`), {
        discard: true,
      })
    : Effect.logFatal("Confab has stopped unexpectedly", cause)
}

/** 0 after a signal, since that is how a server is meant to end; 1 after a failure. */
const teardown = <E, A>(exit: Exit.Exit<E, A>, onExit: (code: number) => void) =>
  onExit(exit._tag === "Success" || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)

/** Runs the server until a signal or a failure ends it. */
export const run = <E>(server: Effect.Effect<never, E>): void => {
  const end = Effect.sync(() => process.exit(1))
  const hurry = () => {
    Effect.runFork(
      Effect.andThen(Effect.sleep(timeout), Effect.andThen(Console.error("Confab was cut short while stopping"), end)),
    )
    process.once("SIGINT", () => process.exit(130))
  }
  let asked = false
  const once = () => {
    if (!asked) hurry()
    asked = true
  }
  process.on("SIGTERM", once)
  process.on("SIGINT", once)
  NodeRuntime.runMain(Effect.tapCause(server, tell), { disableErrorReporting: true, teardown })
}
