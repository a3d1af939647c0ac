// Bytes in an S3 store: what is put there comes back, and a store that is away, slow or wrong is reported as what it is.
import { createHash, randomBytes, randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Redacted, References } from "effect"
import type { S3Times } from "../../src/blobs/s3/S3Client.ts"
import { makeS3Blobs } from "../../src/blobs/s3/s3.ts"
import type { S3Place } from "../../src/config/s3Settings.ts"
import { S3Proxy, S3Store, s3Place } from "../support/s3.ts"

class Stage extends Context.Service<
  Stage,
  { readonly store: S3Store; readonly proxy: S3Proxy; readonly directory: string }
>()("test/blobs/Stage") {
  static readonly layer = Layer.effect(
    Stage,
    Effect.acquireRelease(
      Effect.promise(async () => {
        const store = await S3Store.start()
        const proxy = await S3Proxy.to(store.url)
        return { store, proxy, directory: mkdtempSync(join(tmpdir(), "confab-blobs-")) }
      }),
      ({ directory, proxy, store }) =>
        Effect.promise(async () => {
          await proxy[Symbol.asyncDispose]()
          await store[Symbol.asyncDispose]()
          rmSync(directory, { recursive: true, force: true })
        }),
    ),
  )
}

/** Silence is long enough for a busy machine; tests of silence have their own. */
const times: S3Times = { silence: 20_000, pause: 1 }

const blobsBy = Effect.fnUntraced(function* (more: Partial<S3Place> = {}, given = times) {
  const { directory, proxy } = yield* Stage
  return yield* makeS3Blobs({ ...s3Place(proxy.url, directory), ...more }, given)
})

type Blobs = Effect.Success<ReturnType<typeof blobsBy>>

const putBytes = Effect.fnUntraced(function* (blobs: Blobs, bytes: Uint8Array) {
  const id = randomUUID()
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000)
  }
  const spooled = yield* blobs.spool(chunks())
  assert.strictEqual(spooled.sha256, createHash("sha256").update(bytes).digest("hex"))
  yield* blobs.put(id, spooled)
  return id
}, Effect.scoped)

const read = (stream: Readable | undefined) => {
  assert(stream !== undefined)
  return Effect.promise(() => buffer(stream))
}

const bytesOf = Effect.fnUntraced(function* (blobs: Blobs, id: string, range?: { first: number; last: number }) {
  return yield* read(yield* blobs.open(id, range))
})

/** Logged messages with their annotations. */
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

/** Calls the first seen of the proxy its own. */
const sinceNow = ({ seen }: S3Proxy) => {
  const from = seen.length
  return () => seen.slice(from)
}

