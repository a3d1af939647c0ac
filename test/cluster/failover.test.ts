// Two real servers whose database moves to another one under their feet: each of them follows, with its part of the cluster.
import { afterEach, assert, beforeEach, describe, it, vi } from "vitest"
import { Postgres } from "../faults/Postgres.ts"
import { Caller, until } from "../resilience/Caller.ts"
import { Person } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import { Wire } from "../support/Wire.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

/** Milliseconds: five seconds are promised; the rest is for a machine that has other things to do. */
const heals = 9_000

let primary: Postgres
let standby: Postgres
let address: Wire
let nodes: Nodes

describe.skipIf(!hasRedis)("two nodes", () => {
  beforeEach(async () => {
    primary = await Postgres.start()
    standby = await primary.standby()
    address = await Wire.to(primary.url)
    nodes = await Nodes.start(2, address.url)
  })
  afterEach(async () => {
    await nodes?.[Symbol.asyncDispose]()
    await address?.close()
    await standby?.[Symbol.asyncDispose]()
    await primary?.[Symbol.asyncDispose]()
  })

  it("follow their database to the server that accepts writes, with all chats, and are not ready until then", async () => {
    const urls = nodes.all.map(({ url }) => url)
    const ada = await Person.signUp(urls[0]!, "ada")
    const chats = await Promise.all(Array.from({ length: 6 }, (_, i) => ada.group(`chat ${i}`)))
    const callers = chats.map((chat_id, i) => Caller.overHttp(ada.at(urls[i % 2]!), chat_id))
    await until(() => callers.every(({ done }) => done > 3), 30_000)
    const ready = () => Promise.all(urls.map(async (url) => (await fetch(`${url}/ready`)).status))
    assert.deepStrictEqual(await ready(), [200, 200])

    await primary.takeWrites(false)
    const marks = callers.map(({ refused }) => refused)
    await until(() => callers.every(({ refused }, i) => refused > marks[i]! + 2), 30_000)
    assert.deepStrictEqual(await ready(), [503, 503])
    // Long enough that no node counts as alive.
    await until(async () => {
      const alive = await nodes.query("select from cluster_runners where last_heartbeat > now() - interval '8 seconds'")
      return alive.length === 0
    }, 60_000)

    await standby.promote(primary)
    const before = callers.map(({ done }) => done)
    address.leadTo(standby.url)
    const from = performance.now()
    await until(() => callers.every(({ done }, i) => done > before[i]!), 60_000)
    assert.isBelow(performance.now() - from, heals)
    await until(async () => (await ready()).every((status) => status === 200))

    await Promise.all(callers.map((caller) => caller.stop()))
    assert.deepStrictEqual(
      callers.flatMap(({ surprises }) => surprises),
      [],
    )
    for (const [i, chat_id] of chats.entries()) {
      const rows = await nodes.query<{ id: string; seq: string; dedup_key: string }>(
        `select id, seq, dedup_key from messages where chat_id = ${chat_id} order by seq`,
      )
      assert.deepStrictEqual(
        rows.map(({ seq }) => Number(seq)),
        rows.map((_, at) => at + 1),
      )
      const stored = new Map(rows.map(({ dedup_key, id }) => [dedup_key, Number(id)]))
      for (const [key, id] of callers[i]?.acknowledged ?? []) assert.strictEqual(stored.get(key), id)
    }
  })
})
