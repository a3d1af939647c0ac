// Lets followers read on: compares the versions of chats with their cursors, some at a time, reads what is missing and
// moves the cursors. Resumes at the cursors after a crash. One node does it at a time (jobs/); if two do, one of them
// finds that a cursor has moved, and changes nothing.
import { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import { Changes } from "../sql/changes/Changes.ts"
import { type FollowedChat, FollowerStore } from "../sql/followers/FollowerStore.ts"
import type { Follower } from "./Follower.ts"

/** Chats that are compared in one step. */
const chatsAtOnce = 500
/** Pages of changes that are read in one step. */
const pagesAtOnce = 20

/** One bounded step of all followers. Returns whether a round is not finished. */
export type Following = Effect.Effect<boolean, Unavailable>

export const makeFollowing = Effect.fnUntraced(function* (
  followers: ReadonlyArray<Follower>,
  { chats: most, pages: budget } = { chats: chatsAtOnce, pages: pagesAtOnce },
): Effect.fn.Return<Following, never, Changes | FollowerStore> {
  const store = yield* FollowerStore
  const changes = yield* Changes
  /** By follower: the last chat of this round that it has read. */
  const places = new Map<string, number>()

  /** Reads a chat on by at most so many pages. Returns how many are left; undefined: they did not suffice. */
  const readOn = Effect.fnUntraced(function* (follower: Follower, chat: FollowedChat, pages: number) {
    const { chat_id, head } = chat
    let state = chat.state ?? follower.start
    let left = pages
    for (let version = chat.version; version < head; left--) {
      if (left === 0) return undefined
      const page = yield* changes.log(chat_id, version, head)
      // It was deleted concurrently.
      if (page === undefined) return left
      const events = page.events.map(({ event }) => event)
      state = yield* follower.handle(chat_id, events, state)
      // Another node has read on.
      if (!(yield* store.advance(follower.name, chat_id, version, page.upto, state))) return left
      version = page.upto
    }
    return left
  })

  const step = Effect.fnUntraced(function* (follower: Follower) {
    const { chats, last } = yield* store.behind(follower.name, places.get(follower.name) ?? 0, most)
    let pages = budget
    for (const chat of chats) {
      const left: number | undefined = yield* readOn(follower, chat, pages)
      if (left === undefined) return true
      pages = left
      places.set(follower.name, chat.chat_id)
    }
    places.set(follower.name, last ?? 0)
    if (last === null) yield* follower.onRound
    return last !== null
  })

  return Effect.map(Effect.forEach(followers, step), (isUnfinished) => isUnfinished.includes(true))
})
