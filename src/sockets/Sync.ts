// Brings a device up to date in its chats: what changed since its cursor, paced by the network, then the live events that
// were held meanwhile, from where that left off. One sync of a device at a time.
import { Effect } from "effect"
import type { Ref } from "../contract/ClientFrame.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import type { ReplayedEvent } from "../domain/ChatEvent.ts"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import { ChatId as ChatIdSchema } from "../domain/Ids.ts"
import type { Changes } from "../sql/Changes.ts"
import type { Device } from "./Device.ts"
import { replayedJson } from "./EventFrames.ts"
import { textFrame } from "./FrameBytes.ts"
import { type Gate, Gates } from "./Gates.ts"
import type { ConnectedUser } from "./Listeners.ts"
import { chatGoneJson, errorJson, resetJson, syncedJson } from "./ReplyFrames.ts"

/** A replay is written in pieces of about so many bytes. */
const pieceBytes = 32_768
/** Syncs of one device that may wait for the one under way. */
const maxWaiting = 4
const retryLater = `{"retry_after_ms":1000}`

export interface SyncJob {
  readonly ref: Ref | undefined
  readonly cursors: ReadonlyMap<ChatId, number>
  /** false: nobody asked, the server makes good for what it could not hold. */
  readonly answered: boolean
}

const chatIdOf = (key: string): ChatId | undefined => {
  const id = /^[1-9]\d{0,15}$/.test(key) ? Number(key) : 0
  return id > 0 && id <= Number.MAX_SAFE_INTEGER ? ChatIdSchema.make(id) : undefined
}

export class Syncs {
  private readonly changes: Changes["Service"]
  private readonly comesIn: (user: ConnectedUser, chat_id: ChatId) => Effect.Effect<boolean, Unavailable>
  private readonly run: (effect: Effect.Effect<void>) => void

  /** `comesIn`: whether a user who does not listen to a chat is in it all the same; then they listen from now on. */
  constructor(
    changes: Changes["Service"],
    run: (effect: Effect.Effect<void>) => void,
    comesIn: (user: ConnectedUser, chat_id: ChatId) => Effect.Effect<boolean, Unavailable> = () =>
      Effect.succeed(false),
  ) {
    this.changes = changes
    this.comesIn = comesIn
    this.run = run
  }

  /** Answers a `sync` frame. */
  sync(device: Device, ref: Ref | undefined, cursors: { readonly [chat_id: string]: number }): void {
    const named = new Map<ChatId, number>()
    for (const key of Object.keys(cursors)) {
      const chat_id = chatIdOf(key)
      if (chat_id === undefined) {
        device.push(textFrame(errorJson(ref, "invalid", "cursors: the keys are chat ids")), 1)
        return
      }
      named.set(chat_id, cursors[key]!)
    }
    if (device.syncs !== undefined && device.syncs.length >= maxWaiting) {
      device.push(textFrame(errorJson(ref, "rate_limited", "Too many syncs are under way.", 1_000)), 1)
      return
    }
    this.enqueue(device, { ref, cursors: named, answered: true })
  }

  private enqueue(device: Device, job: SyncJob): void {
    if (device.syncs !== undefined) device.syncs.push(job)
    else {
      device.syncs = []
      this.run(this.drain(device, job))
    }
  }

  private readonly drain = Effect.fnUntraced(function* (this: Syncs, device: Device, first: SyncJob) {
    let job: SyncJob | undefined = first
    while (job !== undefined && device.closed === 0) {
      yield* this.one(device, job)
      job = device.syncs?.shift()
    }
    device.syncs = undefined
  })

  private readonly one = Effect.fnUntraced(
    function* (this: Syncs, device: Device, job: SyncJob) {
      const reached = new Map<ChatId, number>()
      for (const [chat_id, cursor] of job.cursors) {
        const version = yield* this.replay(device, chat_id, cursor)
        if (device.closed !== 0) return
        if (version !== undefined) reached.set(chat_id, version)
      }
      if (job.answered) {
        // What came in meanwhile has been told too.
        for (const [chat_id, version] of reached) {
          const isHeld = device.gates?.holdsAll === true || device.gates?.byChat.has(chat_id) === true
          const chat = isHeld ? undefined : device.hub.listeners.chats.get(chat_id)
          if (chat !== undefined && chat.version > version) reached.set(chat_id, chat.version)
        }
        device.push(textFrame(syncedJson(job.ref, reached)), 1)
      }
      this.release(device)
    },
    (effect, device, job) =>
      Effect.catch(effect, (error: Unavailable) =>
        Effect.sync(() => {
          if (job.answered) {
            device.push(textFrame(errorJson(job.ref, "unavailable", error.detail, error.retry_after_ms)), 1)
            // Its time is up, and the sweeper left the end of the holding back to this sync.
            if (device.resumeBy === 0) this.release(device)
          } else device.close(CloseCode.GoingAway, retryLater)
        }),
      ),
  )

