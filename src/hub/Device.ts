// One connected device of a user: what is sent to it, in order. Does not know the meaning of its frames (Inbound), nor
// the other devices (Hub). Its user and the chats to which they listen refer to it and to one another, so they are
// declared here too.
import type { Semaphore } from "effect"
import type { CloseCode } from "../contract/CloseCode.ts"
import { CloseCode as Code } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import { Limits } from "../contract/Limits.ts"
import { largeGroup } from "../domain/Chat.ts"
import type { ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Position } from "../sql/chats/ChatStore.ts"
import { Connection, type ConnectionHub } from "./Connection.ts"
import type { Arrivals } from "./delivery/Arrivals.ts"
import type { Flusher } from "./delivery/Flusher.ts"
import { Outbox } from "./delivery/Outbox.ts"
import type { Wire } from "./delivery/Wire.ts"
import type { FirstRead } from "./FirstRead.ts"
import type { EventRun } from "./frames/EventRun.ts"
import { arrivalOf } from "./frames/FrameBytes.ts"
import { Gates } from "./replay/Gates.ts"
import type { SyncJob } from "./replay/SyncJob.ts"
import type { Stats } from "./Stats.ts"

const resumeMillis = Limits.resumeSeconds * 1000

export interface DeviceOptions {
  /** The only chat of `/ws/{chat_id}`; 0: all. */
  readonly only: ChatId | 0
  /** Lasting events wait for the first `sync`. */
  readonly resume: boolean
  /** It counts as a socket of its user; false: it belongs to a connection that counts. */
  readonly hasPlace?: boolean
}

/** A chat to which a user on this node listens. */
export class ListenedChat {
  readonly id: ChatId
  /** The last version that was broadcast; -1: none yet. */
  version = -1
  /**
   * Its version before the first event, which arrived when the version was unknown: earlier events did not reach this
   * node.
   */
  knownFrom = -1
  /**
   * The listeners, with the version up to which each knows the chat by other means (hello, being added): events up to
   * it are not for them. -1: their first device is still opening and holds its events.
   */
  readonly users = new Map<ConnectedUser, number>()
  /** The highest of those versions: above it no user needs a check. */
  floor = -1
  /** The number of all its members, not only the listeners; 0: unknown. */
  members = 0
  /** A chat of two, who see how far the devices of the other one have their messages. */
  isPrivate = false
  /** In a private chat, how far that is, as far as known here. */
  arrived: Map<UserId, number> | undefined = undefined
  /** By sender, the newest fully read message that was sent to them: an older one may arrive late. */
  fullyRead: Map<UserId, number> | undefined = undefined
  /** Batches that arrive while a hole is filled from the database. */
  filling: Array<ChatEvents> | undefined = undefined

  constructor(id: ChatId) {
    this.id = id
  }

  /** Presence of its members is not published. */
  get isLarge(): boolean {
    return this.members > largeGroup
  }

  /** The version of the chat for its listeners; -1 while unknown. */
  get delivered(): number {
    if (this.version >= 0) return this.version
    let lowest = -1
    for (const since of this.users.values()) {
      if (since >= 0 && (lowest < 0 || since < lowest)) lowest = since
    }
    return lowest
  }
}

const nobody: ReadonlySet<UserId> = new Set()

/** A user with a device here, or with one that is about to open. */
export class ConnectedUser {
  readonly id: UserId
  devices: ReadonlyArray<Device> = []
  readonly chats = new Set<ListenedChat>()
  /** Connections under way that need this entry. */
  pins = 0
  loaded = false
  /** The version of their own state, as far as this node knows; -1: unknown. */
  stateVersion = -1
  /** Serialises replays of that state; undefined: there was none yet. */
  stateTurn: Semaphore.Semaphore | undefined = undefined
  /** Users who have blocked this one, and are offline for them. */
  blockers: ReadonlySet<UserId> = nobody
  /** Which read found them: see Blockers. */
  blockersAt = 0
  /** Chats to which they listen, but which their devices have not received. */
  untold: Set<ChatId> | undefined = undefined
  /** Others have received that the user is online, and not yet that they are offline. */
  online = false
  /** The second of their last typing signal, and the number of signals in it. */
  typingSecond = 0
  typingSignals = 0
  /** Chats from which they were removed while their chats were being read: the read may be older. */
  removedWhileLoading: Set<ChatId> | undefined = undefined
  /** Serialises long hellos; undefined: there was none yet. */
  longHellos: Semaphore.Semaphore | undefined = undefined
  /** The read of `loaded`, for the connections under way. */
  firstRead: FirstRead | undefined = undefined

