// Who is typing where, as devices of this node say it: told on by broadcast, and ended by itself, by the typist's next message and
// with their last device. What other nodes tell ends here too, should its end get lost with them.
import type { Typing as TypingSignal } from "../../broadcast/Broadcast.ts"
import { Limits } from "../../contract/Limits.ts"
import type { ChatEvent } from "../../domain/ChatEvent.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { typingJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"
import type { ConnectedUser } from "../Listeners.ts"

interface Typist {
  readonly chat_id: ChatId
  readonly user_id: UserId
  readonly endsAt: number
  readonly toldAt: number
}

/** A repeated "is typing" is told again only after so long; it always counts for the end. */
const retellMillis = 1_000
/** How much longer than its node somebody elsewhere is believed: that node knows of signs which it has not told again. */
const slackMillis = 2 * retellMillis
/** Signals of one user that this node tells on in a second, however many devices send them in however many chats. */
const perSecond = 10

export class Typing {
  private readonly hub: HubState
  /** In the order of `endsAt`: every new sign moves to the end. */
  private readonly typists = new Map<string, Typist>()
  /** What the devices of this node show, of typists here and elsewhere, in the order of its end. */
  private readonly shown = new Map<string, { readonly signal: TypingSignal; readonly endsAt: number }>()

  constructor(hub: HubState) {
    this.hub = hub
  }

  /** A device of somebody in the chat says so. */
  say(device: Device, chat_id: ChatId, is_typing: boolean): void {
    const now = this.hub.now()
    const user_id = device.user.id
    const key = keyOf(chat_id, user_id)
    const before = this.typists.get(key)
    // Nobody was told that they type.
    if (!is_typing && before === undefined && !this.shown.has(key)) return
    const quiet = is_typing && before !== undefined && now - before.toldAt < retellMillis
    const told = !quiet && this.allowed(device.user, now)
    this.typists.delete(key)
    if (is_typing && (before !== undefined || told)) {
      this.typists.set(key, {
        chat_id,
        user_id,
        endsAt: now + Limits.typingSeconds * 1000,
        toldAt: told || before === undefined ? now : before.toldAt,
      })
    }
    // An end that may not be told now is told by `sweep`.
    else if (!told && before !== undefined) this.typists.set(key, { ...before, endsAt: now })
    if (told) this.hub.ports.publish({ _tag: "Typing", chat_id, user_id, is_typing })
  }

  private allowed(user: ConnectedUser, now: number): boolean {
    const second = Math.floor(now / 1000)
    if (user.typingSecond !== second) {
      user.typingSecond = second
      user.typingSignals = 0
    }
    return ++user.typingSignals <= perSecond
  }

  /** Is anybody typing, as far as is known here? */
  get active(): boolean {
    return this.typists.size > 0 || this.shown.size > 0
  }

  /** Whoever has said something types no more. `known`: up to which version the chat is no news. */
  spoke(chat_id: ChatId, events: ReadonlyArray<ChatEvent>, known: number): void {
    for (let i = 0; i < events.length; i++) {
      const event = events[i]!
      if (event._tag === "MessageSent" && event.version > known) this.end(chat_id, event.message.sender_id)
    }
  }

  /** The user's last device here has gone. One elsewhere may go on. */
  left(user: ConnectedUser): void {
    const seconds = Math.floor(this.hub.now() / 1000) - user.typingSecond
    if (seconds > Limits.typingSeconds + 1 || this.hub.ports.elsewhere.users.isOnline(user.id)) return
    for (const chat of user.chats) this.end(chat.id, user.id)
  }

  /** The user types there no more: on this node at once, on others by a signal where they type here. */
  end(chat_id: ChatId, user_id: UserId): void {
    const key = keyOf(chat_id, user_id)
    const signal: TypingSignal = { _tag: "Typing", chat_id, user_id, is_typing: false }
    if (this.typists.delete(key)) this.hub.ports.publish(signal)
    if (this.shown.has(key)) this.deliver(signal)
  }

  /** Ends what nobody has repeated for long enough. */
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

  /** Tells the listeners of this node, but the typist. An end of what they do not show is no news. */
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
      if (user.id === signal.user_id) continue
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
