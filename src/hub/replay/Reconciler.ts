// Finds what broadcast has lost between nodes: reads from the database the versions of chats that are listened to here,
// and the memberships of their users. Reads a part every second, chats that are new here at once, and everything after
// a loss. Does not send anything: the hub reads what is missing and sends it in order.
import { Effect, Latch } from "effect"
import { type Broadcast, ownStream } from "../../broadcast/Broadcast.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { ChatStore, ChatVersion, Membership } from "../../sql/chats/ChatStore.ts"
import type { StateStore } from "../../sql/state/StateStore.ts"
import type { ConnectedUser } from "../Device.ts"
import type { HubState } from "../HubState.ts"
import type { ChatWatch } from "../Listeners.ts"
import { enterLate, listenUntold, reopen, shutDevices } from "../lateMembers.ts"

const tick = "1 second"
/** A round over everything takes this number of ticks. */
const ticksPerRound = 5
/** A round takes more ticks if a tick would exceed this number. */
const chatsAtOnce = 5_000
const usersAtOnce = 500

/** Iterates over a table that changes, a slice at a time. */
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
  /** Signals were lost: checks everything soon. */
  readonly compare: () => void
  /** Never ends. */
  run(hub: HubState): Effect.Effect<never>
}

/** On a single node nothing is lost. */
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
  /** Chats that this node received by an event: later events may have been published before it subscribed. */
  const fresh = new Set<ChatId>()
  const someFresh = Latch.makeUnsafe(false)
  const loss = Latch.makeUnsafe(false)
  /** Chats that were behind a tick ago: what has not arrived by now is lost, not under way. */
  let suspects: ReadonlyArray<ChatVersion> = []
  /** Chats that lost their last listener here since the memberships were read. */
  const closedConcurrently = new Set<ChatId>()

  const tell = (hub: HubState, heads: ReadonlyArray<ChatVersion>) =>
    hub.handle(heads.map((head) => ({ _tag: "ChatHead", ...head })))

  /** The chats of which the database has a later version. A chat that is being opened is read anyway. */
  const behind = (hub: HubState, chat_ids: ReadonlyArray<ChatId>) => {
    const known = chat_ids.flatMap((chat_id) => {
      const version = hub.listeners.chats.get(chat_id)?.delivered ?? -1
      return version < 0 ? [] : [{ chat_id, version }]
    })
    return known.length === 0 ? Effect.succeed([]) : rows.ahead(known)
  }

  const catchUp = (hub: HubState, chat_ids: ReadonlyArray<ChatId>) =>
    Effect.map(behind(hub, chat_ids), (heads) => {
      tell(hub, heads)
      // A chat whose hole was being filled has ignored it.
      suspects = [...suspects, ...heads]
    })

  /**
   * Enters users into chats that were opened here for others after they connected (a chat by itself sends only later
   * events), and again those whose devices know only that they were removed.
   */
  const enterOpened = Effect.fnUntraced(function* (hub: HubState, found: ReadonlyArray<Membership>) {
    for (const { chat_id, joined_version, user_id } of found) {
      const chat = hub.listeners.chats.get(chat_id)
      const user = hub.listeners.users.get(user_id)
      if (chat === undefined || user?.loaded !== true) continue
      const since = chat.users.get(user)
      if (since !== undefined && shutDevices(user, chat_id).length === 0) continue
      // Otherwise the event of the addition may still arrive.
      if (since !== -1 && chat.delivered < joined_version) continue
      const standing = yield* rows.standing(chat_id, user_id)
      if (standing === undefined || hub.listeners.users.get(user_id) !== user) continue
      if (since === undefined) enterLate(hub, user, standing)
      else reopen(hub, user, standing)
    }
  })

  /** Removes users from chats that they had left before they connected, whose last event did not reach this node. */
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

  /** Reports the version of the own state to devices that lack a part of it, and who has blocked their users. */
  const checkStates = Effect.fnUntraced(function* (hub: HubState, user_ids: ReadonlyArray<UserId>) {
    if (user_ids.length === 0) return
    const begun = hub.blockers.begin()
    const heads = yield* states.standings(user_ids)
    for (const { blockers, user_id } of heads) {
      const user = hub.listeners.users.get(user_id)
      if (user?.loaded === true) hub.blockers.found(user, blockers, begun)
    }
    const ahead = heads.filter(({ user_id, version }) => {
      const user = hub.listeners.users.get(user_id)
      return user?.loaded === true && version > user.stateVersion
    })
    hub.handle(ahead.map(({ user_id, version }) => ({ _tag: "StateChanged", user_id, version, changes: [] })))
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
    // Without the database it begins again a tick later; after many losses in a row it runs once a tick.
    yield* Effect.catch(lookAtAll(hub), () => loss.open)
    yield* Effect.sleep(tick)
  })

  const welcome = Effect.fnUntraced(function* (hub: HubState) {
    yield* someFresh.await
    // The opener is still running, and may have more.
    yield* Effect.yieldNow
    someFresh.closeUnsafe()
    const chat_ids = [...fresh].filter((chat_id) => hub.listeners.chats.has(chat_id))
    fresh.clear()
    yield* broadcast.listen(chat_ids)
    // If that fails, the regular round finds it.
    yield* Effect.ignore(catchUp(hub, chat_ids))
  })

  return {
    watch: {
      opened: (chat_id, since) => {
        // -1: a user is connecting, who listens before anything is read.
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
