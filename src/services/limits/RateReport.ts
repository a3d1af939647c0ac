// What the limits leave to the caller of one request, for the headers of its answer. Does not limit anything.
import { Context, Effect } from "effect"

export interface RateLeft {
  /** As in limitSettings.ts. */
  readonly name: string
  /** How many may be taken at once, and the seconds in which as many come again. */
  readonly quota: number
  readonly window_seconds: number
  /** How many may be taken now. */
  readonly remaining: number
  /** Seconds until the whole quota is there again; after a refusal, until the refused number is there. */
  readonly reset_seconds: number
}

/** Each limit that the request took from, once. undefined: no report is needed, as on sockets. */
export const RateReport = Context.Reference<Array<RateLeft> | undefined>("confab/services/limits/RateReport", {
  defaultValue: () => undefined,
})

/** Adds `left` to the report of the current request, in place of what it has under this name. */
export const reportRate = (left: () => RateLeft): Effect.Effect<void> =>
  Effect.withFiber((fiber) => {
    const report = fiber.getRef(RateReport)
    if (report === undefined) return Effect.void
    const now = left()
    const at = report.findIndex(({ name }) => name === now.name)
    if (at === -1) report.push(now)
    else report[at] = now
    return Effect.void
  })
