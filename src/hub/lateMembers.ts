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
import { Gate, Gates } from "./replay/Gates.ts"

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
    const gate = new Gate(Number.POSITIVE_INFINITY, true)
    gate.isUnknown = true
    gates.byChat.set(chat_id, gate)
  }
}

const introduction = ({ chat, version }: Omit<Standing, "joined_version">): Buffer =>
  textFrame(eventJson(chat.id, { _tag: "ChatCreated", version, chat, member_ids: [] }))

/**
 * Sends the chat to the user's devices, and lets them listen from its version on. false: the chat has later events than
 * what was read, perhaps the user's removal. `syncing`: a device that receives it by a replay.
 */
export const enterLate = (hub: HubState, user: ConnectedUser, standing: Standing, syncing?: Device): boolean => {
  const { chat, joined_version, version } = standing
  const here = hub.listeners.chats.get(chat.id)
  if (here?.users.has(user) === true) return true
  if (here !== undefined && here.version > version) return false
  const listened = hub.listeners.join(user, chat.id, version)
  listened.members = chat.member_count
  listened.isPrivate = chat.type === "private"
  const frame = introduction(standing)
  for (const device of user.devices) {
    if (device.listensTo(chat.id) && device !== syncing)
      device.offerFrame(listened, version, frame, true, joined_version)
  }
  introduce(hub, user, listened)
  return true
}

/** Devices that were sent that their user is not in the chat, by a hello without it or by `chat_gone`, and nothing since. */
export const shutDevices = ({ devices }: ConnectedUser, chat_id: ChatId): ReadonlyArray<Device> =>
  devices.filter((device) => {
    const gate = device.gates?.byChat.get(chat_id)
    return gate !== undefined && !gate.holding && gate.floor === Number.POSITIVE_INFINITY
  })

/**
 * Sends the chat to shut devices of a user who was removed and added again without an event that reached this node. If
 * the chat has later events than what was read, it does nothing.
 */
export const reopen = (hub: HubState, user: ConnectedUser, { chat, version }: Standing): void => {
  const here = hub.listeners.chats.get(chat.id)
  const since = here?.users.get(user)
  if (here === undefined || since === undefined || here.version > version) return
  if (since === -1) hub.listeners.join(user, chat.id, version)
  const frame = introduction({ chat, version })
  for (const device of shutDevices(user, chat.id)) {
    device.offerFrame(here, version, frame, true)
    device.gates ??= Gates.none()
    device.gates.byChat.set(chat.id, new Gate(version, false))
  }
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
