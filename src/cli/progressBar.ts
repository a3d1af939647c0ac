// A bar on the terminal. There is none where stderr is no terminal.
import { Clock, Effect } from "effect"
import type { OnProgress } from "../sql/transfer/progress.ts"
import { grouped } from "./output.ts"

const width = 30
/** Between two drawings, milliseconds. */
const pause = 100

/** One line, without its end: `Exporting  [####…] 52 %  1,000 of 2,000 rows, messages`. */
export const bar = (what: string, rows: number, total: number, table: string): string => {
  const share = total === 0 ? 1 : rows / total
  const done = Math.floor(share * width)
  const percent = String(Math.floor(share * 100)).padStart(3)
  return `${what}  [${"#".repeat(done)}${".".repeat(width - done)}] ${percent} %  ${grouped(rows)} of ${grouped(total)} rows, ${table}`
}

/** Erases the line of the cursor. */
const erase = "\r\u001b[2K"

/** Runs the work, and shows how far it is; the bar is gone when it ends. */
export const withProgress = <A, E, R>(
  what: string,
  work: (onProgress: OnProgress) => Effect.Effect<A, E, R>,
  terminal: Pick<NodeJS.WriteStream, "isTTY" | "columns" | "write"> = process.stderr,
): Effect.Effect<A, E, R> => {
  if (!terminal.isTTY) return work(() => Effect.void)
  let drawnAt = Number.NEGATIVE_INFINITY
  const draw: OnProgress = ({ rows, table, total }) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      if (now - drawnAt < pause) return
      drawnAt = now
      terminal.write(erase + bar(what, rows, total, table).slice(0, Math.max(20, terminal.columns - 1)))
    })
  return Effect.ensuring(
    work(draw),
    Effect.sync(() => terminal.write(erase)),
  )
}
