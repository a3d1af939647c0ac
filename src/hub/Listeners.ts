// The node's table of connected users, their chats and their devices. Plain maps, changed synchronously. Does not know
// the content of chats.
import type { Semaphore } from "effect"
import { largeGroup } from "../domain/Chat.ts"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"
import type { Connection } from "./Connection.ts"
import type { Device } from "./Device.ts"
import type { FirstRead } from "./FirstRead.ts"
import type { RemotePresence } from "./presence/RemotePresence.ts"

/** A chat to which a user on this node listens. */
export class ListenedChat {
  readonly id: ChatId
  /** The last version that was broadcast; -1: none yet. */
  version = -1
  /**
   * Its version before the first event, which arrived when the version was unknown: earlier events did not reach this
   * node.
   */
  knownFrom = -1
  /**
   * The listeners, with the version up to which each knows the chat by other means (hello, being added): events up to
   * it are not for them. -1: their first device is still opening and holds its events.
   */
  readonly users = new Map<ConnectedUser, number>()
  /** The highest of those versions: above it no user needs a check. */
  floor = -1
  /** The number of all its members, not only the listeners; 0: unknown. */
  members = 0
  /** By sender, the newest fully read message that was sent to them: an older one may arrive late. */
  fullyRead: Map<UserId, number> | undefined = undefined
  /** Batches that arrive while a hole is filled from the database. */
  filling: Array<ChatEvents> | undefined = undefined

  constructor(id: ChatId) {
    this.id = id
  }

  /** Presence of its members is not published. */
  get isLarge(): boolean {
    return this.members > largeGroup
  }

  /** The version of the chat for its listeners; -1 while unknown. */
  get delivered(): number {
    if (this.version >= 0) return this.version
    let lowest = -1
    for (const since of this.users.values()) {
      if (since >= 0 && (lowest < 0 || since < lowest)) lowest = since
    }
    return lowest
  }
}

/** Is notified when the first user on this node listens to a chat, and when the last one stops. */
export interface ChatWatch {
  /** `since`: the version up to which its first listener knows the chat; -1: not yet. */
  opened(chat_id: ChatId, since: number): void
  closed(chat_id: ChatId): void
  /** Nobody of this user is here any more. */
  left(user_id: UserId): void
}

/** A user with a device here, or with one that is about to open. */
export class ConnectedUser {
  readonly id: UserId
  devices: ReadonlyArray<Device> = []
  readonly chats = new Set<ListenedChat>()
  /** Connections under way that need this entry. */
  pins = 0
  loaded = false
  /** The version of their own state, as far as this node knows; -1: unknown. */
  stateVersion = -1
  /** Serialises replays of that state; undefined: there was none yet. */
  stateTurn: Semaphore.Semaphore | undefined = undefined
  /** Chats to which they listen, but which their devices have not received. */
  untold: Set<ChatId> | undefined = undefined
  /** Others have received that the user is online, and not yet that they are offline. */
  online = false
  /** The second of their last typing signal, and the number of signals in it. */
  typingSecond = 0
  typingSignals = 0
  /** Chats from which they were removed while their chats were being read: the read may be older. */
  removedWhileLoading: Set<ChatId> | undefined = undefined
  /** Serialises long hellos; undefined: there was none yet. */
  longHellos: Semaphore.Semaphore | undefined = undefined
  /** The read of `loaded`, for the connections under way. */
  firstRead: FirstRead | undefined = undefined

  constructor(id: UserId) {
    this.id = id
  }

  forgetFirstRead(): void {
    this.firstRead?.end()
    this.firstRead = undefined
  }
}

export class Listeners {
  readonly chats = new Map<ChatId, ListenedChat>()
  readonly users = new Map<UserId, ConnectedUser>()
  readonly sessions = new Map<SessionId, ReadonlyArray<Connection>>()
  devices = 0
  /** Connections to `/rpc`. */
  readonly callers = new Set<Connection>()
  private readonly watch: ChatWatch
  private readonly elsewhere: RemotePresence

  constructor(watch: ChatWatch, elsewhere: RemotePresence) {
    this.watch = watch
    this.elsewhere = elsewhere
  }

  /** The user's entry, kept until `unpin`. */
  pin(user_id: UserId): ConnectedUser {
    let user = this.users.get(user_id)
    if (user === undefined) {
      user = new ConnectedUser(user_id)
      this.users.set(user_id, user)
    }
    user.pins++
    return user
  }

  unpin(user: ConnectedUser): void {
    user.pins--
    if (user.pins === 0) user.forgetFirstRead()
    this.dropIfGone(user)
  }

  join(user: ConnectedUser, chat_id: ChatId, since: number): ListenedChat {
    let chat = this.chats.get(chat_id)
    if (chat === undefined) {
      chat = new ListenedChat(chat_id)
      this.chats.set(chat_id, chat)
      this.watch.opened(chat_id, since)
      this.elsewhere.opened(chat_id)
    }
    if (!user.chats.has(chat)) this.elsewhere.joined(user, chat)
    chat.users.set(user, since)
    if (since > chat.floor) chat.floor = since
    user.chats.add(chat)
    return chat
  }

  leave(user: ConnectedUser, chat: ListenedChat): void {
    chat.users.delete(user)
    chat.fullyRead?.delete(user.id)
    user.chats.delete(chat)
    user.untold?.delete(chat.id)
    this.elsewhere.left(user, chat)
    if (chat.users.size > 0 || this.chats.get(chat.id) !== chat) return
    this.chats.delete(chat.id)
    this.watch.closed(chat.id)
    this.elsewhere.closed(chat.id)
  }

  isIn(user: ConnectedUser, chat_id: ChatId): boolean {
    const chat = this.chats.get(chat_id)
    return chat?.users.has(user) === true
  }

  attach(device: Device): void {
    const user = device.user
    user.devices = [...user.devices, device]
    this.enterSession(device)
    this.devices++
  }

  /** The connection is notified when its session ends. */
  enterSession(connection: Connection): void {
    this.sessions.set(connection.session_id, [...(this.sessions.get(connection.session_id) ?? []), connection])
  }

  leaveSession(connection: Connection): void {
    const rest = (this.sessions.get(connection.session_id) ?? []).filter((other) => other !== connection)
    if (rest.length === 0) this.sessions.delete(connection.session_id)
    else this.sessions.set(connection.session_id, rest)
  }

  /** false: the device was not (or no longer) in the table. */
  detach(device: Device): boolean {
    const user = device.user
    if (!user.devices.includes(device)) return false
    user.devices = user.devices.filter((other) => other !== device)
    this.leaveSession(device)
    this.devices--
    return true
  }

  dropIfGone(user: ConnectedUser): void {
    if (user.pins > 0 || user.devices.length > 0 || user.online) return
    for (const chat of [...user.chats]) this.leave(user, chat)
    if (this.users.get(user.id) !== user) return
    this.users.delete(user.id)
    this.watch.left(user.id)
  }
}
