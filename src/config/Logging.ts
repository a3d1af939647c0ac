// How the server's log looks: for eyes on a terminal, one JSON object a line for machines elsewhere. Always on stdout.
import { Effect, Layer, Logger, References } from "effect"
import { Settings } from "./Settings.ts"

/** Is the log for eyes? */
export const isPretty = (settings: Settings["Service"]): boolean =>
  settings.logFormat === "pretty" || (settings.logFormat === "auto" && process.stdout.isTTY === true)

/** Replaces Effect's own logger, from here on and for every fiber. */
export const Logging: Layer.Layer<never, never, Settings> = Layer.unwrap(
  Effect.map(Settings, (settings) =>
    Layer.mergeAll(
      Logger.layer([isPretty(settings) ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel),
    ),
  ),
)
