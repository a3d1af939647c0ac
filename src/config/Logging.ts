// The format of the server's log on stdout: readable lines on a terminal, one JSON object a line otherwise.
import { Effect, Layer, Logger, References } from "effect"
import { Settings } from "./Settings.ts"

/** Whether the log is formatted for a terminal. */
export const isPretty = (settings: Settings["Service"]): boolean =>
  settings.logFormat === "pretty" || (settings.logFormat === "auto" && process.stdout.isTTY === true)

/** Replaces Effect's own logger for every fiber that is started with this layer. */
export const Logging: Layer.Layer<never, never, Settings> = Layer.unwrap(
  Effect.map(Settings, (settings) =>
    Layer.mergeAll(
      Logger.layer([isPretty(settings) ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel),
    ),
  ),
)
