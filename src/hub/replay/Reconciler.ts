// Finds what broadcast has lost between nodes, by asking the database where those chats stand that are listened to here, and
// who is in which: a little of it every second, at once for a chat that is new here, and all of it after a loss.
// Does not tell anybody: the hub reads what is missing, and tells it in its order.
import { Effect, Latch } from "effect"
import { type Broadcast, ownStream } from "../../broadcast/Broadcast.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { ChatStore, ChatVersion, Membership } from "../../sql/chats/ChatStore.ts"
import type { StateStore } from "../../sql/state/StateStore.ts"
import type { HubState } from "../HubState.ts"
import type { ChatWatch, ConnectedUser } from "../Listeners.ts"
import { enterLate, listenUntold } from "../lateMembers.ts"

const tick = "1 second"
/** A round of everything takes so many ticks … */
const ticksPerRound = 5
/** … or more of them, where that would be more than this at once. */
const chatsAtOnce = 5_000
const usersAtOnce = 500

/** Goes round a table that changes, a slice at a time. */
class Round<Key> {
  private left: Array<Key> = []
  private readonly atOnce: number

  constructor(atOnce: number) {
    this.atOnce = atOnce
  }

  next(table: ReadonlyMap<Key, unknown>): ReadonlyArray<Key> {
    if (this.left.length === 0) this.left = [...table.keys()]
    return this.left.splice(0, Math.min(this.atOnce, Math.ceil(table.size / ticksPerRound)))
  }

  /** Slices of everything, from the beginning. */
  all(table: ReadonlyMap<Key, unknown>): ReadonlyArray<ReadonlyArray<Key>> {
    this.left = []
    const keys = [...table.keys()]
    return Array.from({ length: Math.ceil(keys.length / this.atOnce) }, (_, i) =>
      keys.slice(i * this.atOnce, (i + 1) * this.atOnce),
    )
  }
}

export interface Reconciler {
  readonly watch: ChatWatch
  /** Signals got lost: looks at everything, soon. */
  readonly compare: () => void
  /** Never ends. */
  run(hub: HubState): Effect.Effect<never>
}

/** On a node that is alone nothing gets lost. */
const none: Reconciler = {
  watch: { opened: () => {}, closed: () => {}, left: () => {} },
  compare: () => {},
  run: () => Effect.never,
}

