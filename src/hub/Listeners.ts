// The node's table of connected users, their chats and their devices. Plain maps, changed synchronously. Does not know
// the content of chats.
import type { ChatId, SessionId, UserId } from "../domain/Ids.ts"
import type { Connection } from "./Connection.ts"
import { ConnectedUser, type Device, ListenedChat } from "./Device.ts"

/** Is notified when the first user on this node listens to a chat, and when the last one stops. */
export interface ChatWatch {
  /** `since`: the version up to which its first listener knows the chat; -1: not yet. */
  opened(chat_id: ChatId, since: number): void
  closed(chat_id: ChatId): void
  /** The last device of this user has gone. */
  left(user_id: UserId): void
}

/** Is notified of the same chats, and of each user who listens to one, for the presence on other nodes. */
export interface PresenceWatch {
  opened(chat_id: ChatId): void
  closed(chat_id: ChatId): void
  joined(user: ConnectedUser, chat: ListenedChat): void
  left(user: ConnectedUser, chat: ListenedChat): void
}

export class Listeners {
  readonly chats = new Map<ChatId, ListenedChat>()
  readonly users = new Map<UserId, ConnectedUser>()
  readonly sessions = new Map<SessionId, ReadonlyArray<Connection>>()
  devices = 0
  /** Connections to `/rpc`. */
  readonly callers = new Set<Connection>()
  private readonly watch: ChatWatch
  private readonly elsewhere: PresenceWatch

  constructor(watch: ChatWatch, elsewhere: PresenceWatch) {
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
