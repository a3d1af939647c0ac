// Replays a user's own state to one device: the current value of each key that changed after its cursor, by version.
// One replay of a user at a time; the next page waits until the network has accepted the last one.
import { Effect, Schedule, Semaphore } from "effect"
import { CloseCode } from "../../contract/CloseCode.ts"
import type { Unavailable } from "../../domain/errors.ts"
import type { StateSince, StateStore } from "../../sql/state/StateStore.ts"
import type { Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { comeBack, resetJson, stateJson } from "../frames/ReplyFrames.ts"

/** Values of a page: at most 800 KiB. */
const pageSize = 50

type Rows = Pick<StateStore["Service"], "since">

export class StateReplays {
  private readonly rows: Rows
  private readonly turns: Semaphore.Semaphore

  /** `atOnce`: pages that are read concurrently. */
  constructor(rows: Rows, atOnce: number) {
    this.rows = rows
    this.turns = Semaphore.makeUnsafe(atOnce)
  }

  /** From the cursor of a `sync`. If it fails, a part may have been sent. */
  replay(device: Device, cursor: number): Effect.Effect<void, Unavailable> {
    return this.alone(device, this.pages(device, cursor))
  }

  /** What a device lacks, without a request. Continues until it can be read. */
  catchUp(device: Device): Effect.Effect<void> {
    const read = Effect.suspend(() => {
      device.stateUnsure = false
      return this.pages(device, device.stateAt)
    })
    return this.alone(
      device,
      Effect.retry(read, { schedule: Schedule.spaced("1 second"), while: () => device.closed === 0 }),
    ).pipe(
      Effect.ignore,
      Effect.catchDefect((defect) => {
        // Only a new socket can correct what it misses.
        device.close(CloseCode.GoingAway, comeBack)
        return Effect.logError("A replay of a user's own state failed unexpectedly", defect)
      }),
    )
  }

  /** Nothing else of the state reaches the device during the effect. */
  private alone<E>(device: Device, effect: Effect.Effect<void, E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      device.user.stateTurn ??= Semaphore.makeUnsafe(1)
      device.stateReads++
      return Effect.ensuring(
        device.user.stateTurn.withPermit(effect),
        Effect.sync(() => {
          device.stateReads--
          device.hub.ownState.settle(device)
        }),
      )
    })
  }

  private readonly pages = Effect.fnUntraced(function* (
    this: StateReplays,
    device: Device,
    cursor: number,
  ): Effect.fn.Return<void, Unavailable> {
    for (let at = cursor, isFirst = true; device.closed === 0; isFirst = false) {
      const missed: StateSince = yield* this.turns.withPermit(this.rows.since(device.user.id, at, pageSize, isFirst))
      if (device.closed !== 0) return
      const mayBeMore = missed._tag === "Changes" && missed.items.length === pageSize
      at = mayBeMore ? missed.items[pageSize - 1]!.version : missed.version
      yield* this.write(device, missed)
      // If the next page fails, what is sent by now is not sent again.
      device.stateAt = mayBeMore ? Math.max(device.stateAt, at) : at
      if (mayBeMore) continue
      const { hub, user } = device
      // If no signal of it came, the user's other devices lack it too; this one settles once it is not read for.
      if (at > user.stateVersion) hub.ownState.reach(user, at)
      return
    }
  })

  private readonly write = Effect.fnUntraced(function* (device: Device, missed: StateSince) {
    const frames =
      missed._tag === "Reset"
        ? [textFrame(resetJson(null, missed.version))]
        : missed.items.map((entry) => textFrame(stateJson(entry)))
    if (frames.length === 0) return
    const { outbox } = device
    if (!outbox.ready) yield* Effect.callback<void>((resume) => outbox.whenReady(() => resume(Effect.void)))
    outbox.writeExempt(Buffer.concat(frames))
  })
}
