// Owns running jobs on this node: takes those that are due, a bounded number at a time, and waits until the next is due
// or one is added. Jobs survive this process: what it had claimed is due again when the lease ends. Does not own what
// jobs do (works.ts) nor when they are due (JobStore).
import { Cause, Effect, Exit, Latch, Layer, Metric, Scope } from "effect"
import { type JobName, jobKinds, jobNames } from "../kinds/JobKinds.ts"
import { DatabaseClock } from "../sql/database/DatabaseClock.ts"
import { JobAlarm } from "../sql/jobs/JobAlarm.ts"
import { type ClaimedJob, JobStore } from "../sql/jobs/JobStore.ts"
import type { JobOutcome, Works } from "./JobOutcome.ts"

/** Jobs that run concurrently on this node. */
const atOnce = 50
/** How long a node that has died keeps its jobs, milliseconds. A living one prolongs them. */
const leaseMillis = 1_200
const prolongEvery = "400 millis"
/** The wait after the first failure; each further one doubles it. */
const firstWait = 250
/** Until the next attempt to reach the database. */
const awayMillis = 1_000

const runs = Metric.counter("confab_jobs_total", { description: "Runs of jobs by kind and result", incremental: true })

const count = (kind: JobName, result: "done" | "failed") =>
  Metric.update(Metric.withAttributes(runs, { kind, result }), 1)

const waitAfter = ({ attempt, kind }: ClaimedJob): number =>
  Math.min(firstWait * 2 ** Math.min(attempt - 1, 20), jobKinds[kind].longestWait)

const recurring = jobNames.filter((name) => jobKinds[name].every !== null)

export interface JobRunnerOptions<R> {
  readonly works: Effect.Effect<Works, never, R>
  /**
   * How soon a job that another process added is found, by one look at an index. Jobs that are added in this process
   * wake the runner.
   */
  readonly lookEveryMillis: number
}

const make = Effect.fnUntraced(function* <R>({ lookEveryMillis, works }: JobRunnerOptions<R>) {
  const store = yield* JobStore
  const alarm = yield* JobAlarm
  const clock = yield* DatabaseClock
  const work = yield* works
  const running = new Map<number, ClaimedJob>()
  /** Open when the runner must look before the planned time. */
  const wake = Latch.makeUnsafe()
  /** Open while jobs run. */
  const busy = Latch.makeUnsafe()
  /** When the runner looks next, epoch milliseconds. */
  let planned = 0
  let isReady = false

  const lookAt = (millis: number) => {
    if (millis >= planned) return
    planned = millis
    wake.openUnsafe()
  }
  alarm.listen(lookAt)

  const postpone = (job: ClaimedJob, at: number, failed: boolean) =>
    Effect.andThen(
      store.postpone(job.claim, at, failed),
      Effect.sync(() => lookAt(at)),
    )

  const settle = (job: ClaimedJob, outcome: JobOutcome) => {
    if (outcome._tag === "Again") return postpone(job, outcome.at, false)
    const { every } = jobKinds[job.kind]
    return every === null ? store.finish(job.claim) : postpone(job, clock.now() + every, false)
  }

  const perform = (job: ClaimedJob) =>
    work[job.kind](job).pipe(
      Effect.matchCauseEffect({
        onSuccess: (outcome) => Effect.andThen(count(job.kind, "done"), settle(job, outcome)),
        onFailure: (cause) =>
          Effect.andThen(
            Cause.hasDies(cause)
              ? Effect.logError("A job failed unexpectedly", cause)
              : Effect.logDebug("A job waits for the database"),
            Effect.andThen(count(job.kind, "failed"), postpone(job, clock.now() + waitAfter(job), true)),
          ),
      }),
      // The job is due again when its lease ends.
      Effect.catch(() => Effect.logDebug("The end of a job could not be stored")),
      Effect.annotateLogs({ job: job.kind }),
      Effect.ensuring(
        Effect.sync(() => {
          const wasFull = running.size >= atOnce
          running.delete(job.claim)
          if (wasFull) lookAt(0)
        }),
      ),
    )

  const jobs = yield* Scope.make()

  const begin = (job: ClaimedJob) => {
    running.set(job.claim, job)
    busy.openUnsafe()
    return Effect.forkIn(perform(job), jobs)
  }

  /** Begins what is due, and plans the next look. */
  const look = Effect.gen(function* () {
    wake.closeUnsafe()
    const now = clock.now()
    planned = now + lookEveryMillis
    if (!isReady) {
      yield* store.ensure(recurring, now)
      isReady = true
    }
    const free = atOnce - running.size
    if (free === 0) return
    const claims = yield* store.claim(now, now + leaseMillis, free)
    yield* Effect.forEach(claims.jobs, begin, { discard: true })
    if (claims.next === null) return
    // What is overdue although there was room is being claimed by another node at this moment.
    const next = claims.jobs.length === free ? claims.next : Math.max(claims.next, now + firstWait)
    planned = Math.min(planned, next)
  }).pipe(
    Effect.uninterruptible,
    Effect.catch(() =>
      Effect.andThen(
        Effect.logDebug("Jobs wait for the database"),
        Effect.sync(() => {
          planned = Math.min(planned, clock.now() + awayMillis)
        }),
      ),
    ),
  )

  const untilPlanned = Effect.suspend(() =>
    Effect.raceFirst(wake.await, Effect.sleep(Math.max(planned - clock.now(), 0))),
  )

  const prolong = Effect.gen(function* () {
    yield* busy.await
    yield* Effect.sleep(prolongEvery)
    if (running.size === 0) busy.closeUnsafe()
    else yield* Effect.ignore(store.prolong([...running.keys()], clock.now() + leaseMillis))
  })

  const forever = (step: Effect.Effect<void>) =>
    step.pipe(
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError("The runner of jobs failed", defect), Effect.sleep(awayMillis)),
      ),
      Effect.forever,
      Effect.forkScoped,
    )

  yield* Effect.addFinalizer(() =>
    Effect.gen(function* () {
      const claims = [...running.keys()]
      yield* Scope.close(jobs, Exit.void)
      if (claims.length > 0) yield* Effect.ignore(store.release(claims, clock.now()))
    }),
  )
  yield* forever(prolong)
  yield* forever(Effect.andThen(look, untilPlanned))
})

export const jobRunner = <R>(options: JobRunnerOptions<R>) => Layer.effectDiscard(make(options))
