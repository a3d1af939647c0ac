// Replays are read in pages: what one may hold, and where the next one begins.

/** Where the next page of a replay begins. */
export interface ReplayPosition {
  /** The pages so far have everything up to here. */
  readonly after: number
  /** Where the chat stood when the first page was read, and where the replay ends. */
  readonly upto: number
}

/** What one page of a replay may hold. */
export interface PageSize {
  readonly events: number
  /** Of the texts, with some hundred for each event. One event is read however long it is. */
  readonly bytes: number
}

/** Of the longest messages some sixteen. Small enough for the embedded database, which does nothing else meanwhile. */
export const pageSize: PageSize = { events: 1_000, bytes: 262_144 }

/** What an event is counted with beside its text, bytes. */
export const eventBytes = 400
