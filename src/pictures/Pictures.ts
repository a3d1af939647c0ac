// Makes photos of uploaded pictures, in another process, one at a time. Does not own files: it reads one path and
// writes two.
import { createRequire } from "node:module"
import { Context, Effect, Layer, Metric, Semaphore } from "effect"
import { NotAPicture, Unavailable } from "../domain/errors.ts"
import { PictureProcess } from "./PictureProcess.ts"
import type { Picture, PictureOrder } from "./wire.ts"

export type { Picture } from "./wire.ts"

/** Then the process is replaced: what a picture has left in its memory goes with it. */
const picturesPerProcess = 200
/** Without an order for this long the process ends. */
const idleMillis = 60_000

const made = Metric.counter("confab_pictures_total", {
  description: "Uploaded pictures by what became of them",
  incremental: true,
})

export class Pictures extends Context.Service<
  Pictures,
  {
    /**
     * undefined: no readable picture, or this server reads none. Nothing is at `to` and `thumb` then that counts.
     * `NotAPicture`: reading it took too long or too much memory, or crashed. Whether it has metadata is unknown then.
     * `Unavailable`: two processes ended before they began to read it, or it was not read in time on a busy machine.
     */
    make(order: Omit<PictureOrder, "id">): Effect.Effect<Picture | undefined, NotAPicture | Unavailable>
  }
>()("confab/pictures/Pictures") {
  static readonly layer = Layer.effect(
    Pictures,
    Effect.suspend(() => make),
  )

  /** Reads no picture. */
  static readonly layerNone = Layer.succeed(Pictures, { make: () => Effect.succeed(undefined) })
}

const isInstalled = (): boolean => {
  try {
    createRequire(import.meta.url).resolve("sharp")
    return true
  } catch {
    return false
  }
}

const withoutSharp = Effect.logWarning("Photos are refused and pictures have no previews: the package sharp is missing")

const make = Effect.gen(function* () {
  let isMissing = !isInstalled()
  let child: PictureProcess | undefined
  let ids = 0
  let leaving: NodeJS.Timeout | undefined
  const turn = yield* Semaphore.make(1)
  const end = Effect.sync(() => {
    clearTimeout(leaving)
    child?.end()
    child = undefined
  })
  if (isMissing) yield* withoutSharp
  yield* Effect.addFinalizer(() => end)

  const current = (): PictureProcess => {
    if (child !== undefined && (!child.isAlive || child.count >= picturesPerProcess)) {
      child.end()
      child = undefined
    }
    child ??= new PictureProcess()
    return child
  }

  const attempt = (order: Omit<PictureOrder, "id">) =>
    Effect.promise(async () => {
      const process = current()
      clearTimeout(leaving)
      const outcome = await process.make({ ...order, id: ++ids })
      // It is idle from now on, not since the order: a picture may wait as long.
      leaving = setTimeout(() => process.end(), idleMillis).unref()
      return outcome
    }).pipe(
      // Nobody waits for the picture any more: the next one does not either.
      Effect.onInterrupt(() => end),
    )

  const one = Effect.fnUntraced(function* (order: Omit<PictureOrder, "id">) {
    if (isMissing) return undefined
    const first = yield* attempt(order)
    // The process was killed from outside: the picture is not why.
    const outcome = first === "unread" ? yield* attempt(order) : first
    const result = typeof outcome === "string" ? outcome : "made"
    yield* Metric.update(Metric.withAttributes(made, { result }), 1)
    if (outcome === "missing") {
      isMissing = true
      yield* Effect.andThen(end, withoutSharp)
    }
    if (outcome === "ended") return yield* new NotAPicture()
    if (outcome === "unread" || outcome === "late") return yield* new Unavailable()
    return typeof outcome === "string" ? undefined : outcome
  })

  return Pictures.of({
    make: (order) => turn.withPermits(1)(one(order)),
  })
})
