// The process that reads pictures ends over one.
import { execFileSync } from "node:child_process"
import { closeSync, constants, existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import sharp from "sharp"
import { vi } from "vitest"
import { NotAPicture, Unavailable } from "../../src/domain/errors.ts"
import { PictureProcess } from "../../src/pictures/PictureProcess.ts"
import { Pictures } from "../../src/pictures/Pictures.ts"

/** The processes that read this process's pictures. */
const readers = (): ReadonlyArray<number> =>
  readdirSync("/proc").flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid)) return []
    try {
      const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      const isReader = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("pictures/worker")
      return isReader && Number(parent) === process.pid ? [pid] : []
    } catch {
      // It has ended.
      return []
    }
  })

const attempted = <A>(act: () => A): A | undefined => {
  try {
    return act()
  } catch {
    return undefined
  }
}

const text = join(import.meta.dirname, "Pictures.test.ts")

const scene = Effect.gen(function* () {
  const directory = mkdtempSync(join(tmpdir(), "confab-pictures-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
  const before = readers()
  return {
    directory,
    order: { to: join(directory, "photo"), thumb: join(directory, "thumb") },
    pictures: yield* Pictures,
    mine: () => readers().filter((pid) => !before.includes(pid)),
  }
})

it.live.runIf(existsSync("/proc/self"))(
  "a picture over which its reader is killed is none, and the next one is read",
  () =>
    Effect.gen(function* () {
      const { directory, mine, order, pictures } = yield* scene
      // Nobody writes into it: the reader waits for ever.
      const from = join(directory, "endless")
      execFileSync("mkfifo", [from])
      const made = yield* Effect.forkChild(Effect.flip(pictures.make({ ...order, from })))
      // Only once the reader has opened it. It stays open: the reader would come to its end.
      const open = () => openSync(from, constants.O_WRONLY | constants.O_NONBLOCK)
      const writer = yield* Effect.promise(() => vi.waitUntil(() => attempted(open), { timeout: 30_000 }))
      yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(writer)))
      for (const pid of mine()) process.kill(pid, "SIGKILL")
      assert.instanceOf(yield* Fiber.join(made), NotAPicture)
      assert.isUndefined(yield* pictures.make({ ...order, from: text }))
    }).pipe(Effect.scoped, Effect.provide(Pictures.layer)),
)

it.live.runIf(existsSync("/proc/self"))("a picture that a killed reader had not begun is read by the next one", () =>
  Effect.gen(function* () {
    const { mine, order, pictures } = yield* scene
    assert.isUndefined(yield* pictures.make({ ...order, from: text }))
    const [idle] = mine()
    assert.isDefined(idle)
    // It takes no order any more.
    process.kill(idle, "SIGSTOP")
    const made = yield* Effect.forkChild(pictures.make({ ...order, from: text }), { startImmediately: true })
    process.kill(idle, "SIGKILL")
    assert.isUndefined(yield* Fiber.join(made))
    assert.notInclude(mine(), idle)
  }).pipe(Effect.scoped, Effect.provide(Pictures.layer)),
)

it.live.runIf(existsSync("/proc/self"))(
  "a picture that is not read in time is none only if its reader has worked on it: else it is to be sent again",
  () =>
    Effect.gen(function* () {
      const { directory, order, pictures } = yield* scene
      const from = join(directory, "endless")
      execFileSync("mkfifo", [from])
      // The real one: vi.waitUntil would move the clock of the test with each look.
      const wait = setTimeout
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.useRealTimers()))
      const made = yield* Effect.forkChild(Effect.flip(pictures.make({ ...order, from })))
      let writer: number | undefined
      while (writer === undefined) {
        yield* Effect.promise(() => new Promise((resolve) => wait(resolve, 20)))
        writer = attempted(() => openSync(from, constants.O_WRONLY | constants.O_NONBLOCK))
      }
      const opened = writer
      yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(opened)))
      // It has said before that it begins: what waits in the channel is read in the next turn.
      for (let i = 0; i < 2; i++) yield* Effect.promise(() => new Promise(setImmediate))
      vi.advanceTimersByTime(59_000)
      yield* Effect.yieldNow
      assert.isUndefined(made.pollUnsafe())
      vi.advanceTimersByTime(2_000)
      assert.instanceOf(yield* Fiber.join(made), Unavailable)
    }).pipe(Effect.scoped, Effect.provide(Pictures.layer)),
)

it.live.runIf(existsSync("/proc/self"))("a picture that takes too much work ends its reader", () =>
  Effect.gen(function* () {
    const { directory, order } = yield* scene
    const from = join(directory, "noise.png")
    const noise = {
      width: 3_000,
      height: 3_000,
      channels: 3,
      background: "white",
      noise: { type: "gaussian", sigma: 30 },
    } as const
    yield* Effect.promise(() => sharp({ create: noise }).png({ compressionLevel: 0 }).toFile(from))
    const reader = new PictureProcess({ work: 20, wait: 60_000 })
    yield* Effect.addFinalizer(() => Effect.sync(() => reader.end()))
    assert.strictEqual(yield* Effect.promise(() => reader.make({ ...order, from, id: 1 })), "ended")
    assert.isFalse(reader.isAlive)
  }).pipe(Effect.scoped, Effect.provide(Pictures.layer)),
)
