// The short runs of every `npm test`; FAULTS_SECONDS and FAULTS_SEED make them longer or repeat one.
import { describe, expect, it } from "vitest"
import { hasRedis, hasRedisServer } from "../support/redis.ts"
import { text } from "./report.ts"
import { type Report, run } from "./run.ts"

const seed = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1_000_000_000))
const secondsOf = (short: number) => Number(process.env.FAULTS_SECONDS ?? short)

/** One of each sort; a long run deals all. */
const short: ReadonlyArray<string> = [
  "kill -9 of a node",
  "a node stands still",
  "Redis is killed",
  "two nodes do not reach each other",
  "PostgreSQL crashes",
]

const judge = (report: Report): void => {
  console.log(text(report))
  expect(report.violations).toEqual([])
  expect(report.history.messages.length).toBeGreaterThan(50)
}

it(`breaks no promise while servers, databases and wires die (seed ${seed})`, {
  timeout: secondsOf(8) * 1_000 + 80_000,
}, async () => {
  const report = await run({ seed, seconds: secondsOf(8) })
  judge(report)
  expect(report.faults.size).toBe(8)
})

describe.skipIf(!hasRedis)("three nodes", () => {
  it(`break no promise while nodes, Redis, PostgreSQL and the wires between them die (seed ${seed})`, {
    timeout: secondsOf(10) * 1_000 + 120_000,
  }, async () => {
    const brisk = process.env.FAULTS_SECONDS === undefined
    const only = (fault: string) => !brisk || short.includes(fault)
    const report = await run({ seed, seconds: secondsOf(10), nodes: 3, only, brisk })
    judge(report)
    // Without a redis-server on the PATH there is none that may be killed.
    expect(report.faults.size).toBeGreaterThanOrEqual(short.length - (hasRedisServer ? 0 : 1))
  })
})
