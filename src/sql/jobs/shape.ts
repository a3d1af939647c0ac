// Owns stored jobs: when each is due, and which node runs it. A claim is a lease: it moves the job's time to its own
// end, so that a job whose node dies is due again then. Does not own what jobs do (src/jobs), nor when those are added
// that belong to other changes: the stores of these changes add them in the same transaction.
import type { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { JobName } from "../../kinds/JobKinds.ts"

/** All of these together identify a job. */
export interface JobId {
  readonly kind: JobName
  /** null: the job concerns no user. */
  readonly user_id: UserId | null
  /** "": there is one job of this kind for the user, or one in all. */
  readonly key: string
}

export interface ClaimedJob extends JobId {
  readonly claim: number
  /** Ordinal of this attempt since the job last succeeded: 1, 2, 3 … */
  readonly attempt: number
}

export interface Claims {
  readonly jobs: ReadonlyArray<ClaimedJob>
  /** When the next of the other jobs is due, epoch milliseconds; null: there are none. */
  readonly next: number | null
}

export interface JobStoreShape {
  /** Adds one job of each kind, due at this time (epoch ms); an existing one stays as it is. */
  ensure(kinds: ReadonlyArray<JobName>, due_at: number): Effect.Effect<void, Unavailable>
  /** Takes at most `most` jobs that are due, the oldest first, for this node alone until `until` (epoch ms). */
  claim(now: number, until: number, most: number): Effect.Effect<Claims, Unavailable>
  /** Prolongs those of these claims that still hold. */
  prolong(claims: ReadonlyArray<number>, until: number): Effect.Effect<void, Unavailable>
  /** The job is done: it is deleted, if the claim still holds. */
  finish(claim: number): Effect.Effect<void, Unavailable>
  /** The job is due again at this time, if the claim still holds. `failed`: the attempt counts. */
  postpone(claim: number, due_at: number, failed: boolean): Effect.Effect<void, Unavailable>
  /** Gives the claims up, for another node. The attempts count: what they did is not known. */
  release(claims: ReadonlyArray<number>, due_at: number): Effect.Effect<void, Unavailable>
}
