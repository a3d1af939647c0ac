// What a user has not read in all of their chats: counts it, and marks all of it as read. Reads the chats page by page
// and marks a few at a time through their actors, so that a user with very many chats delays no other.
import { Context, Effect, Layer } from "effect"
import type { TooManyRequests, Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Unread } from "../domain/Unread.ts"
import { ChatStore, type Position } from "../sql/chats/ChatStore.ts"
import { Turns } from "../sql/database/Turns.ts"
import { RateLimits } from "./limits/RateLimits.ts"
import { OwnState } from "./OwnState.ts"

const page = 256
/** Users whose chats are processed concurrently. */
const usersAtOnce = 2
/** Chats of one user that are marked concurrently. */
const marksAtOnce = 4

export class UnreadChats extends Context.Service<
  UnreadChats,
  {
    /** Each chat as of the reading of its page. */
    count(by: UserId): Effect.Effect<Unread, Unavailable>
    /**
     * Messages that arrive in a chat after its page is read stay unread. After `Unavailable` a part is read, and the
     * same call reads the rest.
     */
    readAll(by: UserId): Effect.Effect<void, TooManyRequests | Unavailable>
  }
>()("confab/services/UnreadChats") {
  static readonly layer = Layer.effect(
    UnreadChats,
    Effect.gen(function* () {
      const rows = yield* ChatStore
      const limits = yield* RateLimits
      const state = yield* OwnState
      const turns = new Turns(usersAtOnce)

      /** Visits the chats of a user with unread messages. */
      const forEachUnread = <E>(
        by: UserId,
        visit: (unread: ReadonlyArray<Position>) => Effect.Effect<void, E>,
      ): Effect.Effect<void, E | Unavailable> =>
        turns.take(
          by,
          Effect.gen(function* () {
            for (let after: number | undefined = 0; after !== undefined; ) {
              const found: ReadonlyArray<Position> = yield* rows.positionsOf([{ user_id: by, after, count: page }])
              yield* visit(found.filter(({ unread_count }) => unread_count > 0))
              after = found.length < page ? undefined : Math.max(...found.map(({ chat_id }) => chat_id))
            }
          }),
        )

      // A chat that the user has left has nothing to be read.
      const read = (by: UserId, chat_id: ChatId, seq: number) =>
        Effect.catchTag(state.read(by, chat_id, seq), "ChatNotFound", () => Effect.void)

      return UnreadChats.of({
        count: Effect.fn("UnreadChats.count")(function* (by) {
          let [chats, messages, mentions] = [0, 0, 0]
          yield* forEachUnread(by, (unread) =>
            Effect.sync(() => {
              chats += unread.length
              for (const { unread_count, unread_mention_count } of unread) {
                messages += unread_count
                mentions += unread_mention_count
              }
            }),
          )
          return { chats, messages, mentions }
        }),
        readAll: Effect.fn("UnreadChats.readAll")(function* (by) {
          yield* limits.demand("reads", by)
          yield* forEachUnread(by, (unread) =>
            Effect.forEach(unread, ({ chat_id, last_seq }) => read(by, chat_id, last_seq), {
              concurrency: marksAtOnce,
              discard: true,
            }),
          )
          yield* state.clearAllUnread(by)
        }),
      })
    }),
  )
}
