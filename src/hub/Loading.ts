// Reads the chats of a user, once for all devices that connect at a time, and lets the user listen to them. On a single
// node the same query reads the positions of those chats: the hub receives the events of every chat, and notes those
// that pass the read. With several nodes a chat is only certain to be received once it is listened to, so positions are
// read afterwards.
import { Deferred, Effect, Exit } from "effect"
import { type Broadcast, ownStream } from "../broadcast/Broadcast.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { ChatStore } from "../sql/chats/ChatStore.ts"
import type { ConnectedUser } from "./Device.ts"
import { FirstRead } from "./FirstRead.ts"
import type { HubDelivery } from "./HubDelivery.ts"
import type { PositionReads } from "./PositionReads.ts"
import type { Standings } from "./state/Standings.ts"

/** Chats to which a user begins to listen in one turn of the event loop. */
const chatsAtOnce = 1_000

export const makeLoading = (
  hub: HubDelivery,
  broadcast: Broadcast["Service"],
  rows: ChatStore["Service"],
  reads: PositionReads,
  standings: Standings,
): ((user: ConnectedUser) => Effect.Effect<void, Unavailable>) => {
  const loading = new Map<ConnectedUser, Deferred.Deferred<void, Unavailable>>()

  const idsOf = (user: ConnectedUser): Effect.Effect<ReadonlyArray<ChatId>, Unavailable> => {
    if (broadcast.isDistributed) return rows.idsOf(user.id)
    const firstRead = new FirstRead(hub.concurrent)
    user.firstRead = firstRead
    const begun = hub.blockers.begin()
    return Effect.flatMap(reads.positionsOf(user.id), (positions) => {
      firstRead.positions = positions
      const chat_ids = positions.map(({ chat_id }) => chat_id)
      const [standing] = positions
      if (standing === undefined || standing.is_blocked) return Effect.as(standings.read(user), chat_ids)
      hub.ownState.reach(user, standing.state_version)
      hub.blockers.found(user, [], begun)
      return Effect.succeed(chat_ids)
    })
  }

  /**
   * The version of their own state, and who has blocked them: subscribed first, then read. On a single node they come
   * with the positions.
   */
  const readStanding = Effect.fnUntraced(function* (user: ConnectedUser) {
    if (!broadcast.isDistributed) return
    yield* broadcast.listen([ownStream(user.id)])
    yield* standings.read(user)
  })

  /** Signals of changes may be lost between nodes: so a hello has no version below what its device may have received elsewhere. */
  const renewStanding = (user: ConnectedUser) => (broadcast.isDistributed ? standings.read(user) : Effect.void)

  return Effect.fnUntraced(function* (user) {
    if (user.loaded) return yield* renewStanding(user)
    const underWay = loading.get(user)
    if (underWay !== undefined) return yield* Effect.andThen(Deferred.await(underWay), renewStanding(user))
    const deferred = Deferred.makeUnsafe<void, Unavailable>()
    loading.set(user, deferred)
    user.removedWhileLoading = new Set()
    const exit = yield* Effect.exit(
      Effect.map(Effect.all([idsOf(user), readStanding(user)], { concurrency: "unbounded" }), ([ids]) => ids),
    )
    if (Exit.isSuccess(exit)) {
      for (const [i, chat_id] of exit.value.entries()) {
        if (!user.removedWhileLoading.has(chat_id) && !hub.listeners.isIn(user, chat_id)) {
          hub.listeners.join(user, chat_id, -1)
        }
        if (i % chatsAtOnce === chatsAtOnce - 1) yield* Effect.yieldNow
      }
      if (broadcast.isDistributed) yield* broadcast.listen([...user.chats].map(({ id }) => id))
      user.loaded = true
    } else user.forgetFirstRead()
    user.removedWhileLoading = undefined
    loading.delete(user)
    Deferred.doneUnsafe(deferred, Exit.asVoid(exit))
    yield* Exit.asVoid(exit)
  }, Effect.uninterruptible)
}
