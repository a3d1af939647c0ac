// How a signal reaches the node's devices: plain loops from one broadcast to all queues. Owns the order (each event once,
// by version, without a hole) up to the device's gates.
import type { ChatHead, Signal } from "../broadcast/Broadcast.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import { largeGroup } from "../domain/Chat.ts"
import type { ChatEvent, ChatEvents } from "../domain/ChatEvent.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Device, ListenedChat } from "./Device.ts"
import { DeliveredMarks } from "./delivery/DeliveredMarks.ts"
import { follows, joined } from "./followingEvents.ts"
import { fullyReadJson } from "./frames/EventFrames.ts"
import { EventRun } from "./frames/EventRun.ts"
import { textFrame } from "./frames/FrameBytes.ts"
import { HubState, type Ports } from "./HubState.ts"
import { applyMembership, changesMembership, deliverLive } from "./members/Membership.ts"
import { enterTogether } from "./members/Newcomers.ts"
import { Absences } from "./presence/Absences.ts"
import { Blockers } from "./presence/Blockers.ts"
import { Typing } from "./presence/Typing.ts"
import { Holes } from "./replay/Holes.ts"
import { OwnStateDelivery } from "./state/OwnStateDelivery.ts"

/** Batches that are kept while a hole is filled; over this limit they are read from the database too. */
const maxFilling = 1_000

export class HubDelivery extends HubState {
  readonly holes: Holes
  readonly typing: Typing
  readonly delivered: DeliveredMarks
  readonly absences: Absences
  readonly ownState: OwnStateDelivery
  readonly blockers: Blockers
  private readonly deliverLive = deliverLive(this)

  constructor(ports: Ports) {
    super(ports)
    this.typing = new Typing(this)
    this.delivered = new DeliveredMarks(this)
    this.absences = new Absences(this, ports.elsewhere.absence)
    this.holes = new Holes(this)
    this.ownState = new OwnStateDelivery(this)
    this.blockers = new Blockers(this)
  }

  /** Handles everything that waited, in order. Consecutive events of a chat are handled as one batch. */
  handle(signals: ReadonlyArray<Signal>): void {
    for (let i = 0; i < signals.length; i++) {
      const signal = signals[i]!
      if (signal._tag === "ChatEvents") {
        let batch: ChatEvents = signal
        for (let next = signals[i + 1]; follows(next, batch); next = signals[++i + 1]) batch = joined(batch, next)
        this.chatEvents(batch)
      } else if (signal._tag === "Typing") this.typing.deliver(signal)
      else if (signal._tag === "Delivered") this.delivered.deliver(signal)
      else if (signal._tag === "ChatHead") this.chatHead(signal)
      else if (signal._tag === "StateChanged") this.ownState.deliver(signal)
      else if (signal._tag === "UserUpdated") this.ports.userUpdated(signal.user_id)
      else if (signal._tag === "BlockersChanged") {
        const user = this.listeners.users.get(signal.user_id)
        if (user !== undefined) this.ports.readBlockers(user)
      } else if (signal._tag === "MarkedUnread") this.ports.unreadMarks.note(signal)
      else if (signal._tag === "ReadsPrivately") this.ports.privateReaders.note(signal.user_id)
      else if (signal._tag === "SignalsLost") {
        this.concurrent.loseAll()
        this.ports.compare()
      } else {
        for (const session_id of signal.session_ids) {
          for (const connection of this.listeners.sessions.get(session_id) ?? [])
            connection.close(CloseCode.SessionEnded)
        }
      }
    }
  }

  chatEvents(batch: ChatEvents, wasWaiting = false): void {
    const last = batch.events.at(-1)
    if (last !== undefined) this.concurrent.note(batch.chat_id, last.version)
    const chat = this.listeners.chats.get(batch.chat_id)
    if (chat !== undefined) {
      if (this.typing.active) this.typing.spoke(chat.id, batch.events, chat.version)
      if (chat.filling !== undefined) {
        if (chat.filling.length >= maxFilling) chat.filling.length = 0
        chat.filling.push(batch)
        return
      }
      const first = this.firstNew(chat, batch.events)
      const delivered = chat.delivered
      if (delivered >= 0 && first < batch.events.length && batch.events[first]!.version > delivered + 1) {
        this.holes.begin(chat, delivered, [batch])
        return
      }
      if (delivered < 0 && last !== undefined) chat.knownFrom = batch.events[0]!.version - 1
      this.apply(batch.chat_id, batch.events, first)
      // From a node that was frozen before it could publish: later readers have received their events already.
      if (!wasWaiting && (last?.version ?? chat.version) < chat.version) return
    } else this.apply(batch.chat_id, batch.events, 0)
    if (batch.fully_read.length > 0) this.fullyRead(batch)
  }

