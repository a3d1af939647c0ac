// The sorted list of chats: pinned ones, newest pin first, then by newest activity. A changed chat is removed and inserted; the others stay in place.
import type { ChatView } from "./ChatState.ts"

/** A chat before and after the change. */
export type Change = readonly [before: ChatView | undefined, after: ChatView | undefined]

/** With more changes than this, sorting is cheaper. */
const few = 16

/** A pinned chat keeps its place, whatever is written in it. Either is a time in ISO 8601. */
const placeIn = ({ activeAt, settings }: ChatView): string => settings?.pinned_at ?? activeAt
const isPinned = ({ settings }: ChatView): number => (settings?.pinned_at == null ? 0 : 1)

const inOrder = (a: ChatView, b: ChatView): number => {
  const pins = isPinned(b) - isPinned(a)
  if (pins !== 0) return pins
  const [here, there] = [placeIn(a), placeIn(b)]
  return here === there ? b.id - a.id : here < there ? 1 : -1
}

/** The position of the chat, or the one at which it would be. */
const placeOf = (chat: ChatView, chats: ReadonlyArray<ChatView>): number => {
  let low = 0
  let high = chats.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (inOrder(chats[middle]!, chat) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** `all`: all chats after the change, in any order. */
export const reordered = (
  chats: ReadonlyArray<ChatView>,
  changes: ReadonlyArray<Change>,
  all: ReadonlyMap<unknown, ChatView>,
): ReadonlyArray<ChatView> => {
  if (changes.length > few) return [...all.values()].sort(inOrder)
  const next = chats.slice()
  for (const [before, after] of changes) {
    if (before !== undefined) next.splice(placeOf(before, next), 1)
    if (after !== undefined) next.splice(placeOf(after, next), 0, after)
  }
  return next
}
