// The address of the database leads to another server from one moment on, while the server before it is still there and takes no
// more writes: connections to it stay open, and would fail for ever.
import { afterEach, assert, beforeEach, it, vi } from "vitest"
import { Postgres } from "../faults/Postgres.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { Wire } from "../support/Wire.ts"
import { Caller, until } from "./Caller.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Milliseconds: five seconds are promised; the rest is for a machine that has other things to do. */
const heals = 7_500

let primary: Postgres
let standby: Postgres
let address: Wire
let server: Server

beforeEach(async () => {
  primary = await Postgres.start()
  standby = await primary.standby()
  address = await Wire.to(primary.url)
  server = await Server.start({ databaseUrl: address.url })
})
afterEach(async () => {
  await server?.[Symbol.asyncDispose]()
  await address?.close()
  await standby?.[Symbol.asyncDispose]()
  await primary?.[Symbol.asyncDispose]()
})

const ready = async () => {
  const response = await fetch(`${server.url}/ready`)
  return [response.status, (await response.json()).database]
}

it("follows the address of the database to a server that accepts writes, and reports it until then", async () => {
  const ada = await Person.signUp(server.url, "ada")
  const chat_id = await ada.group("A group")
  const callers = [await Caller.overSocket(ada, chat_id), Caller.overHttp(ada, chat_id)]
  const reader = Caller.reading(ada, chat_id)
  await until(() => callers.every(({ done }) => done > 3))
  assert.deepStrictEqual(await ready(), [200, "ok"])

  await primary.takeWrites(false)
  await until(async () => (await ready())[0] === 503)
  assert.deepStrictEqual((await ready())[1], "unavailable")
  const marks = callers.map(({ refused }) => refused)
  await until(() => callers.every(({ refused }, i) => refused > marks[i]! + 2))
  // Reads continue throughout, undisturbed.
  const [read, refused] = [reader.done, reader.refused]
  await until(() => reader.done > read + 20)
  assert.strictEqual(reader.refused, refused)

  await standby.promote(primary)
  const before = callers.map(({ done }) => done)
  address.leadTo(standby.url)
  const from = performance.now()
  await until(() => callers.every(({ done }, i) => done > before[i]!), 30_000)
  assert.isBelow(performance.now() - from, heals)
  await until(async () => (await ready())[0] === 200)

  await Promise.all([...callers, reader].map((caller) => caller.stop()))
  assert.deepStrictEqual(
    [...callers, reader].flatMap(({ surprises }) => surprises),
    [],
  )
  const stored = await standby.query<{ id: string; seq: string; dedup_key: string }>(
    `select id, seq, dedup_key from messages where chat_id = ${chat_id} order by seq`,
  )
  assert.deepStrictEqual(
    stored.map(({ seq }) => Number(seq)),
    stored.map((_, i) => i + 1),
  )
  const idOf = new Map(stored.map(({ dedup_key, id }) => [dedup_key, Number(id)]))
  const lost = callers.flatMap(({ acknowledged }) => [...acknowledged].filter(([key, id]) => idOf.get(key) !== id))
  assert.deepStrictEqual(lost, [])
  assert.include(server.logs, "All connections lead to a database that takes writes")
})
