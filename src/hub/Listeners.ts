// The node's table: who is connected, in which chats, with which devices. Plain maps, changed synchronously.
// Does not know what is said in a chat.
import type { Semaphore } from "effect"
import { largeGroup } from "../domain/Chat.ts"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"
import type { Connection } from "./Connection.ts"
import type { Device } from "./Device.ts"
import type { FirstRead } from "./FirstRead.ts"
import type { RemotePresence } from "./presence/RemotePresence.ts"

/** A chat that somebody on this node listens to. */
export class ListenedChat {
  readonly id: ChatId
  /** The last version that broadcast brought; -1: none yet. */
  version = -1
  /** Where it stood before the first event, which came when nobody knew: what came earlier was not heard here. */
  heardFrom = -1
  /**
   * Who listens, and up to which version they know the chat by other means (hello, being added): events up to there are not
   * for them. -1: their first device is still opening and holds what comes.
   */
  readonly users = new Map<ConnectedUser, number>()
  /** The highest of those versions: above it nobody needs to be asked. */
  floor = -1
  /** Its members, also those who do not listen; 0: not known yet. */
  members = 0
  /** The newest message of listeners that all have read, as far as they were told: an older one may come late. */
  fullyRead: Map<UserId, number> | undefined = undefined
  /** What broadcast brought while a hole is being filled from the database. */
  filling: Array<ChatEvents> | undefined = undefined

  constructor(id: ChatId) {
    this.id = id
  }

  /** Nobody is told who of its members is online. */
  get isLarge(): boolean {
    return this.members > largeGroup
  }

  /** Where the chat stands for its listeners; -1 when nobody knows yet. */
  get told(): number {
    if (this.version >= 0) return this.version
    let lowest = -1
    for (const since of this.users.values()) {
      if (since >= 0 && (lowest < 0 || since < lowest)) lowest = since
    }
    return lowest
  }
}

/** Hears which chats are listened to on this node, and which are no more. */
export interface ChatWatch {
  /** `since`: up to where its first listener knows the chat; -1: not yet. */
  opened(chat_id: ChatId, since: number): void
  closed(chat_id: ChatId): void
  /** Nobody of this user is here any more. */
  left(user_id: UserId): void
}

/** Somebody with a device here, or with one that is about to be. */
export class ConnectedUser {
  readonly id: UserId
  devices: ReadonlyArray<Device> = []
  readonly chats = new Set<ListenedChat>()
  /** Connections under way that need this entry to stay. */
  pins = 0
  loaded = false
  /** Where their own state stands, as far as this node knows; -1: not yet. */
  stateVersion = -1
  /** Replays of it take turns; undefined: there was none yet. */
  stateTurn: Semaphore.Semaphore | undefined = undefined
  /** Chats that they listen to without their devices having been told of them. */
  untold: Set<ChatId> | undefined = undefined
  /** Others have been told that they are here, and not yet that they went. */
  online = false
  /** The second in which they typed last, and how many signs of that came in it. */
  typingSecond = 0
  typingSignals = 0
  /** Chats they were removed from while their list of chats is being read: what was read may be older. */
  removedWhileLoading: Set<ChatId> | undefined = undefined
  /** Long hellos take turns; undefined: there was none yet. */
  longHellos: Semaphore.Semaphore | undefined = undefined
  /** What `loaded` was read with, for the connections that are under way. */
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

  /** The connection hears when its session ends. */
  enterSession(connection: Connection): void {
    this.sessions.set(connection.session_id, [...(this.sessions.get(connection.session_id) ?? []), connection])
  }

  leaveSession(connection: Connection): void {
    const rest = (this.sessions.get(connection.session_id) ?? []).filter((other) => other !== connection)
    if (rest.length === 0) this.sessions.delete(connection.session_id)
    else this.sessions.set(connection.session_id, rest)
  }

  /** false: it was not there (any more). */
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
