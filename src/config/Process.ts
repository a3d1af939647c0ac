// How the process starts and stops: a failed start prints one line for each problem; a signal stops the server in
// order.
import { NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, type Exit, Result } from "effect"

/**
 * A shutdown that takes longer than this is cut short. While the database does not answer, requests take 2 s, jobs 1 s, the
 * actors with the cluster 2.5 s, the audit log 1 s and the connections 0.5 s; otherwise the whole takes less than 2 s.
 */
const timeout = "9 seconds"

const linesOf = (error: unknown): ReadonlyArray<string> => {
  const message = error instanceof Error ? error.message : String(error)
  return message.split("\n").filter((line) => line.trim() !== "")
}

/** Prints expected failures in plain words on stderr; any other failure is a bug and is logged whole. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const failure = Cause.findError(cause)
  return Result.isSuccess(failure)
    ? Effect.forEach(linesOf(failure.success), (line) => Console.error(`Confab cannot start: ${line}`), {
        discard: true,
      })
    : Effect.logFatal("Confab has stopped unexpectedly", cause)
}

/** 0 after a signal, the normal way to stop a server; 1 after a failure. */
const teardown = <E, A>(exit: Exit.Exit<E, A>, onExit: (code: number) => void) =>
  onExit(exit._tag === "Success" || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)

/** Runs the server until a signal or a failure ends it. */
export const run = <E>(server: Effect.Effect<never, E>): void => {
  const end = Effect.sync(() => process.exit(1))
  const limitShutdown = () => {
    Effect.runFork(
      Effect.andThen(Effect.sleep(timeout), Effect.andThen(Console.error("Confab was cut short while stopping"), end)),
    )
    process.once("SIGINT", () => process.exit(130))
  }
  let isStopping = false
  const once = () => {
    if (!isStopping) limitShutdown()
    isStopping = true
  }
  process.on("SIGTERM", once)
  process.on("SIGINT", once)
  NodeRuntime.runMain(Effect.tapCause(server, report), { disableErrorReporting: true, teardown })
}