layer(Stage.layer, { excludeTestServices: true })("An S3 store", (it) => {
  it.effect("gives back what it was given, whole and in parts, and says how much that is, until it is deleted", () =>
    Effect.gen(function* () {
      const blobs = yield* blobsBy()
      const bytes = randomBytes(3_000_001)
      const id = yield* putBytes(blobs, bytes)
      assert.strictEqual(yield* blobs.sizeOf(id), bytes.length)
      assert.isTrue((yield* bytesOf(blobs, id)).equals(bytes))
      assert.isTrue(
        (yield* bytesOf(blobs, id, { first: 1_000_000, last: 2_000_000 })).equals(bytes.subarray(1_000_000, 2_000_001)),
      )
      assert.isTrue((yield* bytesOf(blobs, id, { first: 3_000_000, last: 3_000_000 })).equals(bytes.subarray(-1)))
      const { store } = yield* Stage
      assert.deepStrictEqual(store.names(), [id])
      yield* blobs.remove(id)
      yield* blobs.remove(id)
      assert.strictEqual(yield* blobs.sizeOf(id), undefined)
      assert.strictEqual(yield* blobs.open(id), undefined)
      assert.strictEqual(yield* blobs.open(id, { first: 0, last: 1 }), undefined)
      assert.deepStrictEqual(store.names(), [])
    }),
  )

  it.effect("is read no faster than its reader takes the bytes, and let go when the reader goes", () =>
    Effect.gen(function* () {
      const blobs = yield* blobsBy()
      const id = yield* putBytes(blobs, Buffer.alloc(24 * 1_048_576, 7))
      const slow = yield* blobs.open(id)
      assert(slow !== undefined)
      yield* Effect.promise(() => new Promise((resolve) => slow.once("readable", resolve)))
      // While the other one gets all of it, this one gets no more than fits its buffer.
      assert.strictEqual((yield* bytesOf(blobs, id)).length, 24 * 1_048_576)
      assert.isBelow(slow.readableLength, 1_048_576)
      slow.destroy()
      yield* blobs.remove(id)
    }),
  )

  it.effect("that is busy or cuts connections is asked again, three times in all", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const blobs = yield* blobsBy()
      const bytes = randomBytes(500_000)
      for (const trouble of ["busy", "reset"] as const) {
        proxy.next.push(trouble, trouble)
        const id = yield* putBytes(blobs, bytes)
        proxy.next.push(trouble, trouble)
        assert.strictEqual(yield* blobs.sizeOf(id), bytes.length)
        proxy.next.push(trouble, trouble)
        assert.isTrue((yield* bytesOf(blobs, id)).equals(bytes))
        const seen = sinceNow(proxy)
        proxy.next.push(trouble, trouble, trouble)
        assert.strictEqual((yield* Effect.flip(blobs.sizeOf(id)))._tag, "Unavailable")
        assert.deepStrictEqual(seen(), ["HEAD", "HEAD", "HEAD"])
        proxy.next.push(trouble, trouble)
        yield* blobs.remove(id)
        assert.strictEqual(yield* blobs.sizeOf(id), undefined)
      }
    }),
  )

  it.effect("whose answers break off or stand still is read on from there", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const blobs = yield* blobsBy({}, { silence: 500, pause: 1 })
      const bytes = randomBytes(1_000_000)
      const id = yield* putBytes(blobs, bytes)
      for (const trouble of ["short", "stalled"] as const) {
        const seen = sinceNow(proxy)
        proxy.next.push(trouble, trouble)
        assert.isTrue((yield* bytesOf(blobs, id)).equals(bytes))
        assert.deepStrictEqual(seen().slice(0, 3), ["GET", "GET bytes=500000-999999", "GET bytes=750000-999999"])
        proxy.next.push(trouble)
        const part = { first: 100, last: 200_099 }
        assert.isTrue((yield* bytesOf(blobs, id, part)).equals(bytes.subarray(100, 200_100)))
      }
      // Without any progress it is given up.
      proxy.next.push("short", "busy", "busy", "busy")
      const stream = yield* blobs.open(id)
      assert(stream !== undefined)
      const failure = yield* Effect.flip(Effect.tryPromise(() => buffer(stream)))
      assert.match(String(failure.cause), /SlowDown/)
      yield* blobs.remove(id)
    }),
  )

  it.effect("that says nothing is given up, and the log says why", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const blobs = yield* blobsBy({}, { silence: 100, pause: 1 })
      logged.length = 0
      proxy.always = "silent"
      assert.strictEqual((yield* Effect.flip(putBytes(blobs, Buffer.from("abc"))))._tag, "Unavailable")
      assert.strictEqual((yield* Effect.flip(blobs.open(randomUUID())))._tag, "Unavailable")
      proxy.always = "none"
      assert.deepStrictEqual(logged, [
        'A file could not be stored {"code":"TimedOut"}',
        'A file could not be read {"code":"TimedOut"}',
      ])
    }).pipe(Effect.ensuring(Effect.map(Stage, ({ proxy }) => (proxy.always = "none"))), Effect.provide(remember)),
  )
})

const refusal = Effect.fnUntraced(function* (more: Partial<S3Place>) {
  const { message } = yield* Effect.flip(blobsBy(more))
  return message
})

layer(Stage.layer, { excludeTestServices: true })("At start", (it) => {
  it.effect("an S3 store with wrong settings is refused in words that say which", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const secretKey = Redacted.make("a wrong secret")
      const wrongSecret = yield* refusal({ secretKey })
      assert.include(
        wrongSecret,
        "it refuses S3_ACCESS_KEY and S3_SECRET_KEY, or what they may do (SignatureDoesNotMatch)",
      )
      assert.notInclude(wrongSecret, Redacted.value(secretKey))
      assert.include(yield* refusal({ accessKey: Redacted.make("nobody") }), "(InvalidAccessKeyId)")
      assert.include(yield* refusal({ bucket: "no-such-bucket" }), 'it has no bucket "no-such-bucket" (S3_BUCKET)')
      proxy.next.push("none", "whole")
      assert.include(yield* refusal({}), "it does not answer requests for a part of an object")
      assert.include(yield* refusal({ spool: "/dev/null" }), "Set DATA_DIR to a directory that can be written")
    }),
  )

  it.effect("one that is away is an error in the log, and files work as soon as it is back", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      logged.length = 0
      proxy.next.push("busy", "busy", "busy")
      const blobs = yield* blobsBy()
      assert.include(logged[0] ?? "", "The S3 store does not answer")
      assert.include(logged[0] ?? "", '"code":"SlowDown"')
      assert.notInclude(logged.join(), "S3RVER")
      const id = yield* putBytes(blobs, Buffer.from("abc"))
      assert.strictEqual(yield* blobs.sizeOf(id), 3)
      // The check left nothing behind.
      assert.deepStrictEqual((yield* Stage).store.names(), [id])
    }).pipe(Effect.provide(remember)),
  )
})
