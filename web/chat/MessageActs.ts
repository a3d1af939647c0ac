// What a user can do with messages, for the menu and the bars. The conversation and the thread provide it.
import type { Entry } from "../model/Entry.ts"

export interface MessageActs {
  reply(entry: Entry): void
  edit(entry: Entry): void
  /** Asks first. */
  remove(entries: ReadonlyArray<Entry>): void
  readers(entry: Entry): void
  history(entry: Entry): void
  forward(entries: ReadonlyArray<Entry>): void
  pin(entry: Entry, on: boolean): void
  /** Absent within a thread. */
  readonly thread?: (entry: Entry) => void
  readonly select?: (entry: Entry) => void
}
