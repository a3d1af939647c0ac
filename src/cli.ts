// The operator's command. `npm run confab -- --help` shows what it does; docs/operations.md has more.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, Console, Effect, Exit, Layer, Logger, References, Result } from "effect"
import { Command } from "effect/cli"
import { check, migrate } from "./cli/check.ts"
import { demo } from "./cli/demo.ts"
import { invites } from "./cli/invites.ts"
import { print } from "./cli/output.ts"
import { exportTo, importFrom } from "./cli/transfer.ts"
import { users } from "./cli/users.ts"
import { envFile } from "./config/envFile.ts"
import { version } from "./contract/version.ts"

let isServing = false

/** The server takes over the process when the command has ended: signals and the exit status are its own then. */
const serve = Command.make("serve", {}, () =>
  Effect.sync(() => {
    isServing = true
  }),
).pipe(Command.withDescription("Starts the server, as `npm start` does once the page is built"))

const showVersion = Command.make("version", {}, () => print(`Confab ${version}, Node ${process.versions.node}`)).pipe(
  Command.withDescription("Shows the version"),
)

const confab = Command.make("confab").pipe(
  Command.withDescription(
    "Runs and looks after a Confab server. Settings come from the environment and from .env, as for the server.",
  ),
  Command.withSubcommands([serve, check, migrate, users, invites, exportTo, importFrom, demo, showVersion]),
)

/** The logs of layers, on stderr: stdout is for what was asked for. */
const logging = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
  Layer.succeed(References.MinimumLogLevel, "Warn"),
)

const wordsOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return String(error)
  if ("detail" in error && typeof error.detail === "string") return error.detail
  return "message" in error && typeof error.message === "string" ? error.message : String(error)
}

/** Wrong arguments are shown with the help by the library. */
const isShown = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ShowHelp"

const report = (cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  const failure = Cause.findError(cause)
  if (Result.isFailure(failure)) return Console.error(Cause.pretty(cause))
  return isShown(failure.success) ? Effect.void : Console.error(wordsOf(failure.success))
}

envFile.pipe(
  Effect.andThen(Command.run(confab, { version })),
  Effect.provide([NodeServices.layer, logging]),
  Effect.tapCause(report),
  (program) =>
    NodeRuntime.runMain(program, {
      disableErrorReporting: true,
      teardown: (exit, onExit) => {
        if (Exit.isFailure(exit)) onExit(Cause.hasInterruptsOnly(exit.cause) ? 130 : 1)
        else if (isServing) void import("./main.ts")
        else onExit(0)
      },
    }),
)