  /** Ends the holding back of all chats: at hello, after the first sync, or when a resuming client took too long for one. */
  release(device: Device): void {
    const lost = device.releaseAll()
    if (lost.length === 0) return
    const cursors = new Map<ChatId, number>()
    for (const chat_id of lost) cursors.set(chat_id, device.gates?.byChat.get(chat_id)?.floor ?? 0)
    this.enqueue(device, { ref: undefined, cursors, answered: false })
  }

  /** Brings up to date a device that stands in a chat at `stood`, and missed more of it than is read for all at once. */
  catchUp(device: Device, chat_id: ChatId, stood: number): void {
    if (device.closed !== 0) return
    device.gates ??= Gates.none()
    const { gates } = device
    const gate = gates.close(chat_id, stood)
    gates.lose(gate)
    // What holds for another reason is replayed when that is over.
    if (!gates.holdsAll && device.syncs === undefined) {
      this.enqueue(device, { ref: undefined, cursors: new Map([[chat_id, gate.floor]]), answered: false })
    }
  }

  /** Gives where the chat stands then, undefined when the user is not in it. */
  private readonly replay = Effect.fnUntraced(function* (
    this: Syncs,
    device: Device,
    chat_id: ChatId,
    cursor: number,
  ): Effect.fn.Return<number | undefined, Unavailable> {
    const { hub, user } = device
    if (!device.listensTo(chat_id)) return this.gone(device, chat_id)
    if (!hub.listeners.isIn(user, chat_id) && !(yield* this.comesIn(user, chat_id))) return this.gone(device, chat_id)
    const chat = hub.listeners.chats.get(chat_id)
    const since = chat?.users.get(user)
    if (chat === undefined || since === undefined) return this.gone(device, chat_id)
    device.gates ??= Gates.none()
    const gates = device.gates
    const gate = gates.close(chat_id, Math.max(chat.version, since))
    let from = cursor
    for (;;) {
      if (gate.lost) gates.forget(gate)
      const missed = yield* Effect.onError(this.changes.since(chat_id, user.id, from), () =>
        Effect.sync(() => {
          // What may not be read now and was not held is missing: only a new socket can mend that.
          if (gate.lost) device.close(CloseCode.GoingAway, retryLater)
          else if (!gates.holdsAll) device.releaseChat(chat_id)
        }),
      )
      if (device.closed !== 0) return undefined
      if (missed._tag === "Gone") return this.gone(device, chat_id, gate)
      if (missed._tag === "Reset") yield* this.write(device, [textFrame(resetJson(chat_id, missed.version))])
      else yield* this.writeEvents(device, chat_id, user.id, missed.events)
      if (device.closed !== 0) return undefined
      gate.floor = missed.version
      if (!gate.lost) break
      from = missed.version
    }
    // While all chats hold, this one does too: its live events go out with the others', after `synced`.
    if (!gates.holdsAll) device.releaseChat(chat_id)
    return gate.floor
  })

  /** Nothing of the chat reaches the device before it is told as new. */
  private gone(device: Device, chat_id: ChatId, gate?: Gate): undefined {
    if (gate === undefined) device.gates?.byChat.delete(chat_id)
    else {
      device.gates?.forget(gate)
      gate.floor = Number.POSITIVE_INFINITY
      gate.holding = false
    }
    device.push(textFrame(chatGoneJson(chat_id)), 1)
    if (device.only === chat_id) device.close(CloseCode.NoLongerMember)
  }

  private readonly writeEvents = Effect.fnUntraced(function* (
    this: Syncs,
    device: Device,
    chat_id: ChatId,
    reader: UserId,
    events: ReadonlyArray<ReplayedEvent>,
  ) {
    let piece: Array<Buffer> = []
    let bytes = 0
    for (const event of events) {
      const frame = textFrame(replayedJson(chat_id, event, reader))
      piece.push(frame)
      bytes += frame.length
      if (bytes >= pieceBytes) {
        yield* this.write(device, piece)
        yield* Effect.yieldNow
        if (device.closed !== 0) return
        piece = []
        bytes = 0
      }
    }
    if (piece.length > 0) yield* this.write(device, piece)
  })

  private readonly write = Effect.fnUntraced(function* (device: Device, frames: ReadonlyArray<Buffer>) {
    if (!device.outbox.ready) {
      yield* Effect.callback<void>((resume) => device.outbox.whenReady(() => resume(Effect.void)))
    }
    device.outbox.writeExempt(Buffer.concat(frames))
  })
}
