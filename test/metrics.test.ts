// What an operator sees at /metrics: everything has its line in docs/operations.md, and labels cannot be made up from outside.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { reporter, Stats } from "../src/sockets/Stats.ts"
import * as Http from "./support/http.ts"

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
      const stats = new Stats()
      for (const code of [4001, 4242, 4243, 3999, 1000, 4503]) stats.closed(code)
      yield* reporter(stats, () => 0)
      const text = yield* PrometheusMetrics.format()
      const lines = text.split("\n").filter((line) => line.startsWith("confab_socket_closes_total{"))
      assert.sameMembers(lines, [
        'confab_socket_closes_total{code="4001"} 1',
        'confab_socket_closes_total{code="other"} 3',
        'confab_socket_closes_total{code="1000"} 1',
        'confab_socket_closes_total{code="4503"} 1',
      ])
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())),
  )

  layer(Http.layer({ failedLoginsPerMinute: 2 }))("of a working server", (it) => {
    it.effect("say how log-ins end, what hashes cost, and how the process fares", () =>
      Effect.gen(function* () {
        const { username } = yield* Http.somebody
        const wrong = { username, password: "not the password" }
        for (let i = 0; i < 3; i++) yield* Http.send("POST", "/token", { form: wrong })
        yield* TestClock.adjust("10 seconds")
        const { text } = yield* Http.send("GET", "/metrics")
        const value = (line: string) => Number(text.split(`\n${line} `)[1]?.split("\n")[0])
        assert.strictEqual(value('confab_logins_total{result="ok"}'), 1)
        assert.strictEqual(value('confab_logins_total{result="refused"}'), 2)
        assert.strictEqual(value('confab_logins_total{result="limited"}'), 1)
        assert.isAtLeast(value('confab_rate_limited_total{limit="logins"}'), 1)
        assert.strictEqual(value("confab_password_hashes_waiting"), 0)
        assert.isAtLeast(value("confab_password_hash_seconds_count"), 4)
        assert.isAbove(value("process_resident_memory_bytes"), 10_000_000)
        assert.isAbove(value("process_cpu_seconds_total"), 0)
        assert.isAtLeast(value("nodejs_eventloop_lag_p99_seconds"), 0)
        assert.isBelow(value("nodejs_eventloop_utilization_ratio"), 1.001)
      }),
    )
  })
})
