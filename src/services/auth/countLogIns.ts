// Counts log-ins by result for the metrics, not by user.
import { Cause, Effect, Exit, Metric } from "effect"
import type { AccountSuspended, InvalidCredentials, TooManyRequests, Unavailable } from "../../domain/errors.ts"

const logIns = Metric.counter("confab_logins_total", { description: "Log-ins by how they ended", incremental: true })

const words = {
  InvalidCredentials: "refused",
  AccountSuspended: "refused",
  TooManyRequests: "limited",
  Unavailable: "unavailable",
} as const

type LogInError = InvalidCredentials | AccountSuspended | TooManyRequests | Unavailable

const wordFor = <A>(exit: Exit.Exit<A, LogInError>): string => {
  if (Exit.isSuccess(exit)) return "ok"
  const error = exit.cause.reasons.find(Cause.isFailReason)?.error
  return error === undefined ? "interrupted" : words[error._tag]
}

export const countLogIns = <A>(logIn: Effect.Effect<A, LogInError>): Effect.Effect<A, LogInError> =>
  Effect.onExit(logIn, (exit) => Metric.update(Metric.withAttributes(logIns, { result: wordFor(exit) }), 1))
