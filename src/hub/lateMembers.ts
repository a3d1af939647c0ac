// Members of a chat of whom this node does not know: they were added while signals were lost, or before any device here
// listened to the chat.
import { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { ChatStore, Standing } from "../sql/chats/ChatStore.ts"
import type { ConnectedUser, Device } from "./Device.ts"
import { eventJson } from "./frames/EventFrames.ts"
import { textFrame } from "./frames/FrameBytes.ts"
import type { HubState } from "./HubState.ts"
import { introduce } from "./presence/Presence.ts"
import { Gate } from "./replay/Gates.ts"

/**
 * Lets the user listen from `since` on to a chat that had no listener here. Their devices receive it from what is read
 * after that version, and nothing before it.
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
 * Sends the chat to the user's devices, and lets them listen from its version on. false: the chat has later events than
 * what was read, perhaps the user's removal. `syncing`: a device that receives it by a replay.
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

/** Reads the membership from the database. false: the user is not a member. */
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
