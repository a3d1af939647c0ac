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

  it.effect("has the size of an object that is stored while it is asked, and no size without its bucket", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const blobs = yield* blobsBy()
      const id = yield* putBytes(blobs, Buffer.from("abc"))
      const notYet = { status: 404, xml: "" }
      proxy.next.push(notYet)
      assert.strictEqual(yield* blobs.sizeOf(id), 3)
      proxy.next.push(notYet, { status: 404, xml: "<Error><Code>NoSuchKey</Code></Error>" })
      assert.strictEqual(yield* blobs.sizeOf(id), undefined)
      proxy.next.push(notYet, { status: 404, xml: "<Error><Code>NoSuchBucket</Code></Error>" })
      assert.strictEqual((yield* Effect.flip(blobs.sizeOf(id)))._tag, "Unavailable")
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

/** The only key of the store, which AWS repeats in its answers. */
const accessKey = "S3RVER"

/** What AWS answers, and what the operator reads. */
const refusals = [
  [
    "AuthorizationHeaderMalformed",
    400,
    "<Region>eu-west-1</Region>",
    'is in the region "eu-west-1", and S3_REGION is "us-east-1"',
  ],
  ["AuthorizationHeaderMalformed", 400, "", 'is not in the region "us-east-1" (S3_REGION)'],
  [
    "PermanentRedirect",
    301,
    "<Endpoint>s3.eu-west-1.amazonaws.com</Endpoint>",
    "not at this address (S3_ENDPOINT; PermanentRedirect)",
  ],
  [
    "RequestTimeTooSkewed",
    403,
    "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>",
    "its clock and this machine's differ",
  ],
  [
    "AccessDenied",
    403,
    "",
    'S3_ACCESS_KEY may not store, read and delete objects in the bucket "confab-files" (S3_BUCKET',
  ],
  ["InvalidAccessKeyId", 403, `<AWSAccessKeyId>${accessKey}</AWSAccessKeyId>`, "it does not know S3_ACCESS_KEY"],
  [
    "SignatureDoesNotMatch",
    403,
    `<StringToSign>${accessKey}</StringToSign>`,
    "S3_SECRET_KEY is not the one that belongs to",
  ],
  ["NoSuchBucket", 404, "", 'it has no bucket "confab-files" (S3_BUCKET)'],
  ["AccountProblem", 403, "", "it refuses S3_ACCESS_KEY and S3_SECRET_KEY, or what they may do (AccountProblem)"],
  ["EntityTooLarge", 400, "", "it refuses requests (EntityTooLarge)"],
].map(([code, status, more, words]) => {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>For ${accessKey}</Message>${more}</Error>`
  return [{ status: Number(status), xml }, String(words)] as const
})

layer(Stage.layer, { excludeTestServices: true })("At start", (it) => {
  it.effect("an S3 store with wrong settings is refused in words that say which", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const secretKey = Redacted.make("a wrong secret")
      const wrongSecret = yield* refusal({ secretKey })
      assert.include(wrongSecret, "S3_SECRET_KEY is not the one that belongs to S3_ACCESS_KEY (SignatureDoesNotMatch)")
      assert.notInclude(wrongSecret, Redacted.value(secretKey))
      assert.include(yield* refusal({ accessKey: Redacted.make("nobody") }), "it does not know S3_ACCESS_KEY")
      assert.include(yield* refusal({ bucket: "no-such-bucket" }), 'it has no bucket "no-such-bucket" (S3_BUCKET)')
      proxy.next.push("none", "whole")
      assert.include(yield* refusal({}), "it does not answer requests for a part of an object")
      assert.include(yield* refusal({ spool: "/dev/null" }), "Set DATA_DIR to a directory that can be written")
    }),
  )

  it.effect("a refusal as AWS sends it is put in the words of the settings, and names no key", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      for (const [answer, words] of refusals) {
        proxy.next.push(answer)
        const message = yield* refusal({})
        assert.match(message, /^The S3 store http:\/\/\S+ cannot be used: .*\. Mend that, or set FILES=off$/)
        assert.include(message, words)
        assert.notInclude(message, accessKey)
      }
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

  it.effect("is not the only time: one that refuses later is reported in the same words, and asked once", () =>
    Effect.gen(function* () {
      const { proxy } = yield* Stage
      const blobs = yield* blobsBy()
      for (const [answer, words] of refusals) {
        logged.length = 0
        const seen = sinceNow(proxy)
        proxy.next.push(answer)
        assert.strictEqual((yield* Effect.flip(putBytes(blobs, Buffer.from("abc"))))._tag, "Unavailable")
        assert.deepStrictEqual(seen(), ["PUT"])
        assert.lengthOf(logged, 1)
        assert.match(logged[0] ?? "", /^A file could not be stored \{"code":"\w+","problem":/)
        assert.include(logged[0] ?? "", JSON.stringify(words).slice(1, -1))
        assert.notInclude(logged[0] ?? "", accessKey)
      }
    }).pipe(Effect.provide(remember)),
  )
})
