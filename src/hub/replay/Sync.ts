// Answers `sync` frames: brings devices up to date chat by chat, one sync of a device at a time. A chat at the version
// of the cursor is not read. A chat that cannot be read does not stop the others. Does not know how a chat is replayed
// (Replays).
import { Cause, Effect, Exit } from "effect"
import { CloseCode } from "../../contract/CloseCode.ts"
import type { SyncFrame } from "../../contract/frames/catchingUp.ts"
import type { SeqRange } from "../../domain/Check.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { ChatId } from "../../domain/Ids.ts"
import { ChatId as ChatIdSchema } from "../../domain/Ids.ts"
import type { ChatStore } from "../../sql/chats/ChatStore.ts"
import type { Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { comeBack, errorJson, syncedJson } from "../frames/ReplyFrames.ts"
import type { StateReplays } from "../state/StateReplays.ts"
import { Gates } from "./Gates.ts"
import { releaseAll, standsAt, stillAt } from "./heldEvents.ts"
import type { Replays } from "./Replays.ts"
import type { SyncJob } from "./SyncJob.ts"

/** Syncs of one device that may wait for the one under way. */
const maxWaiting = 4
/** Names the user's own state among the cursors. */
const ownCursor = "me"

const chatIdOf = (key: string): ChatId | undefined => {
  const id = /^[1-9]\d{0,15}$/.test(key) ? Number(key) : 0
  return id > 0 && id <= Number.MAX_SAFE_INTEGER ? ChatIdSchema.make(id) : undefined
}

export class Syncs {
  private readonly replays: Replays
  private readonly states: StateReplays
  private readonly rows: Pick<ChatStore["Service"], "isMember">
  private readonly run: (effect: Effect.Effect<void>) => void

  constructor(
    replays: Replays,
    states: StateReplays,
    rows: Pick<ChatStore["Service"], "isMember">,
    run: (effect: Effect.Effect<void>) => void,
  ) {
    this.replays = replays
    this.states = states
    this.rows = rows
    this.run = run
  }

  /** Answers a `sync` frame. */
  sync(device: Device, { check = {}, cursors, ref }: SyncFrame): void {
    const named = new Map<ChatId, number>()
    for (const key of Object.keys(cursors)) {
      if (key === ownCursor && device.only === 0) continue
      const chat_id = chatIdOf(key)
      if (chat_id === undefined) {
        device.push(textFrame(errorJson(ref, "invalid", "cursors: the keys are chat ids, and on /ws also me")), 1)
        return
      }
      named.set(chat_id, cursors[key]!)
    }
    const ranges = new Map<ChatId, SeqRange>()
    for (const key of Object.keys(check)) {
      const chat_id = chatIdOf(key)
      if (chat_id === undefined || !named.has(chat_id)) {
        device.push(textFrame(errorJson(ref, "invalid", "check: the keys are ids of chats that cursors names too")), 1)
        return
      }
      ranges.set(chat_id, check[key]!)
    }
    if (device.syncs !== undefined && device.syncs.length > maxWaiting) {
      device.push(textFrame(errorJson(ref, "rate_limited", "Too many syncs are under way.", 1_000)), 1)
      return
    }
    this.enqueue(device, {
      ref,
      cursors: named,
      check: ranges,
      me: cursors[ownCursor],
      answered: true,
      ended: new Set(),
    })
  }

  private enqueue(device: Device, job: SyncJob): void {
    if (device.syncs !== undefined) device.syncs.push(job)
    else {
      const jobs = [job]
      device.syncs = jobs
      this.run(this.drain(device, jobs))
    }
  }

  private readonly drain = Effect.fnUntraced(function* (this: Syncs, device: Device, jobs: Array<SyncJob>) {
    while (jobs[0] !== undefined && device.closed === 0) {
      yield* this.one(device, jobs[0])
      jobs.shift()
    }
    device.syncs = undefined
  })

  private readonly one = Effect.fnUntraced(function* (this: Syncs, device: Device, job: SyncJob) {
    const reached = new Map<ChatId, number>()
    const failed: Array<ChatId> = []
    let away: Unavailable | undefined
    if (job.me !== undefined) {
      const replayed = yield* Effect.exit(this.states.replay(device, job.me))
      if (device.closed !== 0) return
      if (Exit.isFailure(replayed)) {
        const error = replayed.cause.reasons.find(Cause.isFailReason)?.error
        if (error === undefined)
          yield* Effect.logError("A replay of a user's own state failed unexpectedly", replayed.cause)
        away = error ?? new Unavailable({})
      }
    }
    for (const [chat_id, cursor] of job.cursors) {
      if (away !== undefined) {
        failed.push(chat_id)
        continue
      }
      if (job.ended?.has(chat_id) === true) continue
      const gate = device.gates?.byChat.get(chat_id)
      // A sync that the device requested may have sent that already.
      if (!job.answered && gate?.lost !== true) continue
      const check = job.check?.get(chat_id)
      if (job.answered && check === undefined && stillAt(device, chat_id) === cursor) {
        reached.set(chat_id, cursor)
        continue
      }
      const from = job.answered ? cursor : (gate?.floor ?? cursor)
      const replayed = yield* Effect.exit(this.replays.replay(device, chat_id, from, check, job.answered))
      if (device.closed !== 0) return
      if (Exit.isSuccess(replayed)) {
        if (replayed.value._tag === "Ended") reached.set(chat_id, replayed.value.version)
        continue
      }
      const error = replayed.cause.reasons.find(Cause.isFailReason)?.error
      if (error === undefined) yield* Effect.logError("A replay failed unexpectedly", replayed.cause)
      // The device cannot know what it misses: only a new socket can correct that.
      if (!job.answered) return device.close(CloseCode.GoingAway, comeBack)
      failed.push(chat_id)
      if (yield* this.isAway(device, chat_id)) away = error ?? new Unavailable({})
    }
    if (device.closed !== 0) return
    if (job.answered) this.answer(device, job, reached, failed, away)
    else this.release(device)
  })

  /** Whether the database is unavailable, and not only this chat. */
  private isAway(device: Device, chat_id: ChatId): Effect.Effect<boolean> {
    return Effect.match(this.rows.isMember(chat_id, device.user.id), { onFailure: () => true, onSuccess: () => false })
  }

  private answer(
    device: Device,
    { me, ref }: SyncJob,
    reached: Map<ChatId, number>,
    failed: ReadonlyArray<ChatId>,
    away: Unavailable | undefined,
  ): void {
    if (away !== undefined && reached.size === 0) {
      device.push(textFrame(errorJson(ref, "unavailable", away.detail, away.retry_after_ms)), 1)
      for (const chat_id of failed) this.replays.giveUp(device, chat_id)
      // The time to sync is over, and the sweeper left the release to this sync.
      if (device.resumeBy === 0) this.release(device)
      return
    }
    // The events that arrived in the meantime have been sent too.
    for (const [chat_id, version] of reached) {
      const stands = standsAt(device, chat_id)
      if (stands > version) reached.set(chat_id, stands)
    }
    device.push(textFrame(syncedJson(ref, reached, failed, me === undefined ? undefined : device.stateAt)), 1)
    // Not earlier: a device must not take these events for the next ones that it misses.
    for (const chat_id of failed) this.replays.giveUp(device, chat_id)
    this.release(device)
  }

  /** Releases all chats: at hello, after the first sync, or when a resuming client was too late. */
  release(device: Device): void {
    const lost = releaseAll(device)
    device.hub.ownState.settle(device)
    if (lost.length === 0) return
    const cursors = new Map<ChatId, number>()
    for (const chat_id of lost) cursors.set(chat_id, device.gates?.byChat.get(chat_id)?.floor ?? 0)
    this.enqueue(device, { ref: undefined, cursors, answered: false })
  }

  /** Brings up to date a device that has a chat up to `stood` and missed more than is read for all at once. */
  catchUp(device: Device, chat_id: ChatId, stood: number): void {
    if (device.closed !== 0) return
    device.gates ??= Gates.none()
    const { gates } = device
    const known = gates.byChat.get(chat_id)
    // It has received more since then, perhaps the chat as new.
    if (known?.holding === false) known.floor = stood
    const gate = gates.close(chat_id, stood)
    gates.lose(gate)
    // A gate that holds for another reason is replayed when that is over.
    if (!gates.holdsAll && device.syncs === undefined) {
      this.enqueue(device, { ref: undefined, cursors: new Map([[chat_id, gate.floor]]), answered: false })
    }
  }
}
