// Blocks as a part of one's own state: stores them, and has the private chat of the two and the blocked user's devices
// heed them.
import { Clock, Effect } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { Broadcast } from "../broadcast/Broadcast.ts"
import { isDeletedAccount } from "../domain/deletedAccount.ts"
import { InvalidInput, type Unavailable, UserNotFound } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { type StateRemoval, StateStore, type StateWritten } from "../sql/state/StateStore.ts"
import { Directory } from "./Directory.ts"

/** Blocks of a deleted account that are removed in one transaction. */
const removedAtOnce = 200

export interface Blocks {
  /**
   * Stores the block of another user, or (`on` false) its end. `stored` is called once it is committed: afterwards it
   * holds, here at the latest once this succeeds and elsewhere by the job of the store.
   */
  set(
    by: UserId,
    blocked_id: UserId,
    on: boolean,
    stored: (written: StateWritten) => Effect.Effect<void>,
  ): Effect.Effect<StateWritten, InvalidInput | UserNotFound | Unavailable>
  /** Has the two users' private chat and the devices of the blocked one read the present state. */
  heed(by: UserId, blocked_id: UserId): Effect.Effect<void, Unavailable>
  /** Removes all blocks of this user; `removed` is called after each transaction. */
  forget(
    user_id: UserId,
    removed: (removals: ReadonlyArray<StateRemoval>) => Effect.Effect<void>,
  ): Effect.Effect<void, Unavailable>
}

export const makeBlocks = Effect.gen(function* () {
  const rows = yield* StateStore
  const chats = yield* ChatStore
  const directory = yield* Directory
  const actors = yield* ChatActors
  const broadcast = yield* Broadcast

  const heed = Effect.fnUntraced(function* (by: UserId, blocked_id: UserId) {
    yield* broadcast.publish({ _tag: "BlockersChanged", user_id: blocked_id })
    // A chat that is created from now on reads the block, and so does, from now on, every actor before it commits.
    const chat_id = yield* chats.fence(by, blocked_id)
    if (chat_id === undefined) return
    yield* Effect.catchTag(actors.ask(chat_id, { _tag: "ReadBlocks", by }), "ChatNotFound", () => Effect.void)
  })

  const mustBeAnother = Effect.fnUntraced(function* (by: UserId, blocked_id: UserId) {
    if (blocked_id === by) {
      return yield* new InvalidInput({ issues: [{ path: "key", message: "must name another user" }] })
    }
    const [user] = yield* directory.byIds(by, [blocked_id])
    if (user === undefined || isDeletedAccount(user)) return yield* new UserNotFound({ user_ids: [blocked_id] })
  })

  return {
    set: Effect.fnUntraced(function* (by, blocked_id, on, stored) {
      if (on) yield* mustBeAnother(by, blocked_id)
      const written = yield* rows.block({ user_id: by, blocked_id, on, at: yield* Clock.currentTimeMillis })
      yield* stored(written)
      // Also after `Same`: the request before this one may have failed in between.
      if (written._tag !== "Full") yield* heed(by, blocked_id)
      return written
    }),
    heed,
    forget: Effect.fnUntraced(function* (user_id, removed) {
      for (;;) {
        const removals = yield* rows.unblock(user_id, removedAtOnce)
        yield* removed(removals)
        if (removals.length < removedAtOnce) return
      }
    }),
  } satisfies Blocks
})
