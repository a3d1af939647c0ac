// Measures how the server stops, recovers and behaves under faults, and prints a table with the promised limits. `node
// bench/resilience.ts` runs everything in some thirteen minutes; names after it select: kill terminate database drop
// stall floods absence unread ghosts groups. The last four are what one hostile account or address can do.
import { absence } from "./resilience/absence.ts"
import { database } from "./resilience/database.ts"
import { drop } from "./resilience/drop.ts"
import { floods } from "./resilience/floods.ts"
import { ghostLogIns } from "./resilience/ghosts.ts"
import { manyGroups } from "./resilience/groups.ts"
import { kill } from "./resilience/kill.ts"
import type { Measure, Row } from "./resilience/Row.ts"
import { stall } from "./resilience/stall.ts"
import { terminate } from "./resilience/terminate.ts"
import { unread } from "./resilience/unread.ts"

const measures: Readonly<Record<string, Measure>> = {
  kill,
  terminate,
  database,
  drop,
  stall,
  floods,
  absence,
  unread,
  ghosts: ghostLogIns,
  groups: manyGroups,
}

const print = (rows: ReadonlyArray<Row>) => {
  const lines = [
    ["what", "promised", "measured"],
    ["---", "---", "---"],
  ].concat(rows.map(({ what, promised, measured, kept }) => [what, promised, kept ? measured : `**${measured}**`]))
  for (const line of lines) console.log(`| ${line.join(" | ")} |`)
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => measures[name] === undefined)
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}; there are ${Object.keys(measures).join(", ")}.`)
  process.exit(1)
}
const rows: Array<Row> = []
for (const [name, measure] of Object.entries(measures)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  process.stderr.write(`${name} … `)
  const from = performance.now()
  rows.push(...(await measure()))
  process.stderr.write(`${Math.round((performance.now() - from) / 1000)} s\n`)
}
print(rows)
process.exitCode = rows.every(({ kept }) => kept) ? 0 : 1