  constructor(id: UserId) {
    this.id = id
  }

  forgetFirstRead(): void {
    this.firstRead?.end()
    this.firstRead = undefined
  }
}

/** What devices, and those who work for them, need of the hub. */
export interface DeviceHub extends ConnectionHub {
  readonly flusher: Flusher
  readonly stats: Stats
  readonly listeners: {
    readonly chats: ReadonlyMap<ChatId, ListenedChat>
    isIn(user: ConnectedUser, chat_id: ChatId): boolean
  }
  readonly typing: { say(device: Device, chat_id: ChatId, is_typing: boolean): void }
  readonly ownState: { settle(device: Device): void; reach(user: ConnectedUser, version: number): void }
  readonly delivered: { confirmed(device: Device, count: number): void }
  readonly ports: ConnectionHub["ports"] & {
    readonly catchUp: (device: Device, chat_id: ChatId, stood: number) => void
  }
  detach(device: Device, code: number): void
}

/** Where a device's frames go. */
export interface DeviceInbound {
  receive(device: Device, data: Buffer, isBinary: boolean): void
  proceed(device: Device): void
}

export class Device extends Connection {
  declare readonly hub: DeviceHub
  readonly user: ConnectedUser
  readonly only: ChatId | 0
  readonly outbox: Outbox
  /** undefined once nothing has to be held back. */
  gates: Gates | undefined = new Gates()
  /** `hello` is not sent yet. */
  opening = true
  /** The chats' positions when it connected, as far as known without a read; `hello` consumes them. */
  positions: Map<ChatId, Position> | undefined = undefined
  /**
   * Epoch milliseconds until which a resuming client may send its first `sync`: infinite until it certainly has
   * `hello`; 0: not resuming.
   */
  resumeBy = 0
  /** The sync under way, and those that wait for it; undefined: there is none. */
  syncs: Array<SyncJob> | undefined = undefined
  /** The version of the user's own state that it has received; -1: hello is not sent. */
  stateAt = -1
  /** Reads of that state that are under way or queued. */
  stateReads = 0
  /** That state may have changed without a signal. */
  stateUnsure = false
  /** Messages of private chats that it has not confirmed; undefined: there were none. */
  arrivals: Arrivals | undefined = undefined
  /** Invalid frames in a row. */
  badFrames = 0
  /** Frames that wait for an earlier one; undefined: no earlier frame is being looked up. */
  inbox: Array<{ readonly data: Buffer; readonly isBinary: boolean }> | undefined = undefined
  inboxBytes = 0
  /** Commands that actors have not answered. */
  inFlight = 0
  lookingUp = false
  /** Waiting frames are being processed. */
  proceeding = false
  paused = false
  /** The last presence round that reached this device. */
  round = 0
  /** Called when it closes, by code that waits on its behalf. */
  onClose: (() => void) | undefined = undefined
  private readonly inbound: DeviceInbound

  constructor(
    hub: DeviceHub,
    inbound: DeviceInbound,
    user: ConnectedUser,
    identity: CurrentUser["Service"],
    wire: Wire,
    options: DeviceOptions,
  ) {
    super(hub, identity, wire, options.hasPlace ?? false)
    this.inbound = inbound
    this.user = user
    this.only = options.only
    this.outbox = new Outbox(wire, hub.flusher, hub)
  }

  /** It has sent commands that are not answered yet. */
  get busy(): boolean {
    return this.closed === 0 && (this.inFlight > 0 || this.lookingUp || this.inbox !== undefined)
  }

  listensTo(chat_id: ChatId): boolean {
    return this.only === 0 || this.only === chat_id
  }

  receive(data: Buffer, isBinary: boolean): void {
    this.aliveAt = this.hub.coarseNow
    this.hub.stats.framesIn++
    this.inbound.receive(this, data, isBinary)
  }

