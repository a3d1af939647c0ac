// Lets clamd (CLAMAV) look at uploads before they are stored. Does not own files: it reads one path.
import { Context, Effect, Layer, Metric } from "effect"
import { Settings } from "../config/Settings.ts"
import { Unavailable } from "../domain/errors.ts"
import { ScannerFailure, scan, type Verdict } from "./clamd.ts"

/** clamd says nothing while it works on a file, and while the file waits for one of its threads; milliseconds. */
const usualSilence = 60_000

const scans = Metric.counter("confab_scans_total", {
  description: "Uploads that the scanner has seen, by result",
  incremental: true,
})
const count = (result: "clean" | "refused" | "failed") => Metric.update(Metric.withAttributes(scans, { result }), 1)

export class Scanner extends Context.Service<
  Scanner,
  {
    /** false: the file must not be stored. Without a scanner every file is good; without a verdict of one, none is. */
    isGood(path: string): Effect.Effect<boolean, Unavailable>
  }
>()("confab/scanner/Scanner") {
  static readonly layerNone = Layer.succeed(Scanner, { isGood: () => Effect.succeed(true) })

  static readonly layer: Layer.Layer<Scanner, never, Settings> = Layer.unwrap(
    Effect.map(Settings, ({ files }) =>
      files._tag === "Off" || files.scanner === undefined ? Scanner.layerNone : Scanner.layerClamd(files.scanner),
    ),
  )

  static readonly layerClamd = (at: { readonly host: string; readonly port: number }, silence = usualSilence) =>
    Layer.succeed(Scanner, {
      isGood: Effect.fn("Scanner.isGood")(function* (path) {
        const verdict = yield* Effect.tryPromise({
          try: (signal): Promise<Verdict> => scan({ at, path, silence, signal }),
          catch: (error) => (error instanceof ScannerFailure ? error.code : "unknown"),
        }).pipe(
          Effect.catch((code) =>
            Effect.andThen(
              Effect.annotateLogs(Effect.logError("The scanner gave no verdict, so an upload was not taken"), { code }),
              Effect.andThen(count("failed"), new Unavailable()),
            ),
          ),
        )
        if (verdict._tag === "Clean") {
          yield* count("clean")
          return true
        }
        const { isTooLarge, reason } = verdict
        yield* count("refused")
        yield* Effect.annotateLogs(
          Effect.logWarning(
            isTooLarge
              ? "The scanner takes no file of this size: raise its StreamMaxLength, or lower FILE_MAX_MIB"
              : "The scanner has refused an upload",
          ),
          { reason },
        )
        return false
      }),
    })
}