  /** Events up to this version may not have been published. */
  private chatHead(head: ChatHead): void {
    this.concurrent.note(head.chat_id, head.version)
    const chat = this.listeners.chats.get(head.chat_id)
    if (chat === undefined || chat.filling !== undefined) return
    const delivered = chat.delivered
    if (delivered >= 0 && delivered < head.version) this.holes.begin(chat, delivered, [])
  }

  private firstNew(chat: ListenedChat, events: ReadonlyArray<ChatEvent>): number {
    let first = 0
    while (first < events.length && events[first]!.version <= chat.version) first++
    return first
  }

  private apply(chat_id: ChatId, events: ReadonlyArray<ChatEvent>, first: number): void {
    let from = first
    for (let i = first; i < events.length; i++) {
      const event = events[i]!
      if (!changesMembership(event)) continue
      if (i > from) this.deliver(chat_id, events.slice(from, i))
      if (event._tag === "MemberAdded") {
        const added = [event]
        for (let next = events[i + 1]; next?._tag === "MemberAdded"; next = events[++i + 1]) added.push(next)
        enterTogether(this, chat_id, added)
      } else applyMembership(this, chat_id, event, this.deliverLive)
      from = i + 1
    }
    if (from < events.length) this.deliver(chat_id, from === 0 ? events : events.slice(from))
  }

  private deliver(chat_id: ChatId, events: ReadonlyArray<ChatEvent>): void {
    const chat = this.listeners.chats.get(chat_id)
    if (chat === undefined) return
    const run = new EventRun(chat_id, events)
    // A large group that reacts to one message: so many frames for so many devices must not take a write each.
    const isCrowd = chat.members > largeGroup && events.every(({ _tag }) => _tag === "Recorded")
    const mayWait = isCrowd || events[0]!._tag === "MemberUpdated"
    if (run.firstVersion <= chat.floor) this.deliverSelectively(chat, run)
    else {
      for (const user of chat.users.keys()) {
        const bytes = run.bytesFor(user.id)
        const devices = user.devices
        for (let i = 0; i < devices.length; i++) {
          const device = devices[i]!
          if (device.only !== 0 && device.only !== chat_id) continue
          if (mayWait && device.catchesUp(chat_id, run.firstVersion - 1)) continue
          if (device.gates !== undefined) device.offer(chat, run)
          else if (isCrowd) device.pushLate(bytes, events.length, this.ports.delays.records)
          else device.push(bytes, events.length)
          this.stats.deliveries += events.length
        }
      }
    }
    chat.version = run.lastVersion
    if (chat.isPrivate) this.delivered.pushed(chat, events)
  }

  /** Some users know the chat up to a later version already (by hello, or because they were added again). */
  private deliverSelectively(chat: ListenedChat, run: EventRun): void {
    for (const [user, since] of chat.users) {
      const frames = run.framesFor(user.id)
      for (let i = 0; i < frames.length; i++) {
        const version = run.events[i]!.version
        if (version <= since) continue
        for (const device of user.devices) {
          if (!device.listensTo(chat.id)) continue
          device.offerFrame(chat, version, frames[i]!, false)
          this.stats.deliveries++
        }
      }
    }
  }

  private fullyRead(batch: ChatEvents): void {
    const chat = this.listeners.chats.get(batch.chat_id)
    if (chat === undefined) return
    const version = batch.events.at(-1)?.version ?? batch.version ?? chat.version
    for (const read of batch.fully_read) {
      const user = this.listeners.users.get(read.user_id)
      const since = user === undefined ? undefined : chat.users.get(user)
      // Late, for a user who connected after it and knows it.
      if (user === undefined || since === undefined || version <= since) continue
      chat.fullyRead ??= new Map()
      if (read.seq <= (chat.fullyRead.get(user.id) ?? 0)) continue
      chat.fullyRead.set(user.id, read.seq)
      const frame = textFrame(fullyReadJson(batch.chat_id, read))
      for (const device of user.devices) if (device.listensTo(chat.id)) device.offerAside(chat, version, frame)
    }
  }

  detach(device: Device, code: number): void {
    if (!this.listeners.detach(device)) return
    this.stats.closed(code)
    const user = device.user
    if (user.devices.length > 0) return
    this.typing.left(user)
    if (user.online) this.absences.begin(user)
    else this.listeners.dropIfGone(user)
  }
}
