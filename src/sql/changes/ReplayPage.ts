// Replays are read in pages: the size of one, and the beginning of the next.

/** The beginning of the next page of a replay. */
export interface ReplayPosition {
  /** The pages so far contain everything up to here. */
  readonly after: number
  /** The chat's version when the first page was read, and the end of the replay. */
  readonly upto: number
}

/** The size of one page of a replay. */
export interface PageSize {
  readonly events: number
  /** Bytes of the texts, and some hundred for each event. One event is always read, however long it is. */
  readonly bytes: number
}

/**
 * Some sixteen of the longest messages. Small enough for the embedded database, which does nothing else during the
 * read.
 */
export const pageSize: PageSize = { events: 1_000, bytes: 262_144 }

/** Bytes that an event counts besides its text. */
export const eventBytes = 400
