// The selected messages, in their order, and as a text.
import type { MessageId } from "../../src/domain/Ids.ts"
import type { Entry } from "../model/Entry.ts"

export const selectedAtMost = 100

export type Selected = ReadonlyMap<MessageId, Entry>

/** In the order of the chat. */
export const inOrder = (selected: Selected): ReadonlyArray<Entry> =>
  [...selected.values()].sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))

/** The texts with their senders and times; one alone is copied as it is. */
export const asText = (
  entries: ReadonlyArray<Entry>,
  nameOf: (entry: Entry) => string,
  timeOf: (entry: Entry) => string,
): string => {
  const [first] = entries
  if (entries.length === 1 && first !== undefined) return first.text
  return entries.map((entry) => `${nameOf(entry)}, ${timeOf(entry)}\n${entry.text}`).join("\n\n")
}
