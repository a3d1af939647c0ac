// What an export or an import reports.
import type { Effect } from "effect"

export interface Progress {
  readonly table: string
  /** Rows of all tables so far, and in all; the bytes of a file count as one. */
  readonly rows: number
  readonly total: number
}

export type OnProgress = (progress: Progress) => Effect.Effect<void>

export interface Moved {
  readonly table: string
  readonly rows: number
}
