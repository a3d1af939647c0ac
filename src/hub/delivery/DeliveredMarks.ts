// How far the devices of private chats have received messages. Frames of a socket arrive in order, so the pong to a ping
// that was written after a message proves that the device has it. Owns which pings are under way, and reports how far each
// user has the messages of the other one. Costs nothing elsewhere: no row, no version, nothing in a group.
import type { Delivered } from "../../broadcast/Broadcast.ts"
import type { ChatEvent } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { DeliveredMark, Position } from "../../sql/chats/ChatStore.ts"
import type { ConnectedUser, Device, ListenedChat } from "../Device.ts"
import { arrivalPing, textFrame } from "../frames/FrameBytes.ts"
import { deliveredJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"
import { Arrivals } from "./Arrivals.ts"

/** A device is pinged for messages this often at most. */
const pingMillis = 1_000
/** How often marks are stored, and after how many at once. */
const storeMillis = 10_000
const mostUnstored = 1_000

export class DeliveredMarks {
  private readonly hub: HubState
  /** Devices with messages that no ping has followed. */
  private readonly waiting = new Set<Device>()
  private readonly unstored = new Map<string, DeliveredMark>()
  private storedAt = 0

  constructor(hub: HubState) {
    this.hub = hub
  }

  /** These events of a private chat were pushed to its listeners, as far as they are new to them. */
  pushed(chat: ListenedChat, events: ReadonlyArray<ChatEvent>): void {
    for (let i = events.length - 1; i >= 0; i--) {
      const event = events[i]!
      if (event._tag !== "MessageSent") continue
      const { sender_id, seq } = event.message
      for (const user of chat.users.keys()) {
        if (user.id === sender_id || seq <= (chat.arrived?.get(user.id) ?? 0)) continue
        for (const device of user.devices) if (device.listensTo(chat.id)) this.note(device, chat.id, seq)
      }
      return
    }
  }

  /** A device will receive this position with hello, and what is new in the chat after it. */
  greeted(device: Device, chat: ListenedChat, { delivered_seq, last_seq }: Position): void {
    if (delivered_seq === null) return
    chat.isPrivate = true
    this.remember(chat, device.user.id, delivered_seq)
    if (last_seq > delivered_seq) this.note(device, chat.id, last_seq)
  }

  private note(device: Device, chat_id: ChatId, seq: number): void {
    if (device.closed !== 0) return
    device.arrivals ??= new Arrivals()
    device.arrivals.open.set(chat_id, seq)
    if (device.opening || this.hub.coarseNow - device.arrivals.pingedAt < pingMillis) this.waiting.add(device)
    else this.ping(device, device.arrivals)
  }

  /** Follows what was pushed. Messages that are held back until a sync is done wait for a later ping. */
  private ping(device: Device, arrivals: Arrivals): void {
    const marks = [...arrivals.open].filter(([chat_id]) => !device.holds(chat_id))
    for (const [chat_id] of marks) arrivals.open.delete(chat_id)
    if (arrivals.open.size > 0) this.waiting.add(device)
    if (marks.length === 0) return
    arrivals.count++
    arrivals.pingedAt = this.hub.coarseNow
    arrivals.sent.push({ count: arrivals.count, marks })
    device.push(arrivalPing(arrivals.count), 0)
  }

  /** The device has everything that was written before its ping of this number. */
  confirmed(device: Device, count: number): void {
    const sent = device.arrivals?.sent
    while (sent?.[0] !== undefined && sent[0].count <= count) {
      for (const [chat_id, seq] of sent.shift()!.marks) this.raise(device.user, chat_id, seq)
    }
  }

  private raise({ id: user_id }: ConnectedUser, chat_id: ChatId, seq: number): void {
    const chat = this.hub.listeners.chats.get(chat_id)
    if (chat === undefined || seq <= (chat.arrived?.get(user_id) ?? 0)) return
    this.hub.ports.publish({ _tag: "Delivered", chat_id, user_id, seq })
    this.unstored.set(`${chat_id}:${user_id}`, { chat_id, user_id, seq })
    if (this.unstored.size >= mostUnstored) this.store()
  }

  /** Reports it to the other one's devices here, unless that user is blocked: then they see nothing of this one. */
  deliver({ chat_id, seq, user_id }: Delivered): void {
    const chat = this.hub.listeners.chats.get(chat_id)
    if (chat === undefined || !this.remember(chat, user_id, seq)) return
    let frame: Buffer | undefined
    for (const user of chat.users.keys()) {
      if (user.id === user_id || user.blockers.has(user_id)) continue
      for (const device of user.devices) {
        if (!device.listensTo(chat_id)) continue
        frame ??= textFrame(deliveredJson(chat_id, user_id, seq))
        device.pushDroppable(frame, this.hub.ports.delays.typing)
      }
    }
  }

  /** false: as much was known. */
  private remember(chat: ListenedChat, user_id: UserId, seq: number): boolean {
    chat.arrived ??= new Map()
    if (seq <= (chat.arrived.get(user_id) ?? 0)) return false
    chat.arrived.set(user_id, seq)
    return true
  }

  sweep(now: number): void {
    if (this.waiting.size > 0) {
      const due = [...this.waiting]
      this.waiting.clear()
      for (const device of due) {
        const { arrivals } = device
        if (device.closed !== 0 || arrivals === undefined) continue
        if (device.opening || now - arrivals.pingedAt < pingMillis) this.waiting.add(device)
        else this.ping(device, arrivals)
      }
    }
    if (this.unstored.size > 0 && now - this.storedAt >= storeMillis) this.store()
  }

  private store(): void {
    this.storedAt = this.hub.coarseNow
    this.hub.ports.storeDelivered(this.take())
  }

  /** What is not stored yet, which is the caller's from now on. */
  take(): ReadonlyArray<DeliveredMark> {
    const marks = [...this.unstored.values()]
    this.unstored.clear()
    return marks
  }
}
