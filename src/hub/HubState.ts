// A node's state of its devices, as all concerns of the hub see it: its tables, counters and ports. HubDelivery is the
// whole of it, and brings signals to the devices. Does no I/O: the hub requests reads of the database through `Ports`.

import type { Effect } from "effect"
import type { BroadcastShape, Signal } from "../broadcast/Broadcast.ts"
import type { ChatEvent, ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { PrivateReaders } from "../services/PrivateReaders.ts"
import type { UnreadMarks } from "../services/unreadMarks.ts"
import type { DeliveredMark, Position } from "../sql/chats/ChatStore.ts"
import type { ConnectedUser, Device, DeviceHub, ListenedChat } from "./Device.ts"
import { Flusher, type FrameDelays } from "./delivery/Flusher.ts"
import type { FrameBudget } from "./delivery/FrameBudget.ts"
import { Wheel } from "./delivery/Wheel.ts"
import { type ChatWatch, Listeners, type PresenceWatch } from "./Listeners.ts"
import type { Places } from "./Places.ts"
import type { RemoteUsers } from "./presence/RemoteUsers.ts"
import { ConcurrentEvents } from "./replay/ConcurrentEvents.ts"
import { Stats } from "./Stats.ts"

/** What the hub needs of the presence on other nodes (RemotePresence). */
export interface Elsewhere extends PresenceWatch {
  readonly users: RemoteUsers
  /** How long a user without a device counts as online, milliseconds. */
  readonly absence: number
  online(user: ConnectedUser, chats: Iterable<ListenedChat>): void
  offline(user: ConnectedUser, last_seen_at: string): void
  /** Done when the presence in these chats is known, as far as possible; undefined: it is. */
  known(chats: Iterable<ListenedChat>): Effect.Effect<void> | undefined
}

export interface Ports {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Calls back after this number of milliseconds. */
  readonly later: (millis: number, callback: () => void) => void
  /** Requests `holes.filled` with what the chat's listeners missed after `chat.version`. */
  readonly fill: (chat: ListenedChat) => void
  /** Requests a replay for a device that has the chat up to `stood` and missed many events. */
  readonly catchUp: (device: Device, chat_id: ChatId, stood: number) => void
  /** Asks for what the device lacks of its user's own state. */
  readonly readState: (device: Device) => void
  readonly unreadMarks: Pick<UnreadMarks, "note">
  readonly privateReaders: Pick<PrivateReaders, "note">
  /** Requests `blockers.found` for this user. */
  readonly readBlockers: (user: ConnectedUser) => void
  /** Requests `user_updated` for all whom it concerns here. */
  readonly userUpdated: (user_id: UserId) => void
  /** What cannot be stored is lost: the next hello of the user's devices makes up for it. */
  readonly storeDelivered: (marks: ReadonlyArray<DeliveredMark>) => void
  readonly publish: (signal: Parameters<BroadcastShape["publish"]>[0]) => void
  readonly watch: ChatWatch
  readonly elsewhere: Elsewhere
  readonly places: Places
  readonly budget: FrameBudget
  readonly delays: FrameDelays
  /** Signals were lost: requests a comparison of all positions with the database. */
  readonly compare: () => void
}

export abstract class HubState implements DeviceHub {
  readonly listeners: Listeners
  readonly flusher: Flusher
  readonly stats = new Stats()
  readonly concurrent = new ConcurrentEvents()
  readonly wheel = new Wheel()
  readonly ports: Ports
  /** `now` as of the sweeper's last tick: accurate enough to detect silence. */
  coarseNow: number
  accepting = true
  /** Wires that have not ended, also those of closed devices. */
  transports = 0
  /** Called when the last of them has ended. */
  onLastGone: () => void = () => {}
  round = 0
  abstract readonly typing: DeviceHub["typing"] & {
    end(chat_id: ChatId, user_id: UserId): void
    hide(user: ConnectedUser, typist: UserId): void
  }
  abstract readonly delivered: DeviceHub["delivered"] & {
    pushed(chat: ListenedChat, events: ReadonlyArray<ChatEvent>): void
    greeted(device: Device, chat: ListenedChat, position: Position): void
  }
  abstract readonly ownState: DeviceHub["ownState"]
  abstract readonly blockers: {
    begin(): number
    found(user: ConnectedUser, blockers: ReadonlyArray<UserId>, begun: number): void
  }

  constructor(ports: Ports) {
    this.ports = ports
    this.flusher = new Flusher(ports.later)
    this.listeners = new Listeners(ports.watch, ports.elsewhere)
    this.coarseNow = ports.now()
  }

  now(): number {
    return this.ports.now()
  }

  /** Handles everything that waited, in order. */
  abstract handle(signals: ReadonlyArray<Signal>): void
  /** Delivers the events of a chat, as far as they are new here. */
  abstract chatEvents(batch: ChatEvents, wasWaiting?: boolean): void
  /** Removes a device from all tables; its user goes offline after a delay if it was the last one. */
  abstract detach(device: Device, code: number): void
}
