// Publishes presence to users who share a chat. A user is online while one of their devices is, on any node, and for a
// little longer (Absences). Large chats do not count: users who share only those do not see each other. This handles
// users of this node and of others; RemotePresence knows who is online on other nodes.
import type { UserId } from "../../domain/Ids.ts"
import type { ConnectedUser, Device, ListenedChat } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { presenceJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"

/** Publishes it to every user who shares a chat with the user, once to each device. `last_seen_at` null: online. */
export const announce = (hub: HubState, user: ConnectedUser, last_seen_at: string | null): void => {
  if (last_seen_at === null) hub.ports.elsewhere.online(user, user.chats)
  else hub.ports.elsewhere.offline(user, last_seen_at)
  // They were, and still are, online on another node.
  if (hub.ports.elsewhere.users.isOnline(user.id)) return
  tell(hub, user.id, user.chats, last_seen_at)
}

/** Like `announce`, for a user of another node, in these chats. */
export const appear = (hub: HubState, user_id: UserId, chats: Iterable<ListenedChat>): void =>
  tell(hub, user_id, chats, null)

export const disappear = (hub: HubState, user_id: UserId, chats: Iterable<ListenedChat>, last_seen_at: string): void =>
  tell(hub, user_id, chats, last_seen_at)

const tell = (hub: HubState, user_id: UserId, chats: Iterable<ListenedChat>, last_seen_at: string | null): void => {
  let frame: Buffer | undefined
  const round = ++hub.round
  for (const chat of chats) {
    if (chat.isLarge) continue
    for (const other of chat.users.keys()) {
      if (other.id === user_id || other.blockers.has(user_id)) continue
      const devices = other.devices
      for (let i = 0; i < devices.length; i++) {
        const device = devices[i]!
        if (device.round === round || !device.listensTo(chat.id)) continue
        device.round = round
        frame ??= textFrame(presenceJson(user_id, last_seen_at))
        device.pushDroppable(frame, hub.ports.delays.presence)
      }
    }
  }
}

/**
 * A user who is online on another node was added to these chats: users who shared no chat with them receive their
 * presence.
 */
export const meet = (hub: HubState, user_id: UserId, chats: ReadonlyArray<ListenedChat>): void => {
  const frame = textFrame(presenceJson(user_id, null))
  const here = hub.listeners.users.get(user_id)
  for (const chat of chats) {
    if (chat.isLarge) continue
    if (here?.online && chat.users.has(here)) continue
    for (const other of chat.users.keys()) {
      if (other.id !== user_id && !shares(hub, other, user_id, chats)) sendPresence(other, user_id, chat, frame, hub)
    }
  }
}

/**
 * A user was added to a chat: they and the online members receive each other's presence. `done`: users who were added
 * together with them and are done.
 */
export const introduce = (
  hub: HubState,
  user: ConnectedUser,
  chat: ListenedChat,
  done: ReadonlySet<ConnectedUser> = new Set(),
): void => {
  if (!user.online || chat.isLarge) return
  const mine = textFrame(presenceJson(user.id, null))
  for (const other of chat.users.keys()) {
    if (other === user || !other.online || done.has(other) || shares(hub, user, other.id, [chat])) continue
    sendPresence(other, user.id, chat, mine, hub)
    sendPresence(user, other.id, chat, textFrame(presenceJson(other.id, null)), hub)
  }
  for (const other of hub.ports.elsewhere.users.inChat(chat.id)) {
    if (other === user.id || hub.listeners.users.get(other)?.online || shares(hub, user, other, [chat])) continue
    sendPresence(user, other, chat, textFrame(presenceJson(other, null)), hub)
  }
}

/** The chat is no longer large: members who share no other chat receive each other's presence. */
export const introduceAll = (hub: HubState, chat: ListenedChat): void => {
  const done = new Set<ConnectedUser>()
  for (const user of chat.users.keys()) {
    introduce(hub, user, chat, done)
    done.add(user)
  }
}

/** `frame`: the presence of `of`, which is hidden from users whom they have blocked. */
const sendPresence = (user: ConnectedUser, of: UserId, chat: ListenedChat, frame: Buffer, hub: HubState): void => {
  if (user.blockers.has(of)) return
  for (const device of user.devices)
    if (device.listensTo(chat.id)) device.pushDroppable(frame, hub.ports.delays.presence)
}

/** Whether they share another chat than these, as far as known here. */
const shares = (hub: HubState, user: ConnectedUser, other_id: UserId, but: ReadonlyArray<ListenedChat>): boolean => {
  const other = hub.listeners.users.get(other_id)
  if (other !== undefined) {
    const [few, many] = user.chats.size < other.chats.size ? [user, other] : [other, user]
    for (const chat of few.chats) if (!chat.isLarge && chat.users.has(many) && !but.includes(chat)) return true
  }
  const elsewhere = hub.ports.elsewhere.users
  if (!elsewhere.isOnline(other_id)) return false
  for (const chat of user.chats)
    if (!chat.isLarge && elsewhere.isIn(other_id, chat.id) && !but.includes(chat)) return true
  return false
}

/** Other users who are online, here or elsewhere, and share a chat to which this device listens. */
export const onlineFor = (hub: HubState, device: Device): ReadonlyArray<UserId> => {
  const ids = new Set<UserId>()
  for (const chat of device.user.chats) {
    if (chat.isLarge || !device.listensTo(chat.id)) continue
    for (const other of chat.users.keys()) if (other !== device.user && other.online) ids.add(other.id)
    for (const other of hub.ports.elsewhere.users.inChat(chat.id)) if (other !== device.user.id) ids.add(other)
  }
  for (const blocker of device.user.blockers) ids.delete(blocker)
  return [...ids]
}

/** This user is blocked by another one, who is offline for them from now on. */
export const hide = (hub: HubState, user: ConnectedUser, blocker: UserId): void =>
  sendInShared(hub, user, blocker, new Date(hub.now()).toISOString())

/** They are no longer blocked. */
export const reveal = (hub: HubState, user: ConnectedUser, blocker: UserId): void =>
  sendInShared(hub, user, blocker, null)

/** To the devices that listen to a chat in which the other one is online. */
const sendInShared = (hub: HubState, user: ConnectedUser, other_id: UserId, last_seen_at: string | null): void => {
  const here = hub.listeners.users.get(other_id)
  const elsewhere = hub.ports.elsewhere.users
  const frame = textFrame(presenceJson(other_id, last_seen_at))
  const round = ++hub.round
  for (const chat of user.chats) {
    if (chat.isLarge) continue
    if (!(here?.online === true && chat.users.has(here)) && !elsewhere.isIn(other_id, chat.id)) continue
    for (const device of user.devices) {
      if (device.round === round || !device.listensTo(chat.id)) continue
      device.round = round
      device.pushDroppable(frame, hub.ports.delays.presence)
    }
  }
}