export const makeReconciler = (
  broadcast: Broadcast["Service"],
  rows: ChatStore["Service"],
  states: Pick<StateStore["Service"], "standings">,
): Reconciler => {
  if (!broadcast.isDistributed) return none
  const chats = new Round<ChatId>(chatsAtOnce)
  const users = new Round<UserId>(usersAtOnce)
  /** Chats that came to this node by an event: what followed it may have gone by before they were heard here. */
  const fresh = new Set<ChatId>()
  const someFresh = Latch.makeUnsafe(false)
  const loss = Latch.makeUnsafe(false)
  /** Chats that were behind a tick ago: what has not come by now is not under way. */
  let suspects: ReadonlyArray<ChatVersion> = []
  /** Chats that nobody here listens to any more, since the memberships were last asked for. */
  const closedConcurrently = new Set<ChatId>()

  const tell = (hub: HubState, heads: ReadonlyArray<ChatVersion>) =>
    hub.handle(heads.map((head) => ({ _tag: "ChatHead", ...head })))

  /** Those of the chats that the database knows more of. One that is just being opened is read anyway. */
  const behind = (hub: HubState, chat_ids: ReadonlyArray<ChatId>) => {
    const known = chat_ids.flatMap((chat_id) => {
      const version = hub.listeners.chats.get(chat_id)?.told ?? -1
      return version < 0 ? [] : [{ chat_id, version }]
    })
    return known.length === 0 ? Effect.succeed([]) : rows.ahead(known)
  }

  const catchUp = (hub: HubState, chat_ids: ReadonlyArray<ChatId>) =>
    Effect.map(behind(hub, chat_ids), (heads) => {
      tell(hub, heads)
      // One that was being filled has not listened.
      suspects = [...suspects, ...heads]
    })

  /** Into chats that were opened here, for others, after these had come: by itself a chat tells of what comes from there on. */
  const enterOpened = Effect.fnUntraced(function* (hub: HubState, found: ReadonlyArray<Membership>) {
    for (const { chat_id, joined_version, user_id } of found) {
      const chat = hub.listeners.chats.get(chat_id)
      const user = hub.listeners.users.get(user_id)
      if (chat === undefined || user?.loaded !== true || chat.users.has(user) || chat.told < joined_version) continue
      const standing = yield* rows.standing(chat_id, user_id)
      if (standing !== undefined && hub.listeners.users.get(user_id) === user) enterLate(hub, user, standing)
    }
  })

  /** Out of chats that they had left already when they connected, and whose last event nobody here has heard. */
  const leave = (hub: HubState, user: ConnectedUser, isIn: (chat_id: ChatId) => boolean) => {
    if (user.devices.some((device) => device.opening)) return
    for (const chat of [...user.chats]) {
      if (chat.users.get(user) === -1 && !isIn(chat.id)) hub.listeners.leave(user, chat)
    }
  }

  const checkMembers = Effect.fnUntraced(function* (hub: HubState, user_ids: ReadonlyArray<UserId>) {
    const asked = user_ids.flatMap((user_id) => {
      const user = hub.listeners.users.get(user_id)
      return user?.loaded === true ? [user] : []
    })
    if (asked.length === 0) return
    closedConcurrently.clear()
    const found = yield* rows.memberships(asked.map(({ id }) => id))
    const unheard = found.filter(({ chat_id }) => !hub.listeners.chats.has(chat_id) && !closedConcurrently.has(chat_id))
    for (const { chat_id, joined_version, user_id } of unheard) {
      const user = hub.listeners.users.get(user_id)
      if (user === undefined || !asked.includes(user)) continue
      listenUntold(hub, user, chat_id, joined_version - 1)
    }
    const pairs = new Set(found.map(({ user_id, chat_id }) => `${user_id}:${chat_id}`))
    for (const user of asked) leave(hub, user, (chat_id) => pairs.has(`${user.id}:${chat_id}`))
    yield* enterOpened(hub, found)
  })

  /** Devices that lack something of their user's own state are told where it stands. */
  const checkStates = Effect.fnUntraced(function* (hub: HubState, user_ids: ReadonlyArray<UserId>) {
    if (user_ids.length === 0) return
    const heads = yield* states.standings(user_ids)
    const ahead = heads.filter(({ user_id, version }) => {
      const user = hub.listeners.users.get(user_id)
      return user?.loaded === true && version > user.stateVersion
    })
    hub.handle(ahead.map((head) => ({ _tag: "StateChanged", ...head, changes: [] })))
  })

  const checkUsers = (hub: HubState, user_ids: ReadonlyArray<UserId>) =>
    Effect.andThen(checkMembers(hub, user_ids), checkStates(hub, user_ids))

  const lookAtSome = Effect.fnUntraced(function* (hub: HubState) {
    suspects = yield* behind(hub, chats.next(hub.listeners.chats))
    yield* checkUsers(hub, users.next(hub.listeners.users))
  })

  const lookAtAll = Effect.fnUntraced(function* (hub: HubState) {
    for (const chat_ids of chats.all(hub.listeners.chats)) yield* catchUp(hub, chat_ids)
    for (const user_ids of users.all(hub.listeners.users)) yield* checkUsers(hub, user_ids)
  })

  const patrol = Effect.fnUntraced(function* (hub: HubState) {
    yield* Effect.timeoutOption(loss.await, tick)
    tell(hub, suspects)
    suspects = []
    if (!loss.isOpen()) return yield* Effect.ignore(lookAtSome(hub))
    loss.closeUnsafe()
    // With the database away it is begun again a tick later; and many losses in a row are looked into once a tick.
    yield* Effect.catch(lookAtAll(hub), () => loss.open)
    yield* Effect.sleep(tick)
  })

  const welcome = Effect.fnUntraced(function* (hub: HubState) {
    yield* someFresh.await
    // Whoever opened it is still at it, and may have more.
    yield* Effect.yieldNow
    someFresh.closeUnsafe()
    const chat_ids = [...fresh].filter((chat_id) => hub.listeners.chats.has(chat_id))
    fresh.clear()
    yield* broadcast.listen(chat_ids)
    // Failing that, the patrol comes by.
    yield* Effect.ignore(catchUp(hub, chat_ids))
  })

  return {
    watch: {
      opened: (chat_id, since) => {
        // -1: somebody is connecting, who listens before anything is read.
        if (since < 0) return
        fresh.add(chat_id)
        someFresh.openUnsafe()
      },
      closed: (chat_id) => {
        broadcast.unlisten(chat_id)
        closedConcurrently.add(chat_id)
      },
      left: (user_id) => broadcast.unlisten(ownStream(user_id)),
    },
    compare: () => void loss.openUnsafe(),
    run: (hub) => Effect.raceFirst(Effect.forever(welcome(hub)), Effect.forever(patrol(hub))),
  }
}