  override ponged(data: Buffer): void {
    super.ponged(data)
    const count = arrivalOf(data)
    if (count !== undefined) this.hub.delivered.confirmed(this, count)
    else if (this.resumeBy === Number.POSITIVE_INFINITY && data.length > 0) {
      const now = this.hub.coarseNow
      this.resumeBy = now + resumeMillis
      this.hub.wheel.schedule(this, Math.min(this.resumeBy, this.pingDue, this.expires_at) - now)
    }
  }

  proceed(): void {
    this.inbound.proceed(this)
  }

  drained(): void {
    this.outbox.drained()
  }

  /** Whole frames that must reach it. */
  push(bytes: Buffer, frames: number): void {
    if (this.closed !== 0) return
    if (!this.outbox.push(bytes, frames)) this.tooSlow(frames)
  }

  /** The same, written within this number of milliseconds. */
  pushLate(bytes: Buffer, frames: number, within: number): void {
    if (this.closed !== 0) return
    if (!this.outbox.pushLate(bytes, frames, within)) this.tooSlow(frames)
  }

  private tooSlow(frames: number): void {
    this.hub.stats.dropped += frames
    this.close(Code.TooSlow)
  }

  /** A frame that may be lost, written within this number of milliseconds. */
  pushDroppable(bytes: Buffer, within: number): void {
    if (this.closed !== 0 || this.opening) return
    if (!this.outbox.pushDroppable(bytes, within)) this.hub.stats.dropped++
  }

  /**
   * To be called before the many events of one command: when the queue is half full they are not pushed, but read for
   * this device once the network has accepted what waits. `stood`: the version up to which the device has the chat.
   */
  catchesUp(chat_id: ChatId, stood: number): boolean {
    if (
      this.closed !== 0 ||
      this.opening ||
      this.gates?.holdsAll === true ||
      this.gates?.byChat.has(chat_id) === true
    ) {
      return false
    }
    if (!this.outbox.isHalfFull) return false
    this.hub.ports.catchUp(this, chat_id, stood)
    return true
  }

  /** Events of a chat, some of which may have to be held back. */
  offer(chat: ListenedChat, run: EventRun): void {
    const frames = run.framesFor(this.user.id)
    for (let i = 0; i < frames.length; i++) {
      this.offerFrame(chat, run.events[i]!.version, frames[i]!, false)
    }
  }

  /**
   * One event, or with version 0 what accompanies it. `opens`: this event introduces the chat to the device; `joined`: and
   * its user came into it by this earlier version.
   */
  offerFrame(chat: ListenedChat, version: number, frame: Buffer, opens: boolean, joined = version): void {
    const gates = this.gates
    const delivered = version === 0 ? chat.version : version - 1
    if (gates === undefined || gates.admit(chat.id, version, frame, opens, delivered, joined)) this.push(frame, 1)
    this.settleGates()
  }

  /** A frame that accompanies the event of this version, for devices to which that event is new. */
  offerAside(chat: ListenedChat, version: number, frame: Buffer): void {
    const gates = this.gates
    const gate = gates?.holding(chat.id, chat.version)
    if (gate !== undefined) gates?.hold(gate, { version: 0, frame, opens: false, at: version })
    else if (version > this.floorOf(chat.id)) this.push(frame, 1)
  }

  /** The version up to which the device knows the chat by itself (hello, a sync). -1: no further than its user. */
  floorOf(chat_id: ChatId): number {
    return this.gates?.byChat.get(chat_id)?.floor ?? -1
  }

  /** Events of the chat wait, for an answer or for all that is older. */
  holds(chat_id: ChatId): boolean {
    return this.gates?.holdsAll === true || this.gates?.byChat.get(chat_id)?.holding === true
  }

  settleGates(): void {
    if (this.gates?.idle === true) this.gates = undefined
  }

  override close(code: CloseCode, reason = ""): void {
    if (this.closed === 0 && code !== Code.TooSlow) this.outbox.finish()
    super.close(code, reason)
  }

  protected end(code: number): void {
    this.outbox.close()
    this.inbox = undefined
    this.gates = undefined
    this.arrivals = undefined
    this.hub.detach(this, code)
    this.onClose?.()
    this.onClose = undefined
  }
}
