// Sends what was read of a hole to each device by its own version: a thing that was created and changed within the hole
// reaches devices that did not know it as the event that created it, and the others as the event of its last change.

import type { ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { ConnectedUser, Device, ListenedChat } from "../Device.ts"
import { replayedJson, specialReader } from "../frames/EventFrames.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import type { HubState } from "../HubState.ts"
import { dropGate } from "./heldEvents.ts"

/** An event, encoded once for all. */
interface Encoded {
  readonly replayed: ReplayedEvent
  readonly common: Buffer
  /** The user with another form; 0: none. */
  readonly reader: number
  readonly special: Buffer
}

const encode = (chat_id: ChatId, replayed: ReplayedEvent): Encoded => {
  const reader = specialReader(replayed.event)
  const common = textFrame(replayedJson(chat_id, replayed, 0))
  return {
    replayed,
    common,
    reader,
    special: reader === 0 ? common : textFrame(replayedJson(chat_id, replayed, reader)),
  }
}

const isRemovalOf = ({ event }: ReplayedEvent, user_id: UserId): boolean =>
  event._tag === "ChatDeleted" || (event._tag === "MemberRemoved" && event.user_id === user_id)

/**
 * The version from which a reader receives it. Members receive changes of their own role, which `chat_created` does not
 * contain.
 */
const cameFor = ({ event, came }: ReplayedEvent, user_id: UserId): number | undefined =>
  event._tag === "MemberUpdated" && event.member.user.id === user_id ? undefined : came

/** Whether the device has received the chat, with its user or by its own hello, or its gate will send it. */
const knows = (user: ConnectedUser, device: Device, chat_id: ChatId): boolean => {
  if (user.untold?.has(chat_id) !== true || device.opening) return true
  const gate = device.gates?.byChat.get(chat_id)
  return gate !== undefined && (gate.holding || gate.floor !== Number.POSITIVE_INFINITY)
}

export class HoleDelivery {
  private readonly hub: HubState
  /** The node's version of the chat. */
  private readonly from: number
  /** Each device's version of the chat. */
  private readonly stood = new Map<Device, number>()
  /** A removed member receives only the removal: the other events show the chat in its present state. */
  private readonly leaving = new Set<UserId>()

  constructor(hub: HubState, chat: ListenedChat, events: ReadonlyArray<ReplayedEvent>) {
    this.hub = hub
    this.from = chat.version
    for (const [user, since] of chat.users) {
      for (const device of user.devices) {
        if (device.listensTo(chat.id)) this.stood.set(device, Math.max(this.from, since, device.floorOf(chat.id)))
      }
      if (events.some((replayed) => isRemovalOf(replayed, user.id) && replayed.event.version > since)) {
        this.leaving.add(user.id)
      }
    }
  }

  /** Consecutive events, none of which changes the listeners. */
  deliver(chat: ListenedChat | undefined, events: ReadonlyArray<ReplayedEvent>): void {
    if (chat === undefined || events.length === 0) return
    const encoded = events.map((replayed) => encode(chat.id, replayed))
    // Most devices are at the node's version and receive the common form.
    const news = encoded.filter(({ replayed }) => replayed.came === undefined)
    const bytes = Buffer.concat(news.map(({ common }) => common))
    for (const user of chat.users.keys()) {
      if (this.leaving.has(user.id)) continue
      const seesMore = encoded.some(
        (one) => one.reader === user.id || cameFor(one.replayed, user.id) !== one.replayed.came,
      )
      for (const device of user.devices) {
        if (!device.listensTo(chat.id) || !knows(user, device, chat.id)) continue
        const stood = this.stood.get(device)
        if (!seesMore && stood === this.from && device.gates?.holding(chat.id, stood) === undefined) {
          device.push(bytes, news.length)
          this.hub.stats.deliveries += news.length
        } else for (const one of encoded) this.offer(chat, user, device, one, false)
      }
    }
    chat.version = events.at(-1)!.event.version
    if (chat.isPrivate)
      this.hub.delivered.pushed(
        chat,
        events.map(({ event }) => event),
      )
  }

  /** An event that changes the listeners. `concerned`: the listeners who receive it. */
  deliverOne(
    chat: ListenedChat,
    replayed: ReplayedEvent,
    entering: ReadonlySet<ConnectedUser>,
    concerned: Iterable<ConnectedUser> = chat.users.keys(),
  ): void {
    const one = encode(chat.id, replayed)
    for (const user of concerned) {
      if (this.leaving.has(user.id) && !isRemovalOf(replayed, user.id)) continue
      const opens = entering.has(user)
      for (const device of user.devices) {
        if (!device.listensTo(chat.id) || !(opens || knows(user, device, chat.id))) continue
        this.offer(chat, user, device, one, opens)
      }
    }
  }

  private offer(chat: ListenedChat, user: ConnectedUser, device: Device, one: Encoded, opens: boolean): void {
    const { version } = one.replayed.event
    const frame = one.reader === user.id ? one.special : one.common
    const came = cameFor(one.replayed, user.id)
    // An entering user knew nothing before.
    let stood = this.stood.get(device) ?? Math.max(version - 1, device.floorOf(chat.id))
    const gate = device.gates?.holding(chat.id, stood)
    if (gate !== undefined) {
      device.gates?.hold(gate, { version, frame, opens, came })
      if (opens && stood === Number.POSITIVE_INFINITY) this.stood.set(device, version)
      return
    }
    if (opens && stood === Number.POSITIVE_INFINITY) stood = version - 1
    this.stood.set(device, stood)
    if (version <= stood || (came !== undefined && came > stood)) return
    device.push(frame, 1)
    this.hub.stats.deliveries++
  }

  /** Has what devices below `version` missed read for each of them separately. */
  catchUp(chat: ListenedChat, version: number): void {
    for (const [user, since] of chat.users) {
      for (const device of user.devices) {
        if (!device.listensTo(chat.id)) continue
        const introduction = device.gates?.byChat.get(chat.id)?.introduction
        // An entering user has received it.
        const stood = introduction?.version ?? Math.max(this.stood.get(device) ?? -1, since)
        if (stood < version) this.hub.ports.catchUp(device, chat.id, stood)
      }
    }
  }

  /** Removes gates that left out events which have been sent by now. */
  end(chat_id: ChatId, version: number): void {
    for (const [device, stood] of this.stood) if (stood <= version) dropGate(device, chat_id)
  }
}
