// What fails on the disk, or in the store of the bytes, is for the operator to mend, and may succeed later.
import { Effect, Metric } from "effect"
import { Unavailable } from "../domain/errors.ts"
import { SenderGone } from "./shape.ts"

const errors = Metric.counter("confab_file_errors_total", {
  description: "Reads and writes of files' bytes that failed",
  incremental: true,
})

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown"

/** Counts and logs it, with the `problem` where only the operator can help. */
export const report = Effect.fnUntraced(function* (failure: string, error: unknown, problem?: string) {
  if (error instanceof SenderGone) return
  yield* Metric.update(errors, 1)
  yield* Effect.annotateLogs(Effect.logError(failure), {
    code: codeOf(error),
    ...(problem === undefined ? {} : { problem }),
  })
})

/** `failure` is what the log has if it does not succeed, with the problem of the error if it has one. */
export const attempt = <A>(
  failure: string,
  run: (signal: AbortSignal) => Promise<A>,
  problemOf: (error: unknown) => string | undefined = () => undefined,
): Effect.Effect<A, Unavailable> =>
  Effect.tryPromise({ try: run, catch: (error) => error }).pipe(
    Effect.catch((error) => Effect.andThen(report(failure, error, problemOf(error)), Effect.fail(new Unavailable()))),
  )
