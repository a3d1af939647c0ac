// Fills holes: what broadcast skipped is read from the database, once for all devices of this node, which are at
// different versions of the chat (by hello, by a sync, by a later addition). Owns which device receives what. Does not
// read.

import { CloseCode } from "../../contract/CloseCode.ts"
import type { ChatEvents, MemberRemoved, ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { Hole } from "../../sql/changes/Changes.ts"
import type { ConnectedUser, ListenedChat } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { chatGoneJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"
import { applyMembership, changesMembership } from "../members/Membership.ts"
import { HoleDelivery } from "./HoleDelivery.ts"
import { endChat } from "./heldEvents.ts"

const lastVersion = ({ events }: ChatEvents): number => events.at(-1)?.version ?? 0

export class Holes {
  private readonly hub: HubState

  constructor(hub: HubState) {
    this.hub = hub
  }

  /** The chat's listeners lack the events after `delivered`. `waiting`: the batches that arrived since. */
  begin(chat: ListenedChat, delivered: number, waiting: Array<ChatEvents>): void {
    this.hub.stats.holes++
    chat.version = delivered
    chat.filling = waiting
    this.hub.ports.fill(chat)
  }

  /** The answer to `Ports.fill`: what was missed after `chat.version`. */
  filled(chat: ListenedChat, hole: Hole): void {
    const { hub } = this
    if (hub.listeners.chats.get(chat.id) !== chat) return
    const waiting = chat.filling ?? []
    chat.filling = undefined
    if (hole._tag === "Gone") {
      this.gone(chat)
      return
    }
    const delivery = new HoleDelivery(hub, chat, hole.events)
    if (hole._tag === "Hole") this.deliver(chat.id, delivery, hole.events)
    else this.deliverMembers(chat.id, delivery, hole.events, hole.version)
    delivery.end(chat.id, hole.version)
    const now = hub.listeners.chats.get(chat.id)
    if (now !== undefined && hole.version > now.version) now.version = hole.version
    hub.concurrent.note(chat.id, hole.version)
    // Batches of two actors may be out of order.
    for (const batch of waiting.sort((a, b) => lastVersion(a) - lastVersion(b))) hub.chatEvents(batch, true)
  }

  /** It cannot be read: the next event shows the hole again. */
  failed(chat: ListenedChat): void {
    chat.filling = undefined
  }

  private deliver(chat_id: ChatId, delivery: HoleDelivery, events: ReadonlyArray<ReplayedEvent>): void {
    const { listeners } = this.hub
    let from = 0
    for (let i = 0; i < events.length; i++) {
      const replayed = events[i]!
      const { event } = replayed
      if (!changesMembership(event)) continue
      delivery.deliver(listeners.chats.get(chat_id), events.slice(from, i))
      from = i + 1
      applyMembership(this.hub, chat_id, event, (chat, _, entering) => delivery.deliverOne(chat, replayed, entering))
    }
    delivery.deliver(listeners.chats.get(chat_id), events.slice(from))
  }

  /** Too much for all at once: membership changes are sent; each device then catches up separately, as by a sync. */
  private deliverMembers(
    chat_id: ChatId,
    delivery: HoleDelivery,
    events: ReadonlyArray<ReplayedEvent>,
    version: number,
  ): void {
    for (const replayed of events) {
      const { event } = replayed
      if (!changesMembership(event)) continue
      applyMembership(this.hub, chat_id, event, (chat, _, entering) =>
        delivery.deliverOne(
          chat,
          replayed,
          entering,
          event._tag === "MemberRemoved" ? this.whoIs(chat, event) : entering,
        ),
      )
    }
    const chat = this.hub.listeners.chats.get(chat_id)
    if (chat !== undefined) delivery.catchUp(chat, version)
  }

  /** The user whom the event concerns, if they listen. */
  private whoIs(chat: ListenedChat, { user_id }: MemberRemoved): ReadonlyArray<ConnectedUser> {
    const user = this.hub.listeners.users.get(user_id)
    return user !== undefined && chat.users.has(user) ? [user] : []
  }

  /** Its rows are deleted, so it has no members. */
  private gone(chat: ListenedChat): void {
    const frame = textFrame(chatGoneJson(chat.id))
    for (const user of [...chat.users.keys()]) {
      for (const device of user.devices) {
        if (!device.listensTo(chat.id)) continue
        device.offerFrame(chat, 0, frame, false)
        if (device.only === 0) continue
        endChat(device, chat.id, 0)
        device.close(CloseCode.NoLongerMember)
      }
      this.hub.listeners.leave(user, chat)
    }
  }
}
