// The short run of every `npm test`; FAULTS_SECONDS and FAULTS_SEED make it longer or repeat one.
import { expect, it } from "vitest"
import { allFaults } from "./faults.ts"
import { text } from "./report.ts"
import { run } from "./run.ts"

const seconds = Number(process.env.FAULTS_SECONDS ?? 8)
const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000_000))

it(`breaks no promise while servers, databases and wires die (seed ${seed})`, {
  timeout: seconds * 1_000 + 80_000,
}, async () => {
  const report = await run({ seed, seconds })
  console.log(text(report))
  expect(report.violations).toEqual([])
  expect(report.history.messages.length).toBeGreaterThan(50)
  expect(report.faults.size).toBe(allFaults.length)
})
