// The list of chats in order, newest activity first. A chat that changes is taken out and put in; the others stay as they are.
import type { ChatView } from "./ChatState.ts"

/** A chat as it was in the list, and as it is to be. */
export type Change = readonly [before: ChatView | undefined, after: ChatView | undefined]

/** More changes than this, and sorting is less work. */
const few = 16

const newestFirst = (a: ChatView, b: ChatView): number =>
  a.activeAt === b.activeAt ? b.id - a.id : a.activeAt < b.activeAt ? 1 : -1

/** Where the chat is, or would be. */
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

/** `all`: the chats as they are to be, in any order. */
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
