// The jobs of the in-memory tables, for the stores that add one with another change.
import type { JobRow, Tables } from "../memory/Tables.ts"

type Id = Pick<JobRow, "kind" | "user_id" | "key">

export const jobPlace = ({ key, kind, user_id }: Id): string => `${kind} ${user_id} ${key}`

/** Adds the job, or gives it this time: a claim of it no longer holds. */
export const addJob = (tables: Tables["Service"], { key, kind, user_id }: Id, due_at: number): void => {
  const row = { kind, user_id, key, due_at, attempts: 0, claim: null }
  tables.jobs.set(jobPlace(row), row)
}

export const removeJob = (tables: Tables["Service"], id: Id): void => {
  tables.jobs.delete(jobPlace(id))
}
