// Which page sent a request: the one verdict that HTTP and sockets share, and the operator's log of a refusal.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { Settings } from "../../src/config/Settings.ts"
import { noTrustedProxies, trustHops } from "../../src/config/TrustProxy.ts"
import { forwardingOf, type RequestHeaders } from "../../src/edge/Forwarding.ts"
import { OriginWarnings } from "../../src/edge/OriginWarnings.ts"
import { type Sender, senderOf } from "../../src/edge/origin.ts"

const listed = "https://app.example"

const sender = (headers: RequestHeaders, trust = noTrustedProxies): Sender =>
  senderOf(headers, forwardingOf(headers, "10.0.0.1", trust), [listed])

describe("a request is from", () => {
  const https = { "x-forwarded-proto": "https" }
  const cases: ReadonlyArray<readonly [headers: RequestHeaders, direct: Sender, behindProxy: Sender]> = [
    [{ host: "chat.example", origin: "http://chat.example" }, "own", "own"],
    [{ host: "chat.example:8000", origin: "http://chat.example:8000" }, "own", "own"],
    [{ host: "Chat.Example:80", origin: "http://chat.example" }, "own", "own"],
    // A proxy ended https and did not report it.
    [{ host: "chat.example", origin: "https://chat.example" }, "own", "own"],
    [{ host: "chat.example:8443", origin: "https://chat.example:8443" }, "own", "own"],
    [{ ...https, host: "chat.example", origin: "https://chat.example" }, "own", "own"],
    // In reverse an attacker on the network may have written the page.
    [{ ...https, host: "chat.example", origin: "http://chat.example" }, "own", "foreign"],
    [{ host: "chat.example:8000", origin: "https://chat.example" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "https://chat.example:8443" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "http://chat.example:8000" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "https://evil.example" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "https://chat.example.evil.example" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "null" }, "foreign", "foreign"],
    [{ host: "chat.example", origin: "https://chat.example/" }, "foreign", "foreign"],
    [{ origin: "http://undefined" }, "foreign", "foreign"],
    [{ host: "inner:8000", origin: "https://chat.example" }, "foreign", "foreign"],
    [
      { host: "inner:8000", "x-forwarded-host": "chat.example", ...https, origin: "https://chat.example" },
      "foreign",
      "own",
    ],
    [{ host: "chat.example", origin: listed }, "listed", "listed"],
    [{ host: "chat.example", origin: "https://evil.example", "sec-fetch-site": "cross-site" }, "foreign", "foreign"],
    // The browser's own header, which no page can set.
    [{ host: "inner:8000", origin: "https://chat.example", "sec-fetch-site": "same-origin" }, "own", "own"],
    [{ host: "chat.example", "sec-fetch-site": "none" }, "own", "own"],
    [{ host: "chat.example", "sec-fetch-site": "same-site" }, "foreign", "foreign"],
    [{ host: "chat.example" }, "unsaid", "unsaid"],
  ]
  for (const [headers, direct, behindProxy] of cases) {
    it(`${direct} page, behind a trusted proxy ${behindProxy}: ${JSON.stringify(headers)}`, () => {
      assert.deepStrictEqual([sender(headers), sender(headers, trustHops(1))], [direct, behindProxy])
    })
  }
})

describe("OriginWarnings", () => {
  const lines: Array<Record<string, unknown>> = []
  const remember = Logger.layer([
    Logger.make(({ message, logLevel, fiber }) => {
      lines.push({ message: String(message), level: logLevel, ...fiber.getRef(References.CurrentLogAnnotations) })
    }),
  ])
  const test = OriginWarnings.layer.pipe(
    Layer.provide(Settings.layerTest({ trustProxy: trustHops(1) })),
    Layer.provideMerge(remember),
  )
  const refused = (origin: string | undefined, host = "inner:8000") =>
    Effect.flatMap(OriginWarnings, (warnings) =>
      warnings.refused({ host, origin, "x-forwarded-proto": "https" }, "10.0.0.1"),
    )

  it.effect("name both origins and the settings, once an hour for each pair", () =>
    Effect.gen(function* () {
      lines.length = 0
      for (let i = 0; i < 3; i++) yield* refused("https://chat.example")
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0]?.message, "TRUST_PROXY")
      assert.include(lines[0]?.message, "CORS_ORIGINS")
      assert.deepInclude(lines[0], { level: "Warn", origin: "https://chat.example", own_origin: "https://inner:8000" })
      yield* refused("https://chat.example", "other")
      assert.strictEqual(lines.length, 2)
      yield* TestClock.adjust("1 hour")
      yield* refused("https://chat.example")
      assert.strictEqual(lines.length, 3)
    }).pipe(Effect.provide(test)),
  )

  it.effect("are few for invented origins, and repeat no text that is no origin", () =>
    Effect.gen(function* () {
      lines.length = 0
      for (let i = 0; i < 500; i++) yield* refused(`https://${i}.evil.example`)
      assert.strictEqual(lines.length, 20)
      yield* TestClock.adjust("1 hour")
      lines.length = 0
      for (const origin of [undefined, "null"]) yield* refused(origin)
      assert.strictEqual(lines.length, 0)
      for (const origin of ["https://x/secret", "secret", `https://${"secret".repeat(60)}.example`])
        yield* refused(origin)
      assert.deepStrictEqual(
        lines.map(({ origin }) => origin),
        ["no origin"],
      )
    }).pipe(Effect.provide(test)),
  )
})
