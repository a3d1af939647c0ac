// A device's first moments: subscribe, then read. Its user listens already and its gates hold what comes; only then is it
// read where the chats stand, hello told, and what was held let go from there on. What was read before is good enough as long
// as nothing had gone past it when the device came (FirstRead).
import { Effect } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Chats as ChatRows, Position } from "../sql/Chats.ts"
import type { Device } from "./Device.ts"
import { textFrame } from "./FrameBytes.ts"
import { Gate } from "./Gates.ts"
import type { HubState } from "./HubState.ts"
import { joinIfMember } from "./joinIfMember.ts"
import type { PositionReads } from "./PositionReads.ts"
import { announce, onlineFor } from "./Presence.ts"
import { helloJson } from "./ReplyFrames.ts"
import { watch } from "./Sweeper.ts"
import type { Syncs } from "./Sync.ts"

/** Reads where the chats stand, as far as the device does not know, and says hello. */
export const greet = (
  hub: HubState,
  syncs: Syncs,
  rows: ChatRows["Service"],
  reads: PositionReads,
  device: Device,
): Effect.Effect<void, never> =>
  Effect.suspend(() => {
    if (device.closed !== 0) return Effect.void
    watch(hub, device)
    if (device.only !== 0 && !hub.listeners.isIn(device.user, device.only)) {
      return orGoAway(
        device,
        Effect.flatMap(joinIfMember(hub, rows, device.user, device.only), (isMember) => {
          if (isMember) return greetListener(hub, syncs, reads, device)
          device.close(CloseCode.NoLongerMember)
          return Effect.void
        }),
      )
    }
    return greetListener(hub, syncs, reads, device)
  })

const orGoAway = (device: Device, effect: Effect.Effect<void, Unavailable>): Effect.Effect<void> =>
  Effect.catch(effect, (error) =>
    Effect.sync(() => device.close(CloseCode.GoingAway, `{"retry_after_ms":${error.retry_after_ms}}`)),
  )

const greetListener = (hub: HubState, syncs: Syncs, reads: PositionReads, device: Device): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (device.closed !== 0) return Effect.void
    const asked: Array<ChatId> = []
    for (const chat of device.user.chats) if (device.listensTo(chat.id)) asked.push(chat.id)
    const positions = device.positions ?? new Map<ChatId, Position>()
    device.positions = undefined
    const unknown = hub.ports.elsewhere.known(device.user.chats)
    if (unknown === undefined && unread(hub, device, asked, positions).length === 0) {
      hello(hub, syncs, device, asked, positions)
      return Effect.void
    }
    device.wire.pause()
    return orGoAway(
      device,
      Effect.andThen(unknown ?? Effect.void, readAndGreet(hub, syncs, reads, device, asked, positions)),
    )
  })

const readAndGreet = Effect.fnUntraced(function* (
  hub: HubState,
  syncs: Syncs,
  reads: PositionReads,
  device: Device,
  asked: ReadonlyArray<ChatId>,
  positions: Map<ChatId, Position>,
) {
  if (device.closed !== 0) return
  let again = unread(hub, device, asked, positions)
  while (again.length > 0) {
    for (const chat_id of again) positions.delete(chat_id)
    for (const position of yield* reads.positions(device.user.id, again)) positions.set(position.chat_id, position)
    if (device.closed !== 0) return
    again = [...positions.values()].filter((position) => isStale(hub, device, position)).map(({ chat_id }) => chat_id)
  }
  hello(hub, syncs, device, asked, positions)
  if (device.closed === 0 && !device.paused) device.wire.resume()
})

const hello = (
  hub: HubState,
  syncs: Syncs,
  device: Device,
  asked: ReadonlyArray<ChatId>,
  known: ReadonlyMap<ChatId, Position>,
): void => {
  const { user } = device
  const positions: Array<Position> = []
  for (const chat_id of asked) {
    const position = known.get(chat_id)
    if (position === undefined) shut(hub, device, chat_id)
    else {
      settle(hub, device, position)
      positions.push(position)
    }
  }
  if (device.only !== 0 && positions.length === 0) {
    device.close(CloseCode.NoLongerMember)
    return
  }
  device.opening = false
  device.outbox.writeExempt(textFrame(helloJson(user.id, device.session_id, positions, onlineFor(device))))
  if (device.resumeBy === 0) syncs.release(device)
  if (device.closed !== 0 || user.online) return
  user.online = true
  announce(hub, user, null)
}

/** Those of the chats that the device may not be told of from what is known. */
const unread = (
  hub: HubState,
  device: Device,
  asked: ReadonlyArray<ChatId>,
  positions: ReadonlyMap<ChatId, Position>,
): ReadonlyArray<ChatId> =>
  asked.filter((chat_id) => {
    const position = positions.get(chat_id)
    return position === undefined || isStale(hub, device, position)
  })

/**
 * Whether this was read before what another device of the user was told already, and not all that lies between is held for this
 * one: because it came before, or because it comes after, as no news to the user, or because of a hole others stand for it.
 */
const isStale = (hub: HubState, device: Device, position: Position): boolean => {
  const since = hub.listeners.chats.get(position.chat_id)?.users.get(device.user)
  if (since === undefined || position.version >= since) return false
  const gate = device.gates?.byChat.get(position.chat_id)
  if (gate === undefined) return true
  if (gate.lost) return false
  if (since - position.version > gate.held.length) return true
  const held = new Set(gate.held.map(({ version }) => version))
  for (let version = position.version + 1; version <= since; version++) if (!held.has(version)) return true
  return false
}

/** The device will know the chat up to this position. */
const settle = (hub: HubState, device: Device, position: Position): void => {
  const chat = hub.listeners.chats.get(position.chat_id)
  const since = chat?.users.get(device.user)
  if (chat !== undefined && since === -1) hub.listeners.join(device.user, chat.id, position.version)
  const gates = device.gates
  if (gates === undefined) return
  const gate = gates.byChat.get(position.chat_id)
  if (gate !== undefined) {
    gate.floor = position.version
    if (position.version < (chat?.heardFrom ?? -1)) gates.lose(gate)
  } else if (position.version > Math.max(chat?.version ?? -1, since ?? -1) && since !== -1) {
    gates.byChat.set(position.chat_id, new Gate(position.version, gates.holdsAll))
  }
}

/** Not in hello: the user is being removed from the chat, and hears of it again only if they are added again. */
const shut = (hub: HubState, device: Device, chat_id: ChatId): void => {
  const { gates, user } = device
  const since = hub.listeners.chats.get(chat_id)?.users.get(user)
  if (gates === undefined) return
  const gate = gates.byChat.get(chat_id)
  if (gate === undefined) {
    if (since !== undefined) gates.byChat.set(chat_id, new Gate(Number.POSITIVE_INFINITY, gates.holdsAll))
    return
  }
  gate.floor = Number.POSITIVE_INFINITY
  const opening = gate.held.find(({ opens }) => opens)
  if (since === -1 && opening !== undefined) hub.listeners.join(user, chat_id, opening.version - 1)
}
