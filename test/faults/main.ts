// npm run faults -- --seconds 600 --seed 7
import { parseArgs } from "node:util"
import { text } from "./report.ts"
import { run } from "./run.ts"

const { values } = parseArgs({ options: { seconds: { type: "string" }, seed: { type: "string" } } })
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
const seconds = Number(values.seconds ?? process.env.FAULTS_SECONDS ?? 60)
const began = performance.now()

console.log(`seed ${seed}, ${seconds} s`)
const report = await run({
  seed,
  seconds,
  log: (line) => console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`),
})
console.log(`\n${text(report)}`)
process.exitCode = report.violations.length === 0 ? 0 : 1
