// What an operator sees at /metrics: everything has its line in docs/operations.md, and labels cannot be made up from outside.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { noTrustedProxies, trustHops, trustNetworks } from "../src/config/TrustProxy.ts"
import { version } from "../src/contract/version.ts"
import { isFromThisMachine } from "../src/edge/thisMachine.ts"
import { Metrics } from "../src/http/Metrics.ts"
import { MetricsServer } from "../src/http/server/MetricsServer.ts"
import { reporter, Stats } from "../src/hub/Stats.ts"
import * as Http from "./support/http.ts"
import { added, metricValues, readMetrics } from "./support/metrics.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const definition = /\b(counter|gauge|histogram)\(\s*"(\w+)"/g
const defined = globSync("src/**/*.ts", { cwd: root }).flatMap((path) => [...read(path).matchAll(definition)])
const kindOf = new Map(defined.map(([, kind = "", name = ""]) => [name, kind]))

describe("the metrics", () => {
  it("are all in docs/operations.md, and nothing else is", () => {
    const table = read("docs/operations.md").split("## Metrics")[1]?.split("\n## ")[0] ?? ""
    const rows = table.split("\n").filter((line) => line.startsWith("| `"))
    const told = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1]))
    assert.deepStrictEqual(told.toSorted(), [...kindOf.keys()].toSorted())
  })

  it("are named as Prometheus wants it: what only grows is a total, and times are seconds", () => {
    for (const [name, kind] of kindOf) {
      assert.match(name, /^(?:confab|process|nodejs)_[a-z0-9_]+$/)
      assert.strictEqual(name.endsWith("_total"), kind === "counter", name)
      assert.notMatch(name, /milli|_ms\b|micro/)
    }
  })

  it.effect("count a close code that a peer made up as just another one", () =>
    Effect.gen(function* () {
      const before = yield* readMetrics
      const stats = new Stats()
      for (const code of [4001, 4242, 4243, 3999, 1000, 4503]) stats.closed(code)
      yield* reporter(
        stats,
        () => 0,
        () => 0,
      )
      const after = yield* readMetrics
      const counted = [...after.keys()].flatMap((series) => {
        const more = added(before, after, series)
        return series.startsWith("confab_socket_closes_total{") && more > 0 ? [`${series} ${more}`] : []
      })
      assert.sameMembers(counted, [
        'confab_socket_closes_total{code="4001"} 1',
        'confab_socket_closes_total{code="other"} 3',
        'confab_socket_closes_total{code="1000"} 1',
        'confab_socket_closes_total{code="4503"} 1',
      ])
    }),
  )

  layer(Http.layer({ failedLoginsPerMinute: 2 }))("of a working server", (it) => {
    it.effect("say how log-ins end, what hashes cost, and how the process fares", () =>
      Effect.gen(function* () {
        const before = metricValues((yield* Http.send("GET", "/metrics")).text)
        const { username } = yield* Http.somebody
        const wrong = { username, password: "not the password" }
        for (let i = 0; i < 3; i++) yield* Http.send("POST", "/token", { form: wrong })
        yield* TestClock.adjust("10 seconds")
        const after = metricValues((yield* Http.send("GET", "/metrics")).text)
        const value = (series: string) => after.get(series) ?? Number.NaN
        const more = (series: string) => added(before, after, series)
        assert.strictEqual(more('confab_logins_total{result="ok"}'), 1)
        assert.strictEqual(more('confab_logins_total{result="refused"}'), 2)
        assert.strictEqual(more('confab_logins_total{result="limited"}'), 1)
        assert.isAtLeast(more('confab_rate_limited_total{limit="logins"}'), 1)
        assert.strictEqual(value("confab_password_hashes_waiting"), 0)
        assert.isAtLeast(more("confab_password_hash_seconds_count"), 4)
        const build = [...after.keys()].find((series) => series.startsWith("confab_build_info{")) ?? ""
        assert.include(build, `version="${version}"`)
        assert.include(build, `node="${process.versions.node}"`)
        assert.strictEqual(value(build), 1)
        assert.isAbove(value("process_resident_memory_bytes"), 10_000_000)
        assert.isAbove(value("process_cpu_seconds_total"), 0)
        assert.isAtLeast(value("nodejs_eventloop_lag_p99_seconds"), 0)
        assert.isBelow(value("nodejs_eventloop_utilization_ratio"), 1.001)
      }),
    )
  })

  it("are for programs on this machine alone, past no proxy", () => {
    const from = (
      remoteAddress: string | undefined,
      localAddress = "192.0.2.1",
      headers = {},
      trust = noTrustedProxies,
    ) => isFromThisMachine({ headers, socket: { localAddress, remoteAddress } }, trust)
    for (const address of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "192.0.2.1"])
      assert.isTrue(from(address))
    for (const address of ["192.0.2.2", "10.0.0.1", "::ffff:10.0.0.1", "::12", "fe80::1", undefined]) {
      assert.isFalse(from(address), address)
    }
    assert.isFalse(from("127.0.0.1", "127.0.0.1", {}, trustHops(1)))
    assert.isFalse(from("127.0.0.1", "127.0.0.1", {}, trustNetworks(["10.0.0.0/8"])))
  })

  const tells = ({ status, text }: Http.Answer) => [status, text.includes("confab_http_requests_total")]

  layer(Http.layer())("on the server's own port", (it) => {
    it.effect("are served to programs here, and not to clients of a proxy", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(tells(yield* Http.send("GET", "/metrics")), [200, true])
        const nowhere = yield* Http.send("GET", "/nowhere")
        for (const name of [
          "x-forwarded-for",
          "X-Forwarded-Proto",
          "x-forwarded-host",
          "x-forwarded",
          "x-azure-clientip",
          "forwarded",
          "via",
          "x-real-ip",
          "true-client-ip",
          "cf-connecting-ip",
        ]) {
          const headers = { [name]: "192.0.2.1" }
          const answer = yield* Http.send("GET", "/metrics", { headers })
          assert.deepStrictEqual([answer.status, answer.text], [404, nowhere.text], name)
          assert.strictEqual((yield* Http.send("HEAD", "/metrics/", { headers })).status, 404, name)
        }
      }),
    )
  })

  layer(Http.layer({ trustProxy: trustHops(1) }))("behind a proxy", (it) => {
    it.effect("are not there", () =>
      Effect.gen(function* () {
        for (const path of ["/metrics", "/metrics/"]) assert.strictEqual((yield* Http.send("GET", path)).status, 404)
      }),
    )
  })

  const withPort = MetricsServer.layer.pipe(
    Layer.provide(Metrics.layer),
    Layer.provideMerge(Http.layer({ metricsPort: 0, trustProxy: trustHops(1) })),
  )
  layer(withPort)("on a port of their own", (it) => {
    const send = (method: string, path: string, headers = {}) =>
      Effect.flatMap(MetricsServer, ({ port }) => Http.sendTo(Option.getOrThrow(port), method, path, { headers }))

    it.effect("are served to every caller, and nothing else is", () =>
      Effect.gen(function* () {
        yield* Http.send("GET", "/health")
        for (const path of ["/metrics", "/metrics/", "/metrics?x=1"]) {
          const answer = yield* send("GET", path, { "x-forwarded-for": "192.0.2.1" })
          assert.deepStrictEqual(tells(answer), [200, true], path)
          assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/)
          assert.strictEqual(answer.headers["x-content-type-options"], "nosniff")
        }
        const head = yield* send("HEAD", "/metrics")
        assert.deepStrictEqual([head.status, head.text], [200, ""])
        const nowhere = yield* Http.send("GET", "/nowhere")
        for (const path of ["/", "/health", "/me", "/METRICS", "//metrics", "/%6detrics", "/metrics;x", "/metrics/x"]) {
          const answer = yield* send("GET", path)
          assert.deepStrictEqual([answer.status, answer.text], [404, nowhere.text], path)
        }
        const post = yield* send("POST", "/metrics")
        assert.deepStrictEqual(
          [post.status, post.headers.allow, post.body._tag],
          [405, "GET, HEAD", "MethodNotAllowed"],
        )
      }),
    )
  })

  layer(Http.layer({ metricsPort: 0 }))("that have a port of their own", (it) => {
    it.effect("are not on the other one, for programs on this machine either", () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* Http.send("GET", "/metrics")).status, 404)
      }),
    )
  })
})
