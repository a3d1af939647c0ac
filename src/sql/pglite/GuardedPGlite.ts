// PGlite, stopped together with the process after a PANIC of PostgreSQL (it cannot write its log, as on a full disk). A
// real server stops and recovers at its next start; PGlite would continue with its locks held, and its next statement
// would never return.
import { writeSync } from "node:fs"
import { PGlite } from "@electric-sql/pglite"

/** The severity in an error; no text that is sent contains a zero byte. */
const panic = Buffer.from("VPANIC\0C")

/** PostgreSQL's message; undefined: no PANIC. */
export const panicOf = (data: Uint8Array): string | undefined => {
  const answer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const at = answer.indexOf(panic)
  if (at < 0) return undefined
  const from = answer.indexOf("\0M", at + panic.length)
  return answer.toString("utf8", from + 2, answer.indexOf(0, from + 2))
}

type Options = NonNullable<Parameters<PGlite["execProtocolRawStream"]>[1]>

export class GuardedPGlite extends PGlite {
  override execProtocolRawStream(message: Uint8Array, options: Options) {
    const onRawData = (data: Uint8Array) => {
      const words = panicOf(data)
      if (words !== undefined) {
        // The process must exit here: this is called while the statement runs, and the next one would begin right after
        // it.
        writeSync(
          2,
          `Confab has stopped: the embedded database cannot go on (${words}). What was acknowledged is not lost.\n`,
        )
        process.exit(1)
      }
      options.onRawData(data)
    }
    return super.execProtocolRawStream(message, { ...options, onRawData })
  }
}
