// Wakes this node's runner of jobs when a job has been added here. Other nodes find the job when they look for
// themselves.
import { Context, Effect, Layer } from "effect"

export class JobAlarm extends Context.Service<
  JobAlarm,
  {
    /** A job is due at this time, epoch milliseconds. */
    ring(due_at: number): void
    /** The runner is called at each ring. */
    listen(listener: (due_at: number) => void): void
  }
>()("confab/sql/jobs/JobAlarm") {
  static readonly layer = Layer.effect(
    JobAlarm,
    Effect.sync(() => {
      let listener: (due_at: number) => void = () => undefined
      return JobAlarm.of({
        ring: (due_at) => listener(due_at),
        listen: (next) => {
          listener = next
        },
      })
    }),
  )
}
