// The sorted list of chats, newest activity first. A changed chat is removed and inserted; the others stay in place.
import type { ChatView } from "./ChatState.ts"

/** A chat before and after the change. */
export type Change = readonly [before: ChatView | undefined, after: ChatView | undefined]

/** With more changes than this, sorting is cheaper. */
const few = 16

const newestFirst = (a: ChatView, b: ChatView): number =>
  a.activeAt === b.activeAt ? b.id - a.id : a.activeAt < b.activeAt ? 1 : -1

/** The position of the chat, or the one at which it would be. */
const placeOf = (chat: ChatView, chats: ReadonlyArray<ChatView>): number => {
  let low = 0
  let high = chats.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (newestFirst(chats[middle]!, chat) < 0) low = middle + 1
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
  if (changes.length > few) return [...all.values()].sort(newestFirst)
  const next = chats.slice()
  for (const [before, after] of changes) {
    if (before !== undefined) next.splice(placeOf(before, next), 1)
    if (after !== undefined) next.splice(placeOf(after, next), 0, after)
  }
  return next
}
