// The database fails under load and recovers: no caller waits long, nothing is acknowledged falsely, and everything
// recovers by itself.
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { Postgres } from "../faults/Postgres.ts"
import { Person } from "../support/person.ts"
import { freePort, hasRedis, ownRedisDatabase } from "../support/redis.ts"
import { Server } from "../support/server.ts"
import { Caller, until } from "./Caller.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Seconds: five are promised; the rest is for a machine that has other things to do. */
const longest = 7.5

let postgres: Postgres
let server: Server
let people: ReadonlyArray<Person>
let chat_id: number

beforeAll(async () => {
  postgres = await Postgres.start()
  server = await Server.start({ databaseUrl: postgres.url })
  people = await Promise.all(["ann", "ben", "cem"].map((name) => Person.signUp(server.url, name)))
  const [owner, ...others] = people as [Person, ...Array<Person>]
  chat_id = await owner.group("A group", ...others)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

const callers = () =>
  Promise.all([
    ...people.map((person) => Caller.overSocket(person, chat_id)),
    ...people.map((person) => Caller.overHttp(person, chat_id)),
    ...people.map((person) => Caller.reading(person, chat_id)),
    Caller.hosting(people[0] as Person, chat_id),
  ])

/** Runs `fault` under load, then lets all callers finish; every promise must hold. */
const through = async (fault: (all: ReadonlyArray<Caller>) => Promise<void>) => {
  const all = await callers()
  await until(() => all.every((caller) => caller.done > 3))
  await fault(all)
  const marks = all.map((caller) => caller.done)
  await until(() => all.every((caller, i) => caller.done > (marks[i] ?? 0)), 20_000)
  await Promise.all(all.map((caller) => caller.stop()))
  const waits = all.map(({ name, longestWait }) => `${name}: ${Math.round(longestWait)} ms`).join(", ")
  assert.isBelow(Math.max(...all.map(({ longestWait }) => longestWait)) / 1000, longest, waits)
  assert.deepStrictEqual(
    all.flatMap((caller) => caller.surprises),
    [],
  )
  const stored = await postgres.query<{ id: string; seq: string; dedup_key: string | null }>(
    `select id, seq, dedup_key from messages where chat_id = ${chat_id} order by seq`,
  )
  assert.isTrue(
    stored.every(({ seq }, i) => Number(seq) === i + 1),
    "seq has a gap",
  )
  const idOf = new Map(stored.map(({ id, dedup_key }) => [dedup_key, Number(id)]))
  assert.strictEqual(idOf.size, stored.length)
  const acknowledged = all.flatMap((caller) => [...caller.acknowledged])
  assert.deepStrictEqual(
    acknowledged.filter(([key, id]) => idOf.get(key) !== id),
    [],
  )
  return all
}

it("answers `unavailable` and 503 while PostgreSQL is stopped, and continues when it is back", async () => {
  const all = await through(async (all) => {
    await postgres.stop()
    await until(() => all.every((caller) => caller.refused > 1), 20_000)
    const ready = await fetch(`${server.url}/ready`)
    assert.strictEqual(ready.status, 503)
    assert.match(await ready.text(), /database/)
    const health = await fetch(`${server.url}/health`)
    assert.strictEqual(health.status, 200)
    await postgres.start()
  })
  assert.isTrue(all.every((caller) => caller.refused > 0))
  await until(async () => (await fetch(`${server.url}/ready`)).status === 200)
})

it("settles by the dedup_key what was committed and never answered, when PostgreSQL crashes or drops connections", async () => {
  await through(async () => {
    for (let i = 0; i < 3; i++) {
      await postgres.disconnectAll()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await postgres.crash()
  })
})

it("waits no longer for a PostgreSQL that is there and does not answer", async () => {
  await through(async (all) => {
    const thaw = await postgres.freeze()
    const marks = all.map((caller) => caller.refused)
    await until(() => all.every((caller, i) => caller.refused > (marks[i] ?? 0)), 30_000).finally(thaw)
  })
})

it("stops in order while PostgreSQL is down", async () => {
  const devices = await Promise.all(people.map((person) => person.connect()))
  await postgres.stop()
  for (const device of devices) device.send({ type: "message", chat_id, text: "too late", ref: 1 })
  const from = performance.now()
  const status = await server.terminate()
  const goodbyes = await Promise.all(devices.map((device) => device.closed))
  assert.isTrue(goodbyes.every(({ code }) => code === 1001))
  assert.strictEqual(status, 0)
  assert.isBelow(performance.now() - from, 8_000)
  await postgres.start()
})

it.runIf(hasRedis)("stops in order as a node of a cluster while PostgreSQL does not answer", async () => {
  const cluster = { CLUSTER_HOST: "127.0.0.1", CLUSTER_PORT: String(await freePort()) }
  await using node = await Server.start({
    databaseUrl: postgres.url,
    env: { REDIS_URL: await ownRedisDatabase(), ...cluster },
  })
  const person = await Person.signUp(node.url)
  const group = await person.group("A group")
  const device = await person.connect()
  const thaw = await postgres.freeze()
  device.send({ type: "message", chat_id: group, text: "too late", ref: 1 })
  const status = await node.terminate().finally(thaw)
  const { code } = await device.closed
  assert.deepStrictEqual([status, code, node.logs.includes("cut short")], [0, 1001, false])
})
