// Consecutive new members as one batch: each device receives everything that is new to it in one push. A new member
// receives the chat itself first, and then those who were added after them.
import type { MemberAdded } from "../../domain/ChatEvent.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { ConnectedUser, Device, ListenedChat } from "../Device.ts"
import { EventRun } from "../frames/EventRun.ts"
import type { HubState } from "../HubState.ts"
import { entersBy, settleIn } from "./Membership.ts"

/** `events` are consecutive, without a hole. */
export const enterTogether = (hub: HubState, chat_id: ChatId, events: ReadonlyArray<MemberAdded>): void => {
  /** By new member, the index of their event. */
  const entering = new Map<ConnectedUser, number>()
  for (let i = 0; i < events.length; i++) {
    const { member, version } = events[i]!
    const user = entersBy(hub, chat_id, version, member.user.id)
    if (user !== undefined) entering.set(user, i)
  }
  const chat = hub.listeners.chats.get(chat_id)
  if (chat === undefined) return
  const run = new EventRun(chat_id, events)
  for (const [user, since] of chat.users) {
    const from = Math.max(0, since + 1 - run.firstVersion)
    if (from < events.length) tell(hub, chat, run, user, from, entering.get(user))
  }
  chat.version = run.lastVersion
  chat.members = events[events.length - 1]!.chat.member_count
  const introduced = new Set<ConnectedUser>()
  for (const [user, i] of entering) settleIn(hub, chat, user, events[i]!.version, introduced)
}

/** Sends everything from `from` on. `own`: the event that introduces the chat to the user. */
const tell = (
  hub: HubState,
  chat: ListenedChat,
  run: EventRun,
  user: ConnectedUser,
  from: number,
  own: number | undefined,
): void => {
  const opening = own === undefined ? undefined : run.frameFor(own, user.id)
  for (const device of user.devices) {
    if (!device.listensTo(chat.id)) continue
    hub.stats.deliveries += run.events.length - from
    if (device.gates !== undefined) offer(chat, run, device, from, own, opening)
    else if (own === undefined || opening === undefined) push(chat, run, device, from, run.events.length)
    else {
      push(chat, run, device, from, own)
      device.push(opening, 1)
      push(chat, run, device, own + 1, run.events.length)
    }
  }
}

const push = (chat: ListenedChat, run: EventRun, device: Device, from: number, to: number): void => {
  if (from === to || device.catchesUp(chat.id, run.firstVersion + from - 1)) return
  device.push(run.bytesOf(from, to), to - from)
}

/** Offers them to a device that may have to hold them, or to leave them out. */
const offer = (
  chat: ListenedChat,
  run: EventRun,
  device: Device,
  from: number,
  own: number | undefined,
  opening: Buffer | undefined,
): void => {
  for (let i = from; i < run.events.length; i++) {
    const opens = i === own
    const frame = opens && opening !== undefined ? opening : run.bytesOf(i, i + 1)
    if (opens || !device.catchesUp(chat.id, run.firstVersion + i - 1)) {
      device.offerFrame(chat, run.firstVersion + i, frame, opens)
    }
  }
}
