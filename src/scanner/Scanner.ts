// Lets clamd (CLAMAV) look at uploads before they are stored. Does not own files: it reads one path.
import { Clock, Context, Effect, Layer, Metric } from "effect"
import { Settings } from "../config/Settings.ts"
import type { Address } from "../config/Variable.ts"
import { Unavailable } from "../domain/errors.ts"
import { ScannerFailure, scan } from "./clamd.ts"

/** clamd sends nothing while it works on a file, and while the file waits for one of its threads; milliseconds. */
const longestSilence = 60_000

const scans = Metric.counter("confab_scans_total", {
  description: "Uploads that the scanner has seen, by result",
  incremental: true,
})
const count = (result: "clean" | "refused" | "failed") => Metric.update(Metric.withAttributes(scans, { result }), 1)

/** Fails when nothing has moved for `longestSilence`; connecting counts as well. */
const verdictOn = Effect.fnUntraced(function* (at: Address, path: string) {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  let movedAt = now()
  const moved = () => {
    movedAt = now()
  }
  const silence = Effect.gen(function* () {
    for (let left = longestSilence; left > 0; left = movedAt + longestSilence - now()) yield* Effect.sleep(left)
    return yield* Effect.fail("TimedOut")
  })
  const verdict = Effect.tryPromise({
    try: (signal) => scan({ at, path, moved, signal }),
    catch: (error) => (error instanceof ScannerFailure ? error.code : "unknown"),
  })
  return yield* Effect.raceFirst(verdict, silence)
})

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

  static readonly layerClamd = (at: Address) =>
    Layer.succeed(Scanner, {
      isGood: Effect.fn("Scanner.isGood")(function* (path) {
        const verdict = yield* verdictOn(at, path).pipe(
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
