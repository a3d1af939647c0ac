// Builds one device's hello: which chats are ready, and their positions. A ready chat holds later events for the device
// until hello is sent. A long hello is built in turns: it neither blocks the event loop nor needs more memory than the
// network accepts.
import { Effect } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Position } from "../sql/chats/ChatStore.ts"
import type { Device } from "./Device.ts"
import { fragment, helloPing, textFrame } from "./frames/FrameBytes.ts"
import { comeBack, helloChats, helloHead, helloTail } from "./frames/ReplyFrames.ts"
import type { HubState } from "./HubState.ts"
import { announce, onlineFor } from "./presence/Presence.ts"
import { Gate } from "./replay/Gates.ts"
import type { Syncs } from "./replay/Sync.ts"

/** Chats per turn of the event loop: some 40 KiB of hello. */
export const chatsAtOnce = 500

const byChat = (positions: ReadonlyArray<Position>): ReadonlyMap<ChatId, Position> =>
  new Map(positions.map((position) => [position.chat_id, position]))

export class Greeting {
  readonly device: Device
  private readonly hub: HubState
  private readonly syncs: Syncs
  /** What was known when the device connected. */
  private readonly known: ReadonlyMap<ChatId, Position>
  private readonly settled: Array<Position> = []

  constructor(hub: HubState, syncs: Syncs, device: Device) {
    this.hub = hub
    this.syncs = syncs
    this.device = device
    this.known = device.positions ?? new Map()
    device.positions = undefined
  }

  /**
   * Settles these chats from what is known, or from `read` if given: then a chat that is missing there no longer
   * belongs to the user. Returns those that must be read, or read again.
   */
  settle(chat_ids: ReadonlyArray<ChatId>, read?: ReadonlyArray<Position>): ReadonlyArray<ChatId> {
    return this.settleBy(chat_ids, read === undefined ? this.known : byChat(read), read !== undefined)
  }

  /** Like `settle`, for many chats. */
  readonly settleInTurns = Effect.fnUntraced(function* (
    this: Greeting,
    chat_ids: ReadonlyArray<ChatId>,
    read?: ReadonlyArray<Position>,
  ) {
    const positions = read === undefined ? this.known : byChat(read)
    const left: Array<ChatId> = []
    for (let from = 0; from < chat_ids.length; from += chatsAtOnce) {
      yield* Effect.yieldNow
      left.push(...this.settleBy(chat_ids.slice(from, from + chatsAtOnce), positions, read !== undefined))
    }
    return left
  })

  private settleBy(
    chat_ids: ReadonlyArray<ChatId>,
    positions: ReadonlyMap<ChatId, Position>,
    isRead: boolean,
  ): ReadonlyArray<ChatId> {
    const { device, hub } = this
    if (device.closed !== 0) return []
    return chat_ids.filter((chat_id) => {
      const position = positions.get(chat_id)
      if (position === undefined) {
        if (isRead) shut(hub, device, chat_id)
        return !isRead
      }
      if (isStale(hub, device, position)) return true
      settle(hub, device, position)
      this.settled.push(position)
      return false
    })
  }

  sayAtOnce(): void {
    const { device, settled } = this
    if (device.closed !== 0) return
    if (device.only !== 0 && settled.length === 0) {
      device.close(CloseCode.NoLongerMember)
      return
    }
    this.end(textFrame(this.head() + helloChats(settled) + helloTail(onlineFor(this.hub, device))))
  }

  /** Each piece is written once the network has accepted the one before it. */
  readonly sayInTurns = Effect.fnUntraced(function* (this: Greeting) {
    const { device, settled } = this
    const { outbox } = device
    for (let from = 0; from < settled.length; from += chatsAtOnce) {
      yield* Effect.yieldNow
      if (!outbox.ready) yield* Effect.callback<void>((resume) => outbox.whenReady(() => resume(Effect.void)))
      if (device.closed !== 0) return
      const chats = helloChats(settled.slice(from, from + chatsAtOnce))
      const json = from === 0 ? this.head() + chats : `,${chats}`
      outbox.writeExempt(fragment(json, from === 0, false))
    }
    if (device.closed !== 0) return
    const head = settled.length === 0 ? this.head() : ""
    this.end(fragment(head + helloTail(onlineFor(this.hub, device)), settled.length === 0, true))
  })

  /** Contains the version of the user's own state, which becomes the device's version of it. */
  private head(): string {
    const { session_id, user } = this.device
    this.device.stateAt = Math.max(user.stateVersion, 0)
    return helloHead(user.id, session_id, this.device.stateAt)
  }

  /** Hello is complete with this: events follow it. */
  private end(bytes: Buffer): void {
    const { device, hub, syncs } = this
    const { user } = device
    device.opening = false
    device.outbox.writeExempt(bytes)
    if (device.resumeBy === 0) syncs.release(device)
    // The pong shows that the client has hello: from then on its time to sync runs (Device.ponged).
    else device.wire.write(helloPing)
    if (device.closed !== 0 || user.online) return
    user.online = true
    announce(hub, user, null)
  }
}

/**
 * Whether this position is older than what another device of the user has received, and not everything in between is
 * held for this device: because it was earlier, because it is not new to the user, or because a hole is filled by other
 * events.
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

/** The device knows the chat up to this position. */
const settle = (hub: HubState, device: Device, position: Position): void => {
  const chat = hub.listeners.chats.get(position.chat_id)
  const since = chat?.users.get(device.user)
  if (chat !== undefined && (chat.members === 0 || position.version > chat.version))
    chat.members = position.member_count
  if (chat !== undefined) hub.delivered.greeted(device, chat, position)
  if (chat !== undefined && since === -1) hub.listeners.join(device.user, chat.id, position.version)
  const gates = device.gates
  if (gates === undefined) return
  const gate = gates.byChat.get(position.chat_id)
  if (gate !== undefined) {
    gate.floor = position.version
    gate.isUnknown = false
    if (position.version < (chat?.knownFrom ?? -1)) gates.lose(gate)
  } else if (position.version > Math.max(chat?.version ?? -1, since ?? -1) && since !== -1) {
    gates.byChat.set(position.chat_id, new Gate(position.version, gates.holdsAll))
  }
}

/** Not in hello: the user is being removed from the chat, and receives it again only if they are added again. */
const shut = (hub: HubState, device: Device, chat_id: ChatId): void => {
  const { gates, user } = device
  const since = hub.listeners.chats.get(chat_id)?.users.get(user)
  if (gates === undefined) return
  const gate = gates.byChat.get(chat_id)
  if (gate === undefined) {
    if (since !== undefined) gates.byChat.set(chat_id, new Gate(Number.POSITIVE_INFINITY, gates.holdsAll))
    return
  }
  // The introduction was among what could not be held: the hello of a new socket contains the chat.
  if (gate.lost && gate.untold) {
    device.close(CloseCode.GoingAway, comeBack)
    return
  }
  if (gate.lost) gates.forget(gate)
  gate.floor = Number.POSITIVE_INFINITY
  gate.isUnknown = true
  const opening = gate.held.find(({ opens }) => opens)
  if (since === -1 && opening !== undefined) hub.listeners.join(user, chat_id, opening.version - 1)
}
