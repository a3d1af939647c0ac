// Who is here, told to those who share a chat with them. A user is online while one of their devices is, without grace.
import type { UserId } from "../domain/Ids.ts"
import type { Device } from "./Device.ts"
import { textFrame } from "./FrameBytes.ts"
import type { HubState } from "./HubState.ts"
import type { ConnectedUser, ListenedChat } from "./Listeners.ts"
import { presenceJson } from "./ReplyFrames.ts"

/** Tells everybody who shares a chat with the user, each device once. `last_seen_at` null: online. */
export const announce = (hub: HubState, user: ConnectedUser, last_seen_at: string | null): void => {
  const frame = textFrame(presenceJson(user.id, last_seen_at))
  const round = ++hub.round
  for (const chat of user.chats) {
    for (const other of chat.users.keys()) {
      if (other === user) continue
      const devices = other.devices
      for (let i = 0; i < devices.length; i++) {
        const device = devices[i]!
        if (device.round === round || !device.listensTo(chat.id)) continue
        device.round = round
        device.pushDroppable(frame)
      }
    }
  }
}

/** Somebody came into a chat: they and those who are there hear who of them is online. */
export const introduce = (hub: HubState, user: ConnectedUser, chat: ListenedChat): void => {
  if (!user.online) return
  const mine = textFrame(presenceJson(user.id, null))
  for (const other of chat.users.keys()) {
    if (other === user || !other.online || sharesAnother(hub, user, other, chat)) continue
    for (const device of other.devices) if (device.listensTo(chat.id)) device.pushDroppable(mine)
    const theirs = textFrame(presenceJson(other.id, null))
    for (const device of user.devices) if (device.listensTo(chat.id)) device.pushDroppable(theirs)
  }
}

const sharesAnother = (_hub: HubState, one: ConnectedUser, other: ConnectedUser, chat: ListenedChat): boolean => {
  const [few, many] = one.chats.size < other.chats.size ? [one, other] : [other, one]
  for (const shared of few.chats) if (shared !== chat && shared.users.has(many)) return true
  return false
}

/** The others that are online and share a chat that this device listens to. */
export const onlineFor = (device: Device): ReadonlyArray<UserId> => {
  const ids = new Set<UserId>()
  for (const chat of device.user.chats) {
    if (!device.listensTo(chat.id)) continue
    for (const other of chat.users.keys()) if (other !== device.user && other.online) ids.add(other.id)
  }
  return [...ids]
}
