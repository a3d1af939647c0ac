// Writes the results: everything as JSON, the tables as Markdown, latency against load as a picture.
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { resultsDirectory } from "./Bench.ts"
import type { Kind } from "./Kind.ts"
import type { Options } from "./Options.ts"
import type { Outcome } from "./Outcome.ts"
import type { Postgres } from "./Postgres.ts"
import { type Curve, picture } from "./picture.ts"
import { markdown } from "./report.ts"
import type { NamedWork } from "./works.ts"

export interface Results {
  readonly options: Options
  readonly works: ReadonlyArray<NamedWork>
  readonly kinds: ReadonlyArray<Kind>
  readonly outcomes: ReadonlyArray<Outcome>
  readonly postgres: Postgres | undefined
  readonly minutes: number
}

/** The round of each server that reached the highest rate. */
const curves = ({ kinds, outcomes }: Results): ReadonlyArray<Curve> =>
  kinds.flatMap(({ name, title }) => {
    const rounds = outcomes.flatMap(({ report, server }) =>
      server === name && report?.rising !== undefined ? [report.rising] : [],
    )
    const longest = rounds.reduce<(typeof rounds)[number]>((a, b) => (b.length > a.length ? b : a), [])
    const points = longest.map(({ kept, last, rate }) => ({ rate, p50: last.p50, p99: last.p99, kept }))
    return points.length === 0 ? [] : [{ title, points }]
  })

/** Returns the files' paths. */
export const writeResults = (results: Results): ReadonlyArray<string> => {
  mkdirSync(resultsDirectory, { recursive: true })
  const { name } = results.options
  const written: Array<string> = []
  const write = (extension: string, content: string) => {
    const path = join(resultsDirectory, `${name}.${extension}`)
    writeFileSync(path, content)
    written.push(path)
  }
  const { minutes, options, outcomes, postgres } = results
  const { version = null, settings = null } = postgres ?? {}
  write("json", `${JSON.stringify({ options, minutes, postgres: { version, settings }, outcomes }, null, 2)}\n`)
  const drawn = curves(results)
  if (drawn.length > 0) write("svg", picture(drawn))
  write("md", markdown(results, drawn.length > 0 ? `${name}.svg` : undefined))
  return written
}
