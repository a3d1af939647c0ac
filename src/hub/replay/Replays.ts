// Replays a chat to one device: what changed since its cursor, then the live events that were held back, from the end
// of the replay on. Reads are shared fairly between users, and the next page waits until the network has accepted the
// last one, so that an unread replay costs one page. Does not know the cursors of a `sync`, nor its answer.

import { Effect } from "effect"
import { CloseCode } from "../../contract/CloseCode.ts"
import type { ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatSums, SeqRange } from "../../domain/Check.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { ChatId, UserId } from "../../domain/Ids.ts"
import type { Changes } from "../../sql/changes/Changes.ts"
import type { ReplayPosition } from "../../sql/changes/ReplayPage.ts"
import type { Device, ListenedChat } from "../Device.ts"
import { replayedJson } from "../frames/EventFrames.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { chatGoneJson, checkJson, comeBack, resetJson } from "../frames/ReplyFrames.ts"
import { FairQueue, type Turn } from "./FairQueue.ts"
import { type Gate, Gates } from "./Gates.ts"
import { releaseChat } from "./heldEvents.ts"

/** A page is written in pieces of about this many bytes. */
const pieceBytes = 32_768

/** `Ended`: the chat's version then. `Gone`: the user is not a member. `Closed`: the device is closed. */
export type Replayed =
  | { readonly _tag: "Ended"; readonly version: number }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Closed" }

/** How the reading of all pages ended. `sums`: see `Missed`. */
type Paged =
  | { readonly _tag: "Ended"; readonly version: number; readonly sums?: ChatSums | undefined }
  | { readonly _tag: "Reset"; readonly version: number }
  /** `sent`: the version up to which the device has received the chat. */
  | { readonly _tag: "Gone"; readonly sent: number }
  | Extract<Replayed, { readonly _tag: "Closed" }>

type ComesIn = (device: Device, chat_id: ChatId) => Effect.Effect<boolean, Unavailable>

const closed: Extract<Replayed, { readonly _tag: "Closed" }> = { _tag: "Closed" }

const isListening = (device: Device, chat: ListenedChat): boolean => device.user.chats.has(chat)

export class Replays {
  private readonly changes: Changes["Service"]
  private readonly turns: FairQueue<UserId>
  private readonly comesIn: ComesIn

  /**
   * `atOnce`: pages that are read concurrently, one of a user. `comesIn`: whether a user who does not listen to a chat
   * is a member nevertheless; then they listen from now on.
   */
  constructor(changes: Changes["Service"], atOnce: number, comesIn: ComesIn = () => Effect.succeed(false)) {
    this.changes = changes
    this.turns = new FairQueue(atOnce)
    this.comesIn = comesIn
  }

  /**
   * `isAsked`: by the device itself, so that it knows the chat.
   * `check`: afterwards the sums of this range are sent, as of the version that the device has then; not after a reset.
   *
   * If it fails, a part may have been sent: everything up to some version, in order. The live events of the chat stay
   * held back until `giveUp`.
   */
  readonly replay = Effect.fnUntraced(function* (
    this: Replays,
    device: Device,
    chat_id: ChatId,
    cursor: number,
    check?: SeqRange,
    isAsked = true,
  ): Effect.fn.Return<Replayed, Unavailable> {
    let range = check
    const { hub, user } = device
    if (!device.listensTo(chat_id)) return this.gone(device, chat_id)
    const known = device.gates?.byChat.get(chat_id)
    if (isAsked && known !== undefined) known.isUnknown = false
    for (let from = cursor; ; ) {
      if (!hub.listeners.isIn(user, chat_id)) yield* this.comesIn(device, chat_id)
      if (device.closed !== 0) return closed
      const chat = hub.listeners.chats.get(chat_id)
      const since = chat?.users.get(user)
      if (chat === undefined || since === undefined) return this.gone(device, chat_id)
      device.gates ??= Gates.none()
      const { gates } = device
      const gate = gates.close(chat_id, Math.max(chat.version, since))
      // Requested before the device received that: it has dropped what it had of the chat.
      if (gate.gone && gate.floor === Number.POSITIVE_INFINITY) return this.gone(device, chat_id)
      if (gate.lost) gates.forget(gate)
      const replayed = yield* this.pages(device, chat, gate, from, range)
      if (replayed._tag === "Closed") return replayed
      if (replayed._tag === "Gone") from = replayed.sent
      else {
        from = replayed.version
        gate.floor = from
      }
      if (replayed._tag === "Reset") range = undefined
      // The events that could not be held may include the user's new addition.
      if (gate.lost) continue
      if (replayed._tag === "Gone") return this.gone(device, chat_id)
      if (range !== undefined) {
        const sums = replayed._tag === "Ended" ? replayed.sums : undefined
        // The chat moved on while its pages were read: no one version has these sums.
        if (sums === undefined) continue
        range = undefined
        yield* this.write(device, chat, [textFrame(checkJson(chat_id, from, sums))])
        if (device.closed !== 0) return closed
        if (!isListening(device, chat)) return this.gone(device, chat_id)
        // While the network did not accept it.
        if (gate.lost) continue
      }
      // While all chats hold, this one does too: its live events are sent with the others', after `synced`.
      if (!gates.holdsAll) releaseChat(device, chat_id)
      return { _tag: "Ended", version: gate.floor }
    }
  })

