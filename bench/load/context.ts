// What every work of the load generator receives.
import type { Job, Mark } from "../Job.ts"
import type { Dialect } from "./Dialect.ts"

export interface Context {
  readonly job: Job
  readonly dialect: Dialect
  readonly token: (user: number) => string
  /** Runs `run` for all items, `width` of them concurrently. */
  readonly inTurn: <A>(items: ReadonlyArray<A>, width: number, run: (item: A) => Promise<void>) => Promise<void>
  /** Sends the mark to the parent and waits for its answer. */
  readonly ask: (mark: Mark) => Promise<void>
}

export const inTurn: Context["inTurn"] = async (items, width, run) => {
  const rest = items.values()
  const worker = async () => {
    for (const item of rest) await run(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
