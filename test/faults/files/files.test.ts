// A short run of files in every `npm test`; FAULTS_SEED repeats one, FAULTS_LIVES makes it longer.
import { expect, it } from "vitest"
import { filesText, runFiles } from "./runFiles.ts"

const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000_000))
const lives = Number(process.env.FAULTS_LIVES ?? 20)

it(`no message is without its bytes, and no bytes without an owner, when the server is killed (seed ${seed})`, {
  timeout: 240_000 + lives * 3_000,
}, async () => {
  const report = await runFiles({ seed, lives, people: 10, database: "embedded" })
  console.log(filesText(report))
  expect(report.violations).toEqual([])
  expect(report.kills).toBe(Math.ceil(lives / 10))
  expect(report.checks).toBe(1)
})
