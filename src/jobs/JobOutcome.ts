// How a run of a job ended.
import type { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { JobName } from "../kinds/JobKinds.ts"
import type { ClaimedJob } from "../sql/jobs/JobStore.ts"

export type JobOutcome =
  /** A recurring job is due again after its interval; another one is deleted. */
  | { readonly _tag: "Done" }
  /** There is more to do, from this time on, epoch milliseconds. */
  | { readonly _tag: "Again"; readonly at: number }

export const done: JobOutcome = { _tag: "Done" }

/**
 * The work of a kind of job: one bounded step. It may be interrupted at any moment and run again, also on two nodes at
 * once after a lease has expired, so that it must have the same effect each time. Failures are retried later.
 */
export type JobWork = (job: ClaimedJob) => Effect.Effect<JobOutcome, Unavailable>

/** The work of all kinds. */
export type Works = { readonly [Name in JobName]: JobWork }
