// Owns whom a user can find and name, by DIRECTORY. Everybody else is as if they did not exist. Does not own profiles
// (Accounts), nor what a chat shows of its members (Chats).
import { Clock, Context, Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { type Unavailable, UserNotFound } from "../domain/errors.ts"
import type { UserId } from "../domain/Ids.ts"
import type { User } from "../domain/User.ts"
import { DirectoryStore } from "../sql/directory/DirectoryStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"

export class Directory extends Context.Service<
  Directory,
  {
    /** Users who match the query and whom `by` can find; the one whose full user name it is comes first. */
    search(by: UserId, query: string, limit: number): Effect.Effect<ReadonlyArray<User>, Unavailable>
    get(by: UserId, id: UserId): Effect.Effect<User, UserNotFound | Unavailable>
    /** Users who exist or did and whom `by` may see, by id. */
    byIds(by: UserId, ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlyArray<User>, Unavailable>
    /**
     * Those of the ids that `by` may name for a new chat or as new members. It does not look whether they exist, so that
     * the answer for those who are hidden takes as long as for those who do not.
     */
    nameable(by: UserId, ids: ReadonlyArray<UserId>): Effect.Effect<ReadonlySet<UserId>, Unavailable>
  }
>()("confab/services/Directory") {
  static readonly layer: Layer.Layer<Directory, never, DirectoryStore | Settings | UserStore> = Layer.effect(
    Directory,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const users = yield* UserStore
  const rows = yield* DirectoryStore
  const { directory } = yield* Settings

  /**
   * The user with exactly this name. Whom the searcher found so may be named from then on, on every node. While the
   * database takes no writes they are found all the same: no chat can be made then either.
   */
  const named = Effect.fnUntraced(function* (by: UserId, query: string) {
    const [found] = yield* users.byNames([query.trim().toLowerCase()])
    if (found === undefined) return []
    if (found.id !== by) {
      const remembered = rows.remember(by, found.id, yield* Clock.currentTimeMillis)
      yield* Effect.catch(remembered, () => Effect.logDebug("A found user could not be remembered"))
    }
    return yield* users.byIds([found.id])
  })

  /** Whose profile the user may read. A chat shows who wrote in it, also those who have left. */
  const visible = Effect.fnUntraced(function* (by: UserId, ids: ReadonlyArray<UserId>) {
    if (directory === "all") return ids
    const known = yield* rows.acquaintances(by, ids)
    return known.flatMap(({ found, shown, user_id }) => (found || shown || user_id === by ? [user_id] : []))
  })

  const byIds = Effect.fnUntraced(function* (by: UserId, ids: ReadonlyArray<UserId>) {
    return yield* users.byIds(yield* visible(by, ids))
  })

  return Directory.of({
    search: Effect.fn("Directory.search")(function* (by, query, limit) {
      if (directory === "all") return yield* users.search(query, limit)
      const first = yield* named(by, query)
      if (directory === "off") return first
      const others = yield* rows.searchShared(by, query, limit)
      return [...first, ...others.filter(({ id }) => id !== first[0]?.id)].slice(0, limit)
    }),
    get: Effect.fn("Directory.get")(function* (by, id) {
      const [user] = yield* byIds(by, [id])
      return user ?? (yield* new UserNotFound({ user_ids: [id] }))
    }),
    byIds: Effect.fn("Directory.byIds")(function* (by, ids) {
      return [...(yield* byIds(by, ids))].sort((a, b) => a.id - b.id)
    }),
    nameable: Effect.fn("Directory.nameable")(function* (by, ids) {
      if (directory === "all") return new Set(ids)
      const known = yield* rows.acquaintances(by, ids)
      const named = known.filter(({ found, shares }) => found || (directory === "shared" && shares))
      return new Set(named.map(({ user_id }) => user_id))
    }),
  })
})
