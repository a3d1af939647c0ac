// The JobStore over the in-memory tables.
import { Effect } from "effect"
import { type JobRow, Tables } from "../memory/Tables.ts"
import { addJob, jobPlace } from "./memoryJobs.ts"
import type { JobStoreShape } from "./shape.ts"

export const makeMemoryJobs = Effect.gen(function* () {
  const tables = yield* Tables
  const { jobs } = tables
  const put = (row: JobRow) => jobs.set(jobPlace(row), row)
  const ofClaims = (claims: ReadonlyArray<number>) =>
    [...jobs.values()].filter(({ claim }) => claim !== null && claims.includes(claim))
  const inOrder = () => [...jobs.values()].sort((a, b) => a.due_at - b.due_at)
  return {
    ensure: (kinds, due_at) =>
      Effect.sync(() => {
        for (const kind of kinds) {
          const id = { kind, user_id: null, key: "" }
          if (!jobs.has(jobPlace(id))) addJob(tables, id, due_at)
        }
      }),
    claim: (now, until, most) =>
      Effect.sync(() => {
        const due = inOrder()
          .filter(({ due_at }) => due_at <= now)
          .slice(0, most)
        const next = inOrder().find((job) => !due.includes(job))?.due_at ?? null
        const claimed = due.map(({ attempts, key, kind, user_id }) => {
          const claim = tables.nextId.jobClaim++
          put({ kind, user_id, key, due_at: until, attempts: attempts + 1, claim })
          return { kind, user_id, key, claim, attempt: attempts + 1 }
        })
        return { jobs: claimed, next }
      }),
    prolong: (claims, until) =>
      Effect.sync(() => {
        for (const job of ofClaims(claims)) put({ ...job, due_at: until })
      }),
    finish: (claim) =>
      Effect.sync(() => {
        for (const job of ofClaims([claim])) jobs.delete(jobPlace(job))
      }),
    postpone: (claim, due_at, failed) =>
      Effect.sync(() => {
        for (const job of ofClaims([claim])) put({ ...job, due_at, claim: null, attempts: failed ? job.attempts : 0 })
      }),
    release: (claims, due_at) =>
      Effect.sync(() => {
        for (const job of ofClaims(claims)) put({ ...job, due_at, claim: null })
      }),
  } satisfies JobStoreShape
})
