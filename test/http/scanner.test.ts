// Uploads that a scanner looks at first: only what it finds good is stored.
import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { Scanner } from "../../src/scanner/Scanner.ts"
import { eicar, FakeClamd } from "../support/FakeClamd.ts"
import { layer as http, send, somebody } from "../support/http.ts"

class Clamd extends Context.Service<Clamd, FakeClamd>()("test/http/Clamd") {
  static readonly layer = Layer.effect(
    Clamd,
    Effect.acquireRelease(
      Effect.promise(() => FakeClamd.start()),
      (clamd) => Effect.promise(() => clamd[Symbol.asyncDispose]()),
    ),
  )
}

const directory = mkdtempSync(join(tmpdir(), "confab-scanned-"))
const limits = { isChosen: true, maxBytes: 4_000_000, quotaBytes: null } as const
const server = Layer.unwrap(
  Effect.map(Clamd, ({ address }) => http({ files: { _tag: "Directory", directory, ...limits, scanner: address } })),
).pipe(
  Layer.provideMerge(Clamd.layer),
  Layer.provideMerge(
    Layer.effectDiscard(
      Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))),
    ),
  ),
)

const onDisk = () =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

const logged: Array<string> = []
const remember = Layer.mergeAll(
  Logger.layer([
    Logger.make(({ fiber, message }) => {
      const annotations = fiber.getRef(References.CurrentLogAnnotations)
      logged.push(`${[message].flat().join(" ")} ${JSON.stringify(annotations)}`)
    }),
  ]),
  Layer.succeed(References.MinimumLogLevel, "Info"),
)

layer(server, { excludeTestServices: true })("A server with a scanner", (it) => {
  it.effect("stores what the scanner finds good, of which it has seen every byte", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const clamd = yield* Clamd
      const bytes = randomBytes(700_001)
      const { body, status } = yield* me.send("POST", "/files", { raw: bytes })
      assert.deepStrictEqual([status, body.size], [201, bytes.length])
      assert.isTrue(clamd.seen.at(-1)?.equals(bytes))
    }),
  )

  it.effect("answers 422 for what it refuses, whether it knows it or takes none of this size, and keeps nothing", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const before = onDisk()
      for (const raw of [`before ${eicar} after`, randomBytes(3_500_000)]) {
        const { body, status } = yield* me.send("POST", "/files?as=file", { raw })
        assert.deepStrictEqual([status, body._tag], [422, "FileRefused"])
      }
      assert.strictEqual(onDisk(), before)
      assert.strictEqual((yield* me.send("GET", "/me/files")).body.used_bytes, 0)
      assert.strictEqual((yield* send("GET", "/service")).body.files.max_bytes, limits.maxBytes)
    }),
  )

  it.effect("answers 503 where there is no verdict, and keeps nothing", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const clamd = yield* Clamd
      const before = onDisk()
      for (const manner of ["strange", "cut", "hasty"] as const) {
        clamd.manner = manner
        const { body, headers, status } = yield* me.send("POST", "/files", { raw: randomBytes(900_000) })
        assert.deepStrictEqual([manner, status, body._tag], [manner, 503, "Unavailable"])
        assert.isDefined(headers["retry-after"])
      }
      clamd.manner = "usual"
      assert.strictEqual(onDisk(), before)
      assert.strictEqual((yield* me.send("POST", "/files", { raw: "abc" })).status, 201)
    }),
  )
})

const until = Effect.fnUntraced(function* (isIt: () => boolean) {
  while (!isIt()) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
})

/** Until clamd has taken another upload to its end. */
const taken = ({ seen }: FakeClamd, before: number) => until(() => seen.length > before)

layer(server)("An upload whose scanner takes it and never answers", (it) => {
  it.effect("gets a 503 after a minute and not before, and nothing of it is kept", () =>
    Effect.gen(function* () {
      const me = yield* somebody
      const clamd = yield* Clamd
      const [before, seen] = [onDisk(), clamd.seen.length]
      clamd.manner = "mute"
      const sent = yield* Effect.forkChild(me.send("POST", "/files", { raw: randomBytes(900_000) }))
      yield* taken(clamd, seen)
      yield* TestClock.adjust("59 seconds")
      // Any answer to this comes after one to the upload.
      yield* me.send("GET", "/me/files")
      assert.deepStrictEqual([sent.pollUnsafe(), onDisk()], [undefined, before + 1])
      yield* TestClock.adjust("1 second")
      const { body, headers, status } = yield* Fiber.join(sent)
      assert.deepStrictEqual([status, body._tag], [503, "Unavailable"])
      assert.isDefined(headers["retry-after"])
      assert.strictEqual(onDisk(), before)
      clamd.manner = "usual"
      assert.strictEqual((yield* me.send("GET", "/me/files")).body.used_bytes, 0)
      assert.strictEqual((yield* me.send("POST", "/files", { raw: "abc" })).status, 201)
    }),
  )
})

layer(Clamd.layer)("A scanner", (it) => {
  const scanned = join(directory, "..", `${directory.split("/").at(-1)}.scanned`)
  const verdict = (at: FakeClamd["address"]) =>
    Effect.gen(function* () {
      return yield* (yield* Scanner).isGood(scanned)
    }).pipe(Effect.provide(Scanner.layerClamd(at)), Effect.scoped)

  it.effect("that is away or never answers is reported as that, and waits for nobody who has gone", () =>
    Effect.gen(function* () {
      // More than connections hold of what is not read.
      writeFileSync(scanned, Buffer.alloc(16_000_000))
      const clamd = yield* Clamd
      logged.length = 0
      clamd.manner = "mute"
      clamd.streamMaxLength = 16_000_000
      const { promise, resolve } = Promise.withResolvers<void>()
      clamd.ready = promise
      const silent = yield* Effect.forkChild(Effect.flip(verdict(clamd.address)))
      yield* TestClock.adjust("59 seconds")
      resolve()
      yield* taken(clamd, 0)
      // Some of the bytes have moved by now, so the minute begins anew.
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(silent.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(silent))._tag, "Unavailable")
      assert.deepStrictEqual(logged, ['The scanner gave no verdict, so an upload was not taken {"code":"TimedOut"}'])
      yield* until(() => clamd.connections === 0)
      const seen = clamd.seen.length
      const waiting = yield* Effect.forkChild(verdict(clamd.address))
      yield* taken(clamd, seen)
      assert.strictEqual(clamd.connections, 1)
      yield* Fiber.interrupt(waiting)
      yield* until(() => clamd.connections === 0)
      clamd.manner = "usual"
      assert.isTrue(yield* verdict(clamd.address))
      yield* Effect.promise(() => clamd[Symbol.asyncDispose]())
      const gone = { host: "127.0.0.1", port: 1 }
      assert.strictEqual((yield* Effect.flip(verdict(gone)))._tag, "Unavailable")
      assert.include(logged.at(-1) ?? "", '"code":"ECONNREFUSED"')
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(scanned, { force: true }))), Effect.provide(remember)),
  )
})
