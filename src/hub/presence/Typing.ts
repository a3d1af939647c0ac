// Users who are typing, as devices of this node report it: published, and ended by a timeout, by the typist's next
// message and with their last device. Typing of other nodes times out here too, since the signal of its end may be
// lost.
import type { Typing as TypingSignal } from "../../broadcast/Broadcast.ts"
import { Limits } from "../../contract/Limits.ts"
import type { ChatEvent } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { ConnectedUser, Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { typingJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"

interface Typist {
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly endsAt: number
  readonly publishedAt: number
}

/** A repeated "is typing" is published only after this time; it always extends the timeout. */
const republishMillis = 1_000
/** Extra time for typists of other nodes: their node knows of signals that it has not published again. */
const slackMillis = 2 * republishMillis
/** Typing signals of one user that this node publishes in a second, over all devices and chats. */
const perSecond = 10

export class Typing {
  private readonly hub: HubState
  /** In the order of `endsAt`: every new signal moves to the end. */
  private readonly typists = new Map<string, Typist>()
  /** The typists shown on devices of this node, from here and elsewhere, in the order of their end. */
  private readonly shown = new Map<string, { readonly signal: TypingSignal; readonly endsAt: number }>()

  constructor(hub: HubState) {
    this.hub = hub
  }

  /** A device of a member reports it. */
  say(device: Device, chat_id: ChatId, is_typing: boolean): void {
    const now = this.hub.now()
    const user_id = device.user.id
    const key = keyOf(chat_id, user_id)
    const before = this.typists.get(key)
    // Their typing was not published.
    if (!is_typing && before === undefined && !this.shown.has(key)) return
    const quiet = is_typing && before !== undefined && now - before.publishedAt < republishMillis
    const isPublished = !quiet && this.allowed(device.user, now)
    this.typists.delete(key)
    if (is_typing && (before !== undefined || isPublished)) {
      this.typists.set(key, {
        chat_id,
        user_id,
        endsAt: now + Limits.typingSeconds * 1000,
        publishedAt: isPublished || before === undefined ? now : before.publishedAt,
      })
    }
    // An end that may not be published now is published by `sweep`.
    else if (!isPublished && before !== undefined) this.typists.set(key, { ...before, endsAt: now })
    if (isPublished) this.hub.ports.publish({ _tag: "Typing", chat_id, user_id, is_typing })
  }

  private allowed(user: ConnectedUser, now: number): boolean {
    const second = Math.floor(now / 1000)
    if (user.typingSecond !== second) {
      user.typingSecond = second
      user.typingSignals = 0
    }
    return ++user.typingSignals <= perSecond
  }

  /** Whether any typing is known here. */
  get active(): boolean {
    return this.typists.size > 0 || this.shown.size > 0
  }

  /** The sender of a message no longer types. `known`: the version up to which the events are not new. */
  spoke(chat_id: ChatId, events: ReadonlyArray<ChatEvent>, known: number): void {
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!
      if (event._tag === "MessageSent" && event.version > known) this.end(chat_id, event.message.sender_id)
    }
  }

  /** The user's last device here has disconnected. One on another node may continue. */
  left(user: ConnectedUser): void {
    const seconds = Math.floor(this.hub.now() / 1000) - user.typingSecond
    if (seconds > Limits.typingSeconds + 1 || this.hub.ports.elsewhere.users.isOnline(user.id)) return
    for (const chat of user.chats) this.end(chat.id, user.id)
  }

  /** Ends the user's typing: on this node at once, on others by a signal if they type here. */
  end(chat_id: ChatId, user_id: UserId): void {
    const key = keyOf(chat_id, user_id)
    const signal: TypingSignal = { _tag: "Typing", chat_id, user_id, is_typing: false }
    if (this.typists.delete(key)) this.hub.ports.publish(signal)
    if (this.shown.has(key)) this.deliver(signal)
  }

  /** Ends typing that was not repeated in time. */
  sweep(now: number): void {
    for (const [key, typist] of this.typists) {
      if (typist.endsAt > now) break
      this.typists.delete(key)
      this.hub.ports.publish({ _tag: "Typing", chat_id: typist.chat_id, user_id: typist.user_id, is_typing: false })
    }
    for (const { endsAt, signal } of this.shown.values()) {
      if (endsAt > now) break
      this.deliver({ ...signal, is_typing: false })
    }
  }

  /** The typist has blocked this user, to whom their typing ends. */
  hide(user: ConnectedUser, typist: UserId): void {
    for (const { signal } of this.shown.values()) {
      const { chat_id, user_id } = signal
      if (user_id !== typist || !this.hub.listeners.isIn(user, chat_id)) continue
      const frame = textFrame(typingJson(chat_id, typist, false))
      for (const device of user.devices) {
        if (device.listensTo(chat_id)) device.pushDroppable(frame, this.hub.ports.delays.typing)
      }
    }
  }

  /** Sends it to the listeners of this node, except the typist and users whom the typist has blocked. The end of typing that is not shown is not sent. */
  deliver(signal: TypingSignal): void {
    const key = keyOf(signal.chat_id, signal.user_id)
    const isShown = this.shown.delete(key)
    const chat = this.hub.listeners.chats.get(signal.chat_id)
    if (chat === undefined || (!signal.is_typing && !isShown)) return
    if (signal.is_typing) {
      this.shown.set(key, { signal, endsAt: this.hub.now() + Limits.typingSeconds * 1000 + slackMillis })
    }
    let frame: Buffer | undefined
    for (const user of chat.users.keys()) {
      if (user.id === signal.user_id || user.blockers.has(signal.user_id)) continue
      const devices = user.devices
      for (let i = 0; i < devices.length; i++) {
        if (!devices[i]!.listensTo(signal.chat_id)) continue
        frame ??= textFrame(typingJson(signal.chat_id, signal.user_id, signal.is_typing))
        devices[i]!.pushDroppable(frame, this.hub.ports.delays.typing)
      }
    }
  }
}

const keyOf = (chat_id: ChatId, user_id: UserId): string => `${chat_id}:${user_id}`
