// Where a device stands in a chat whose events its gates hold back or leave out, and how the gates open again.
import type { ChatId } from "../../domain/Ids.ts"
import type { Device } from "../Device.ts"

/** The version up to which the device has a chat of its user. */
export const standsAt = (device: Device, chat_id: ChatId): number => {
  const gate = device.gates?.byChat.get(chat_id)
  if (gate !== undefined) return gate.floor === Number.POSITIVE_INFINITY ? -1 : gate.floor
  return device.gates?.holdsAll === true ? -1 : (device.hub.listeners.chats.get(chat_id)?.version ?? -1)
}

/** The chat's version in hello, if nothing has happened there since; undefined otherwise. */
export const stillAt = (device: Device, chat_id: ChatId): number | undefined => {
  if (device.opening || device.gates?.holdsAll !== true || !device.listensTo(chat_id)) return undefined
  const chat = device.hub.listeners.chats.get(chat_id)
  const since = chat?.users.get(device.user)
  if (chat === undefined || since === undefined || since === -1) return undefined
  const gate = device.gates.byChat.get(chat_id)
  // Without a gate hello contained no more than its user has received.
  if (gate === undefined) return Math.max(chat.version, since)
  return gate.holding && !gate.lost && gate.held.length === 0 ? gate.floor : undefined
}

/** Nothing has to be left out any more; a gate that holds continues to hold. */
export const dropGate = (device: Device, chat_id: ChatId): void => {
  if (device.gates?.byChat.get(chat_id)?.holding === false) device.gates.byChat.delete(chat_id)
  device.settleGates()
}

/** Opens a chat's gate: first sends the held events. */
export const releaseChat = (device: Device, chat_id: ChatId): void => {
  const gates = device.gates
  const gate = gates?.byChat.get(chat_id)
  if (gates === undefined || gate === undefined || device.opening) return
  const frames = gates.take(gate)
  if (frames.length > 0) device.push(frames.length === 1 ? frames[0]! : Buffer.concat(frames), frames.length)
  gates.open(chat_id, gate, gate.floor > (device.hub.listeners.chats.get(chat_id)?.version ?? -1))
  device.settleGates()
}

/**
 * Ends a chat for the device. What waits behind a replay would follow a hole: only the event that ends the chat is
 * sent.
 */
export const endChat = (device: Device, chat_id: ChatId, version: number): void => {
  const gates = device.gates
  const gate = gates?.byChat.get(chat_id)
  if (gates === undefined || gate === undefined || device.opening) return
  const last = gate.held.at(-1)
  gates.forget(gate)
  if (last?.version === version && gate.floor !== Number.POSITIVE_INFINITY) device.push(last.frame, 1)
  gates.open(chat_id, gate, false)
  device.settleGates()
}

/** Opens the gates of all chats; returns those with lost events, whose gates stay closed until they are replayed. */
export const releaseAll = (device: Device): ReadonlyArray<ChatId> => {
  device.resumeBy = 0
  const gates = device.gates
  if (gates === undefined) return []
  gates.holdsAll = false
  const lost: Array<ChatId> = []
  for (const [chat_id, gate] of [...gates.byChat]) {
    if (!gate.holding) continue
    if (gate.lost) lost.push(chat_id)
    else releaseChat(device, chat_id)
  }
  device.settleGates()
  return lost
}
