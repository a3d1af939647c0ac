// Owns this node's knowledge of users' presence on other nodes, and sends it to the devices concerned; publishes who is
// online here. A chat is followed while a device here listens to it: first subscribed, then read, so that nothing is
// missed.
import { Effect } from "effect"
import type { ChatPresence, Presence, PresenceChange, PresenceHost } from "../../broadcast/Presence.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { ConnectedUser, ListenedChat } from "../Device.ts"
import type { Elsewhere, HubState } from "../HubState.ts"
import { appear, disappear, meet } from "./Presence.ts"
import { RemoteUsers, type Shifts } from "./RemoteUsers.ts"

/** Chats that are read together. */
const chatsAtOnce = 200
/** Users whose changes are sent in one turn of the event loop: each may go to all devices here. */
const usersAtOnce = 64

interface Reading {
  readonly chat_ids: Array<ChatId>
  /** Changes that arrived during the read, which may be newer. */
  readonly changes: Array<PresenceChange>
  readonly waiting: Array<() => void>
}

export class RemotePresence implements PresenceHost, Elsewhere {
  readonly users = new RemoteUsers()
  private readonly presence: Presence["Service"]
  private readonly hub: () => HubState
  private readonly run: (effect: Effect.Effect<void>) => void
  private readonly readings = new Map<ChatId, Reading>()
  private readonly underWay = new Set<Reading>()
  /** The read that collects this turn's chats. */
  private gathering: Reading | undefined = undefined
  /** Chats that must be read again. */
  private missing: Array<ChatId> = []

  constructor(presence: Presence["Service"], hub: () => HubState, run: (effect: Effect.Effect<void>) => void) {
    this.presence = presence
    this.hub = hub
    this.run = run
  }

  /** How long a user without a device counts as online, milliseconds. */
  get absence(): number {
    return this.presence.absence
  }

  /** The first user here listens to this chat, or the last one has stopped. */
  opened(chat_id: ChatId): void {
    if (!this.presence.alone) this.follow(chat_id)
  }

  closed(chat_id: ChatId): void {
    this.readings.delete(chat_id)
    this.users.unfollow(chat_id)
  }

  /** A user is now online here in these chats, besides those published before. */
  online(user: ConnectedUser, chats: Iterable<ListenedChat>): void {
    if (!this.presence.alone) this.presence.online(user.id, idsOf(chats))
  }

  offline(user: ConnectedUser, last_seen_at: string): void {
    if (!this.presence.alone) this.presence.offline(user.id, idsOf(user.chats), last_seen_at)
  }

  /** The user was added to this chat, or removed from it. */
  joined(user: ConnectedUser, chat: ListenedChat): void {
    if (user.online) this.online(user, [chat])
  }

  left(user: ConnectedUser, chat: ListenedChat): void {
    if (user.online && !this.presence.alone) this.presence.left(user.id, chat.id)
  }

  *here(): ReturnType<PresenceHost["here"]> & Generator {
    const { listeners, ports } = this.hub()
    const { places } = ports
    for (const user of listeners.users.values()) {
      const devices = places.of(user.id)
      if (devices > 0 || user.online)
        yield { user_id: user.id, devices, chat_ids: user.online ? idsOf(user.chats) : undefined }
    }
    for (const user_id of places.users()) {
      if (!listeners.users.has(user_id)) yield { user_id, devices: places.of(user_id), chat_ids: undefined }
    }
  }

  /** Done when the presence in these chats is known, as far as possible; undefined: it is. */
  known(chats: Iterable<ListenedChat>): Effect.Effect<void> | undefined {
    if (this.readings.size === 0) return undefined
    const readings = new Set<Reading>()
    for (const chat of chats) {
      const reading = this.readings.get(chat.id)
      if (reading !== undefined) readings.add(reading)
    }
    if (readings.size === 0) return undefined
    return Effect.forEach(
      readings,
      (reading) => Effect.callback<void>((resume) => void reading.waiting.push(() => resume(Effect.void))),
      { discard: true, concurrency: "unbounded" },
    )
  }

  onChange(change: PresenceChange): void {
    for (const reading of this.underWay) reading.changes.push(change)
    const shifts: Shifts = new Map()
    this.users.take(change, shifts)
    // A member who was removed from a chat is not reported offline there.
    if (change._tag === "Left") return
    this.tell(shifts, "last_seen_at" in change ? change.last_seen_at : undefined)
  }

  onMissed(): void {
    const reading = this.missing.length > 0
    this.missing = [...this.users.followed()]
    if (!reading) this.readMissing()
  }

  private readMissing(): void {
    const chat_ids = this.missing.splice(0, chatsAtOnce).filter((id) => this.users.isFollowed(id))
    if (chat_ids.length === 0) return
    const reading: Reading = { chat_ids, changes: [], waiting: [() => this.readMissing()] }
    for (const id of chat_ids) this.readings.set(id, reading)
    this.read(reading)
  }

  private follow(chat_id: ChatId): void {
    this.users.follow(chat_id)
    const reading = this.gathering ?? this.gather()
    reading.chat_ids.push(chat_id)
    this.readings.set(chat_id, reading)
  }

  private gather(): Reading {
    const reading: Reading = { chat_ids: [], changes: [], waiting: [] }
    this.gathering = reading
    this.underWay.add(reading)
    queueMicrotask(() => {
      this.gathering = undefined
      this.read(reading)
    })
    return reading
  }

  private read(reading: Reading): void {
    this.underWay.add(reading)
    this.run(
      Effect.match(this.presence.read(reading.chat_ids), {
        onSuccess: (presence) => this.found(reading, presence),
        onFailure: () => this.found(reading, undefined),
      }),
    )
  }

  /** `presence` undefined: it cannot be read now; `onMissed` is called once it can. */
  private found(reading: Reading, presence: ChatPresence | undefined): void {
    this.underWay.delete(reading)
    const shifts: Shifts = new Map()
    for (const id of reading.chat_ids) {
      // It may have been forgotten and followed again.
      if (this.readings.get(id) !== reading) continue
      this.readings.delete(id)
      if (presence !== undefined) this.users.replace(id, presence, shifts)
    }
    if (presence !== undefined) for (const change of reading.changes) this.users.take(change, shifts)
    this.tell(shifts, undefined)
    for (const done of reading.waiting) done()
  }

  private tell(shifts: Shifts, last_seen_at: string | undefined): void {
    const users = [...shifts]
    const hub = this.hub()
    const some = () => {
      for (const [user_id, { gained, lost, was }] of users.splice(0, usersAtOnce)) {
        const here = hub.listeners.users.get(user_id)?.online === true
        if (gained.size > 0 && this.users.isOnline(user_id)) {
          if (was || here) meet(hub, user_id, this.chatsOf(gained))
          else appear(hub, user_id, this.chatsOf(gained))
        }
        if (lost.size > 0 && !here && !this.users.isOnline(user_id)) {
          disappear(hub, user_id, this.chatsOf(lost), last_seen_at ?? new Date(hub.now()).toISOString())
        }
      }
      if (users.length > 0) setImmediate(some)
    }
    some()
  }

  private chatsOf(ids: Iterable<ChatId>): ReadonlyArray<ListenedChat> {
    const chats: Array<ListenedChat> = []
    for (const id of ids) {
      const chat = this.hub().listeners.chats.get(id)
      if (chat !== undefined) chats.push(chat)
    }
    return chats
  }
}

const idsOf = (chats: Iterable<ListenedChat>): ReadonlyArray<ChatId> => Array.from(chats, ({ id }) => id)
