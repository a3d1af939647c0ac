// Who called, behind none, some or many proxies: what a client writes by itself never counts.
import { assert, describe, it } from "@effect/vitest"
import { noTrustedProxies, type TrustProxy, trustHops, trustNetworks } from "../../src/config/TrustProxy.ts"
import { forwardingOf, type RequestHeaders } from "../../src/edge/Forwarding.ts"

const networks = (...items: ReadonlyArray<string>): TrustProxy => {
  const trust = trustNetworks(items)
  assert.isDefined(trust)
  return trust ?? noTrustedProxies
}

const inside = networks("10.0.0.0/8", "fd00::/8", "192.0.2.7")

const addressOf = (trust: TrustProxy, peer: string | undefined, forwardedFor: string | undefined) =>
  forwardingOf({ host: "x", "x-forwarded-for": forwardedFor }, peer, trust).address

describe("the address of a client", () => {
  const cases: ReadonlyArray<readonly [TrustProxy, peer: string, forwardedFor: string | undefined, address: string]> = [
    // Nobody is trusted.
    [noTrustedProxies, "203.0.113.9", "198.51.100.1", "203.0.113.9"],
    [noTrustedProxies, "::ffff:203.0.113.9", undefined, "203.0.113.9"],
    [noTrustedProxies, "fe80::1%eth0", undefined, "fe80::1"],
    // One proxy: what it appended.
    [trustHops(1), "10.0.0.1", "198.51.100.1", "198.51.100.1"],
    [trustHops(1), "10.0.0.1", "1.1.1.1, 2.2.2.2,198.51.100.1", "198.51.100.1"],
    [trustHops(1), "10.0.0.1", undefined, "10.0.0.1"],
    // Two: what the outer one appended.
    [trustHops(2), "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"],
    [trustHops(2), "10.0.0.1", "198.51.100.1", "198.51.100.1"],
    [trustHops(3), "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.3, 10.0.0.2", "198.51.100.1"],
    // Networks: the first from the right that is in none.
    [inside, "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"],
    [inside, "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2, 192.0.2.7", "198.51.100.1"],
    [inside, "fd00::1", "198.51.100.1, fd12::2", "198.51.100.1"],
    [inside, "::ffff:10.0.0.1", "198.51.100.1, ::ffff:10.0.0.2", "198.51.100.1"],
    [inside, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    // Whoever comes past the proxies speaks for itself.
    [inside, "203.0.113.9", "198.51.100.1", "203.0.113.9"],
    [inside, "192.0.2.8", "198.51.100.1", "192.0.2.8"],
    [inside, "fe80::1%eth0", "198.51.100.1", "fe80::1"],
    // The ways to write an address.
    [trustHops(1), "10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    [trustHops(1), "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    [trustHops(1), "10.0.0.1", "[2001:DB8:0:0::1]", "2001:db8::1"],
    [trustHops(1), "10.0.0.1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
    [trustHops(1), "10.0.0.1", '"[2001:db8::1]:4711"', "2001:db8::1"],
    [trustHops(1), "10.0.0.1", "fe80::1%eth0", "fe80::1"],
    [trustHops(1), "10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    [trustHops(1), "10.0.0.1", "[::ffff:c633:6401]:80", "198.51.100.1"],
    [trustHops(1), "10.0.0.1", "::1", "::1"],
    // What is no address ends the search at the last that was known.
    ...[
      "unknown",
      "",
      " ",
      "_hidden",
      "198.51.100.256",
      "198.51.100.01",
      "1.1.1.1, ",
      "x".repeat(9_000),
      "for=1.1.1.1",
    ].map((garbage) => [trustHops(1), "10.0.0.1", garbage, "10.0.0.1"] as const),
    [trustHops(2), "10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"],
    [inside, "10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"],
  ]

  for (const [trust, peer, forwardedFor, address] of cases) {
    const shown = forwardedFor === undefined ? "nothing" : JSON.stringify(forwardedFor.slice(0, 60))
    const who = trust._tag === "Hops" ? `${trust.hops} proxies` : trust._tag === "Off" ? "nobody" : "networks"
    it(`is ${address} when ${peer} forwards ${shown} and ${who} are trusted`, () => {
      assert.strictEqual(addressOf(trust, peer, forwardedFor), address)
    })
  }

  it("is unknown without an address of the connection, and the proxy's entry there", () => {
    assert.strictEqual(addressOf(noTrustedProxies, undefined, "1.1.1.1"), "unknown")
    assert.strictEqual(addressOf(inside, undefined, "1.1.1.1"), "unknown")
    assert.strictEqual(addressOf(trustHops(1), undefined, "198.51.100.1"), "198.51.100.1")
  })

  it("is never what `Forwarded` says", () => {
    const headers = { forwarded: "for=1.1.1.1;proto=https;host=evil.example", host: "x" }
    assert.deepStrictEqual(forwardingOf(headers, "10.0.0.1", trustHops(1)), {
      address: "10.0.0.1",
      secure: false,
      host: "x",
    })
  })
})

describe("scheme and host", () => {
  const seen = (headers: RequestHeaders, trust: TrustProxy, peer = "10.0.0.1") => {
    const { host, secure } = forwardingOf({ host: "inner:8000", ...headers }, peer, trust)
    return `${secure ? "https" : "http"} ${host}`
  }
  const both = (proto: string, host: string) => ({ "x-forwarded-proto": proto, "x-forwarded-host": host })

  it("are those of the request, unless a proxy is trusted", () => {
    assert.strictEqual(seen(both("https", "chat.example"), noTrustedProxies), "http inner:8000")
    assert.strictEqual(seen(both("https", "chat.example"), inside, "203.0.113.9"), "http inner:8000")
    assert.strictEqual(seen(both("https", "chat.example"), inside), "https chat.example")
  })

  it("are what the outermost trusted proxy said", () => {
    assert.strictEqual(seen(both("HTTPS", "chat.example:8443"), trustHops(1)), "https chat.example:8443")
    assert.strictEqual(seen(both("https, http", "evil.example, chat.example"), trustHops(1)), "http chat.example")
    assert.strictEqual(seen(both("https, http", "chat.example, inner"), trustHops(2)), "https chat.example")
    assert.strictEqual(seen(both("https", "chat.example"), trustHops(2)), "https chat.example")
    assert.strictEqual(
      seen(both("http, https, http", "evil.example, chat.example, inner"), trustHops(2)),
      "https chat.example",
    )
  })

  it("are taken from no host that is none", () => {
    for (const host of ["", "chat.example/path", "a b", "evil@chat.example", "[::1", "x:y"]) {
      assert.strictEqual(seen(both("https", host), trustHops(1)), "https inner:8000", host)
    }
    assert.strictEqual(seen(both("https", "[2001:db8::1]:8443"), trustHops(1)), "https [2001:db8::1]:8443")
  })
})
