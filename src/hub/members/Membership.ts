// Moves users in and out of the chats that this node listens to, as membership events say, and sends each listener what
// concerns them: an added member receives the chat, a removed one receives the removal and nothing more.

import { CloseCode } from "../../contract/CloseCode.ts"
import { largeGroup } from "../../domain/Chat.ts"
import type { ChatCreated, ChatDeleted, ChatEvent, MemberAdded, MemberRemoved } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { ConnectedUser, ListenedChat } from "../Device.ts"
import { EventRun } from "../frames/EventRun.ts"
import type { HubState } from "../HubState.ts"
import { introduce, introduceAll } from "../presence/Presence.ts"
import { endChat } from "../replay/heldEvents.ts"

type MembershipEvent = ChatCreated | ChatDeleted | MemberAdded | MemberRemoved

export const changesMembership = (event: ChatEvent): event is MembershipEvent =>
  event._tag === "MemberAdded" ||
  event._tag === "MemberRemoved" ||
  event._tag === "ChatCreated" ||
  event._tag === "ChatDeleted"

/** Sends the event to the listeners. `entering`: users to whom it introduces the chat. */
export type Tell = (chat: ListenedChat, event: MembershipEvent, entering: ReadonlySet<ConnectedUser>) => void

const nobody: ReadonlySet<ConnectedUser> = new Set()

/** Delivers the event and changes the table. */
export const applyMembership = (hub: HubState, chat_id: ChatId, event: MembershipEvent, tell: Tell): void => {
  switch (event._tag) {
    case "ChatCreated":
      enter(hub, chat_id, event, event.member_ids, tell)
      return
    case "MemberAdded":
      enter(hub, chat_id, event, [event.member.user.id], tell)
      return
    case "MemberRemoved": {
      const user = hub.listeners.users.get(event.user_id)
      if (user !== undefined) user.removedWhileLoading?.add(chat_id)
      const chat = hub.listeners.chats.get(chat_id)
      if (chat === undefined) return
      hub.typing.end(chat_id, event.user_id)
      tell(chat, event, nobody)
      chat.version = event.version
      if (chat.members > 0) chat.members--
      const since = user === undefined ? undefined : chat.users.get(user)
      // A user who knows a later version was added again after this: the removal is obsolete for them.
      if (user !== undefined && since !== undefined && event.version > since) out(hub, user, chat, event.version)
      if (chat.members === largeGroup) introduceAll(hub, chat)
      return
    }
    case "ChatDeleted": {
      for (const user of hub.listeners.users.values()) user.removedWhileLoading?.add(chat_id)
      const chat = hub.listeners.chats.get(chat_id)
      if (chat === undefined) return
      tell(chat, event, nobody)
      chat.version = event.version
      for (const user of [...chat.users.keys()]) out(hub, user, chat, event.version)
      return
    }
    default:
      event satisfies never
  }
}

const enter = (
  hub: HubState,
  chat_id: ChatId,
  event: ChatCreated | MemberAdded,
  user_ids: ReadonlyArray<UserId>,
  tell: Tell,
): void => {
  const entering = new Set<ConnectedUser>()
  for (const user_id of user_ids) {
    const user = entersBy(hub, chat_id, event.version, user_id)
    if (user !== undefined) entering.add(user)
  }
  const chat = hub.listeners.chats.get(chat_id)
  if (chat === undefined) return
  tell(chat, event, entering)
  chat.version = event.version
  chat.members = event.chat.member_count
  chat.isPrivate = event.chat.type === "private"
  const introduced = new Set<ConnectedUser>()
  for (const user of entering) settleIn(hub, chat, user, event.version, introduced)
}

/** The user, if they are here and the event is new to them; they listen to the chat from there on. */
export const entersBy = (
  hub: HubState,
  chat_id: ChatId,
  version: number,
  user_id: UserId,
): ConnectedUser | undefined => {
  const user = hub.listeners.users.get(user_id)
  if (user === undefined) return undefined
  user.removedWhileLoading?.delete(chat_id)
  const since = hub.listeners.chats.get(chat_id)?.users.get(user)
  if (since === undefined) hub.listeners.join(user, chat_id, version - 1)
  return since === undefined || since < version ? user : undefined
}

/**
 * The user's devices have received the chat by the event of this version. `introduced`: users who were added together
 * with them and are done.
 */
export const settleIn = (
  hub: HubState,
  chat: ListenedChat,
  user: ConnectedUser,
  version: number,
  introduced: Set<ConnectedUser>,
): void => {
  user.untold?.delete(chat.id)
  // A device that is opening reads the chat's position.
  if (chat.users.get(user) !== -1 || !user.devices.some((device) => device.opening)) {
    hub.listeners.join(user, chat.id, version)
  }
  introduce(hub, user, chat, introduced)
  introduced.add(user)
}

/** Sends a live event. */
export const deliverLive =
  (hub: HubState): Tell =>
  (chat, event, entering) => {
    const run = new EventRun(chat.id, [event])
    for (const [user, since] of chat.users) {
      if (event.version <= since) continue
      const opens = entering.has(user)
      const frame = run.bytesFor(user.id)
      const mayWait = event._tag === "MemberRemoved" && event.user_id !== user.id
      for (const device of user.devices) {
        if (!device.listensTo(chat.id)) continue
        if (mayWait && device.catchesUp(chat.id, event.version - 1)) continue
        device.offerFrame(chat, event.version, frame, opens)
        hub.stats.deliveries++
      }
    }
  }

const out = (hub: HubState, user: ConnectedUser, chat: ListenedChat, version: number): void => {
  hub.listeners.leave(user, chat)
  for (const device of user.devices) {
    if (!device.holds(chat.id)) for (const sync of device.syncs ?? []) sync.ended?.add(chat.id)
    const floor = device.floorOf(chat.id)
    // A device that connected later knows that they were added again.
    if (device.only !== chat.id || (floor >= version && floor !== Number.POSITIVE_INFINITY)) continue
    endChat(device, chat.id, version)
    device.close(CloseCode.NoLongerMember)
  }
}
