// One connected device of a user: what is sent to it, in order. Does not know the meaning of its frames (Inbound), nor
// the other devices (Hub).
import type { CloseCode } from "../contract/CloseCode.ts"
import { CloseCode as Code } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import { Limits } from "../contract/Limits.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Position } from "../sql/chats/ChatStore.ts"
import { Connection } from "./Connection.ts"
import { Outbox } from "./delivery/Outbox.ts"
import type { Wire } from "./delivery/Wire.ts"
import type { EventRun } from "./frames/EventRun.ts"
import type { HubState } from "./HubState.ts"
import type { Inbound } from "./inbound/Inbound.ts"
import type { ConnectedUser, ListenedChat } from "./Listeners.ts"
import { Gates } from "./replay/Gates.ts"
import type { SyncJob } from "./replay/Sync.ts"

const resumeMillis = Limits.resumeSeconds * 1000

export interface DeviceOptions {
  /** The only chat of `/ws/{chat_id}`; 0: all. */
  readonly only: ChatId | 0
  /** Lasting events wait for the first `sync`. */
  readonly resume: boolean
  /** It counts as a socket of its user; false: it belongs to a connection that counts. */
  readonly hasPlace?: boolean
}

export class Device extends Connection {
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
  /** Syncs that wait for the one under way; undefined: there is none. */
  syncs: Array<SyncJob> | undefined = undefined
  /** The version of the user's own state that it has received; -1: hello is not sent. */
  stateAt = -1
  /** Reads of that state that are under way or queued. */
  stateReads = 0
  /** That state may have changed without a signal. */
  stateUnsure = false
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
  private readonly inbound: Inbound

  constructor(
    hub: HubState,
    inbound: Inbound,
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
    if (this.resumeBy === Number.POSITIVE_INFINITY && data.length > 0) {
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
    if (!this.outbox.push(bytes, frames)) {
      this.hub.stats.dropped += frames
      this.close(Code.TooSlow)
    }
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

  /** One event, or with version 0 what accompanies it. `opens`: this event introduces the chat to the device. */
  offerFrame(chat: ListenedChat, version: number, frame: Buffer, opens: boolean): void {
    const gates = this.gates
    const delivered = version === 0 ? chat.version : version - 1
    if (gates === undefined || gates.admit(chat.id, version, frame, opens, delivered)) this.push(frame, 1)
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

  /** The version up to which the device has a chat of its user. */
  standsAt(chat_id: ChatId): number {
    const gate = this.gates?.byChat.get(chat_id)
    if (gate !== undefined) return gate.floor === Number.POSITIVE_INFINITY ? -1 : gate.floor
    return this.gates?.holdsAll === true ? -1 : (this.hub.listeners.chats.get(chat_id)?.version ?? -1)
  }

  /** The chat's version in hello, if nothing has happened there since; undefined otherwise. */
  stillAt(chat_id: ChatId): number | undefined {
    if (this.opening || this.gates?.holdsAll !== true || !this.listensTo(chat_id)) return undefined
    const chat = this.hub.listeners.chats.get(chat_id)
    const since = chat?.users.get(this.user)
    if (chat === undefined || since === undefined || since === -1) return undefined
    const gate = this.gates.byChat.get(chat_id)
    // Without a gate hello contained no more than its user has received.
    if (gate === undefined) return Math.max(chat.version, since)
    return gate.holding && !gate.lost && gate.held.length === 0 ? gate.floor : undefined
  }

  /** Nothing has to be left out any more; a gate that holds continues to hold. */
  dropGate(chat_id: ChatId): void {
    if (this.gates?.byChat.get(chat_id)?.holding === false) this.gates.byChat.delete(chat_id)
    this.settleGates()
  }

  /** Opens a chat's gate: first sends the held events. */
  releaseChat(chat_id: ChatId): void {
    const gates = this.gates
    const gate = gates?.byChat.get(chat_id)
    if (gates === undefined || gate === undefined || this.opening) return
    const frames = gates.take(gate)
    if (frames.length > 0) this.push(frames.length === 1 ? frames[0]! : Buffer.concat(frames), frames.length)
    gates.open(chat_id, gate, gate.floor > (this.hub.listeners.chats.get(chat_id)?.version ?? -1))
    this.settleGates()
  }

  /**
   * Ends a chat for the device. What waits behind a replay would follow a hole: only the event that ends the chat is
   * sent.
   */
  endChat(chat_id: ChatId, version: number): void {
    const gates = this.gates
    const gate = gates?.byChat.get(chat_id)
    if (gates === undefined || gate === undefined || this.opening) return
    const last = gate.held.at(-1)
    gates.forget(gate)
    if (last?.version === version && gate.floor !== Number.POSITIVE_INFINITY) this.push(last.frame, 1)
    gates.open(chat_id, gate, false)
    this.settleGates()
  }

  /** Opens the gates of all chats; returns those with lost events, whose gates stay closed until they are replayed. */
  releaseAll(): ReadonlyArray<ChatId> {
    this.resumeBy = 0
    const gates = this.gates
    if (gates === undefined) return []
    gates.holdsAll = false
    const lost: Array<ChatId> = []
    for (const [chat_id, gate] of [...gates.byChat]) {
      if (!gate.holding) continue
      if (gate.lost) lost.push(chat_id)
      else this.releaseChat(chat_id)
    }
    this.settleGates()
    return lost
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
    this.hub.detach(this, code)
    this.onClose?.()
    this.onClose = undefined
  }
}
