// The result of one work on one server.
import type { Report } from "./Job.ts"

export interface Outcome {
  readonly work: string
  readonly server: string
  readonly round: number
  /** ms from the start of the process until it was ready, on existing tables. */
  readonly startUps: ReadonlyArray<number>
  readonly report?: Report
  /** Bytes a socket. */
  readonly memory?: { readonly rss: number; readonly heap: number }
  /** Messages that the work added to the database. */
  readonly rows?: number
  /** The failure, if there is no other result. */
  readonly error?: string
}

/** Whether the database contains every acknowledged message, and each was delivered exactly once. */
export const isSound = ({ error, report, rows }: Outcome): boolean => {
  if (error !== undefined) return false
  if (report?.faults === undefined) return true
  const { acknowledged, cut, doubled, unacknowledged, undelivered } = report.faults
  return unacknowledged + undelivered + doubled + cut === 0 && rows === acknowledged
}

export const median = (values: ReadonlyArray<number>): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? sorted[middle]
    : sorted.length === 0
      ? undefined
      : (sorted[middle - 1]! + sorted[middle]!) / 2
}
