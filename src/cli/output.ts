// How the command shows what it found.
import { Console, type Effect } from "effect"

/** Columns of equal width, with a line of titles; control characters in names are shown as `�`. */
export const table = (titles: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const safe = rows.map((row) => row.map((cell) => cell.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "�")))
  const widths = titles.map((title, i) => Math.max(title.length, ...safe.map((row) => (row[i] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()
  return [titles, ...safe].map(line).join("\n")
}

/** With thousands separated: `12,345`. */
export const grouped = (number: number): string => number.toLocaleString("en")

export const print = (text: string): Effect.Effect<void> => Console.log(text)

/** Up to the minute, in UTC. */
export const when = (millis: number | null): string =>
  millis === null ? "" : `${new Date(millis).toISOString().slice(0, 16).replace("T", " ")}Z`

export const count = (number: number, thing: string): string => `${grouped(number)} ${thing}${number === 1 ? "" : "s"}`
