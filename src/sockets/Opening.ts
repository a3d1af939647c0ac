// A device's first moments: subscribe, then read. Its user listens already and its gates hold what comes; only then is it
// read where the chats stand, hello told, and what was held let go from there on.
import { Effect } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Chats as ChatRows, Position } from "../sql/Chats.ts"
import type { Device } from "./Device.ts"
import { textFrame } from "./FrameBytes.ts"
import { Gate } from "./Gates.ts"
import type { HubState } from "./HubState.ts"
import { announce, onlineFor } from "./Presence.ts"
import { helloJson } from "./ReplyFrames.ts"
import { watch } from "./Sweeper.ts"
import type { Syncs } from "./Sync.ts"

/** Reads where the chats stand and says hello. */
export const greet = Effect.fnUntraced(
  function* (hub: HubState, syncs: Syncs, rows: ChatRows["Service"], device: Device) {
    const { user } = device
    if (device.closed !== 0) return
    device.wire.pause()
    watch(hub, device)
    if (device.only !== 0 && !hub.listeners.isIn(user, device.only)) return device.close(CloseCode.NoLongerMember)
    const asked: Array<ChatId> = []
    for (const chat of user.chats) if (device.listensTo(chat.id)) asked.push(chat.id)
    yield* hub.ports.elsewhere.known(user.chats)
    if (device.closed !== 0) return
    const positions = new Map<ChatId, Position>()
    let again: ReadonlyArray<ChatId> = asked
    while (again.length > 0) {
      for (const position of yield* rows.positions(user.id, again)) positions.set(position.chat_id, position)
      if (device.closed !== 0) return
      again = [...positions.values()].filter((position) => isStale(hub, device, position)).map(({ chat_id }) => chat_id)
    }
    for (const position of positions.values()) settle(hub, device, position)
    for (const chat_id of asked) {
      if (!positions.has(chat_id)) shut(hub, device, chat_id)
    }
    device.opening = false
    device.outbox.writeExempt(
      textFrame(helloJson(user.id, device.session_id, [...positions.values()], onlineFor(device))),
    )
    if (device.resumeBy === 0) syncs.release(device)
    if (device.closed !== 0) return
    if (!user.online) {
      user.online = true
      announce(hub, user, null)
    }
    if (!device.paused) device.wire.resume()
  },
  (effect, _hub, _syncs, _rows, device) =>
    Effect.catch(effect, (error) =>
      Effect.sync(() => device.close(CloseCode.GoingAway, `{"retry_after_ms":${error.retry_after_ms}}`)),
    ),
)

/**
 * Whether this was read before what another device of the user was told already, and what lies between was not held for this
 * one, because it came before.
 */
const isStale = (hub: HubState, device: Device, position: Position): boolean => {
  const since = hub.listeners.chats.get(position.chat_id)?.users.get(device.user)
  if (since === undefined || position.version >= since) return false
  const gate = device.gates?.byChat.get(position.chat_id)
  if (gate === undefined) return true
  if (gate.lost) return false
  const next = gate.held.find(({ version }) => version > position.version)
  return next === undefined || next.version > position.version + 1
}

/** The device will know the chat up to this position. */
const settle = (hub: HubState, device: Device, position: Position): void => {
  const chat = hub.listeners.chats.get(position.chat_id)
  const since = chat?.users.get(device.user)
  if (chat !== undefined && since === -1) hub.listeners.join(device.user, chat.id, position.version)
  const gates = device.gates
  if (gates === undefined) return
  const gate = gates.byChat.get(position.chat_id)
  if (gate !== undefined) gate.floor = position.version
  else if (position.version > Math.max(chat?.version ?? -1, since ?? -1) && since !== -1) {
    gates.byChat.set(position.chat_id, new Gate(position.version, gates.holdsAll))
  }
}

/** Not in hello: the user is being removed from the chat, and hears of it again only if they are added again. */
const shut = (hub: HubState, device: Device, chat_id: ChatId): void => {
  const gates = device.gates
  const chat = hub.listeners.chats.get(chat_id)
  if (gates === undefined) return
  const gate = gates.byChat.get(chat_id)
  if (gate !== undefined) gate.floor = Number.POSITIVE_INFINITY
  else if (chat?.users.has(device.user) === true) gates.byChat.set(chat_id, new Gate(Number.POSITIVE_INFINITY, false))
}
