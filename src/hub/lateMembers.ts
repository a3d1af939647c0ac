// People who are in a chat that this node does not know them to be in: they were added while signals got lost, or before anybody here
// listened to the chat.
import { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { ChatStore, Standing } from "../sql/chats/ChatStore.ts"
import type { Device } from "./Device.ts"
import { eventJson } from "./frames/EventFrames.ts"
import { textFrame } from "./frames/FrameBytes.ts"
import type { HubState } from "./HubState.ts"
import type { ConnectedUser } from "./Listeners.ts"
import { introduce } from "./presence/Presence.ts"
import { Gate } from "./replay/Gates.ts"

/**
 * Lets the user listen to a chat that nobody here listened to, from `since` on. Their devices are told of it by what is read from
 * there, and hear nothing of it before.
 */
export const listenUntold = (hub: HubState, user: ConnectedUser, chat_id: ChatId, since: number): void => {
  hub.listeners.join(user, chat_id, since)
  user.untold ??= new Set()
  user.untold.add(chat_id)
  for (const { gates } of user.devices) {
    if (gates?.holdsAll !== true || gates.byChat.has(chat_id)) continue
    gates.byChat.set(chat_id, new Gate(Number.POSITIVE_INFINITY, true))
  }
}

/**
 * Tells the chat to the user's devices, and lets them listen from where it stands. false: the chat has gone past what was read of it
 * here, and perhaps past the user's removal. `syncing`: a device that is told by a replay.
 */
export const enterLate = (
  hub: HubState,
  user: ConnectedUser,
  { chat, version }: Standing,
  syncing?: Device,
): boolean => {
  const here = hub.listeners.chats.get(chat.id)
  if (here?.users.has(user) === true) return true
  if (here !== undefined && here.version > version) return false
  const listened = hub.listeners.join(user, chat.id, version)
  listened.members = chat.member_count
  const frame = textFrame(eventJson(chat.id, { _tag: "ChatCreated", version, chat, member_ids: [] }))
  for (const device of user.devices) {
    if (device.listensTo(chat.id) && device !== syncing) device.offerFrame(listened, version, frame, true)
  }
  introduce(hub, user, listened)
  return true
}

/** Asks the database. false: they are not in the chat. */
export const enterIfMember = Effect.fnUntraced(function* (
  hub: HubState,
  rows: ChatStore["Service"],
  user: ConnectedUser,
  chat_id: ChatId,
  syncing?: Device,
): Effect.fn.Return<boolean, Unavailable> {
  for (;;) {
    const standing = yield* rows.standing(chat_id, user.id)
    if (standing === undefined) return false
    if (enterLate(hub, user, standing, syncing)) return true
  }
})