  /** All pages from the cursor up to the chat's version. */
  private readonly pages = Effect.fnUntraced(function* (
    this: Replays,
    device: Device,
    chat: ListenedChat,
    gate: Gate,
    cursor: number,
    check: SeqRange | undefined,
  ): Effect.fn.Return<Paged, Unavailable> {
    let position: ReplayPosition | undefined
    let sent = cursor
    for (;;) {
      const read = this.changes.since(chat.id, device.user.id, cursor, position, undefined, check)
      const missed = yield* this.inTurn(device, read)
      if (missed === undefined || device.closed !== 0) return closed
      if (missed._tag === "Gone") return { _tag: "Gone", sent }
      if (missed._tag === "Reset" && gate.untold) {
        // There is nothing to be reset: the hello of a new socket contains the chat.
        device.close(CloseCode.GoingAway, comeBack)
        return closed
      }
      gate.untold = false
      const before = sent
      if (missed._tag === "Reset") {
        if (yield* this.write(device, chat, [textFrame(resetJson(chat.id, missed.version))])) sent = missed.version
      } else {
        // A user who was removed and added again since the cursor: the device receives the chat with the new addition.
        const events =
          gate.isUnknown && cursor > 0
            ? missed.events.filter(({ event }) => event.version >= missed.joined_version)
            : missed.events
        sent = yield* this.writeEvents(device, chat, events, sent)
      }
      if (device.closed !== 0) return closed
      // A user who was removed while this was read received nothing of it.
      if (sent !== before) gate.isUnknown = false
      if (!isListening(device, chat)) return { _tag: "Gone", sent }
      const isLast = missed._tag === "Reset" || missed.next === undefined
      if (isLast) gate.isUnknown = false
      if (missed._tag === "Reset") return { _tag: "Reset", version: missed.version }
      if (missed.next === undefined) return { _tag: "Ended", version: missed.version, sums: missed.sums }
      position = missed.next
      // If the next page fails, what is sent by now is not sent again.
      gate.floor = Math.max(gate.floor, position.after)
    }
  })

  /** From now on the device receives nothing of the chat but its introduction as new. */
  private gone(device: Device, chat_id: ChatId): Replayed {
    const { gates } = device
    const gate = gates?.byChat.get(chat_id)
    // Removed before its introduction could be sent: it never was there.
    if (gate?.isUnknown !== true) device.push(textFrame(chatGoneJson(chat_id)), 1)
    if (gates !== undefined && gate !== undefined) {
      if (gate.lost) gates.forget(gate)
      gate.floor = Number.POSITIVE_INFINITY
      gate.gone = true
      if (!gates.holdsAll) releaseChat(device, chat_id)
    }
    if (device.only === chat_id) device.close(CloseCode.NoLongerMember)
    return { _tag: "Gone" }
  }

  /** After a failed replay: the live events continue, after a hole that the device knows of. */
  giveUp(device: Device, chat_id: ChatId): void {
    const { gates } = device
    const gate = gates?.byChat.get(chat_id)
    if (gates === undefined || gate === undefined) return
    if (gate.lost) {
      gates.forget(gate)
      gate.floor = Math.max(gate.floor, device.hub.listeners.chats.get(chat_id)?.version ?? 0)
    }
    if (!gates.holdsAll) releaseChat(device, chat_id)
  }

  /** undefined: the device was closed before its turn. */
  private inTurn<A, E>(device: Device, read: Effect.Effect<A, E>): Effect.Effect<A | undefined, E> {
    const turn = Effect.callback<Turn | undefined>((resume) => {
      let isWaiting = true
      const turn = this.turns.enter(device.user.id, (turn) => {
        isWaiting = false
        device.onClose = undefined
        resume(Effect.succeed(turn))
      })
      if (!isWaiting) return
      device.onClose = () => {
        turn.end()
        resume(Effect.succeed(undefined))
      }
    })
    return Effect.flatMap(turn, (turn) =>
      turn === undefined
        ? Effect.succeed(undefined)
        : Effect.ensuring(
            read,
            Effect.sync(() => turn.end()),
          ),
    )
  }

  /** Returns the version up to which they were sent; `sent` if none was. */
  private readonly writeEvents = Effect.fnUntraced(function* (
    this: Replays,
    device: Device,
    chat: ListenedChat,
    events: ReadonlyArray<ReplayedEvent>,
    sent: number,
  ) {
    let reached = sent
    let piece: Array<Buffer> = []
    let bytes = 0
    for (let i = 0; i < events.length; i++) {
      const frame = textFrame(replayedJson(chat.id, events[i]!, device.user.id))
      piece.push(frame)
      bytes += frame.length
      if (bytes < pieceBytes && i < events.length - 1) continue
      if (yield* this.write(device, chat, piece)) reached = events[i]!.event.version
      if (device.closed !== 0 || !isListening(device, chat)) return reached
      yield* Effect.yieldNow
      piece = []
      bytes = 0
    }
    return reached
  })

  /**
   * Written behind everything that the network has not accepted. A user who is removed by then receives none of it:
   * false.
   */
  private readonly write = Effect.fnUntraced(function* (
    device: Device,
    chat: ListenedChat,
    frames: ReadonlyArray<Buffer>,
  ) {
    if (!device.outbox.ready) {
      yield* Effect.callback<void>((resume) => device.outbox.whenReady(() => resume(Effect.void)))
    }
    if (!isListening(device, chat)) return false
    device.outbox.writeExempt(Buffer.concat(frames))
    return true
  })
}
