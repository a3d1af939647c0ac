// Uploads that a scanner looks at first: only what it finds good is stored.
import { randomBytes } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Logger, References } from "effect"
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

layer(Clamd.layer, { excludeTestServices: true })("A scanner", (it) => {
  const scanned = join(directory, "..", `${directory.split("/").at(-1)}.scanned`)
  const verdict = (at: { readonly host: string; readonly port: number }, silence: number) =>
    Effect.gen(function* () {
      return yield* (yield* Scanner).isGood(scanned)
    }).pipe(Effect.provide(Scanner.layerClamd(at, silence)), Effect.scoped)

  it.effect("that is away or says nothing is reported as that, and waits for nobody who has gone", () =>
    Effect.gen(function* () {
      writeFileSync(scanned, "abc")
      const clamd = yield* Clamd
      logged.length = 0
      clamd.manner = "mute"
      assert.strictEqual((yield* Effect.flip(verdict(clamd.address, 100)))._tag, "Unavailable")
      assert.deepStrictEqual(logged, ['The scanner gave no verdict, so an upload was not taken {"code":"TimedOut"}'])
      const seen = clamd.seen.length
      const waiting = yield* Effect.forkChild(verdict(clamd.address, 60_000))
      while (clamd.seen.length === seen) yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Fiber.interrupt(waiting)
      clamd.manner = "usual"
      assert.isTrue(yield* verdict(clamd.address, 60_000))
      yield* Effect.promise(() => clamd[Symbol.asyncDispose]())
      const gone = { host: "127.0.0.1", port: 1 }
      assert.strictEqual((yield* Effect.flip(verdict(gone, 60_000)))._tag, "Unavailable")
      assert.include(logged.at(-1) ?? "", '"code":"ECONNREFUSED"')
    }).pipe(Effect.ensuring(Effect.sync(() => rmSync(scanned, { force: true }))), Effect.provide(remember)),
  )
})
