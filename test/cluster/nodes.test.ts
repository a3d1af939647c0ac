// Three real servers on one PostgreSQL and one Redis: clients use any of them, and lose nothing when one is killed,
// frozen or stopped, wherever their chats are.
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, inject, it, vi } from "vitest"
import { Caller, until } from "../resilience/Caller.ts"
import { Person } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import type { Server } from "../support/server.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

/** Milliseconds on a machine that has other things to do; a quiet one takes half of it. See docs/decisions/0007. */
const answersAgain = { killed: 10_000, frozen: 14_000, left: 8_000 }

/** Enough that each node has some: clients do not know where a chat is. */
const chatCount = 12

interface Scene {
  readonly nodes: Nodes
  readonly ada: Person
  readonly chats: ReadonlyArray<number>
  /** One a chat; they insist, over HTTP, through the first two nodes. */
  readonly callers: ReadonlyArray<Caller>
  readonly third: Server
}

let cluster: Nodes
let scene: Scene | undefined

/** Three nodes run, all callers send, and each has been answered. */
const begin = async (): Promise<Scene> => {
  const nodes = cluster
  await nodes.complete(3)
  const [first, second, third] = nodes.running as [Server, Server, Server]
  const ada = await Person.signUp(first.url, "ada")
  const chats: Array<number> = []
  for (let i = 0; i < chatCount; i++) chats.push(await ada.group(`chat ${i}`))
  const callers = chats.map((chat_id, i) => Caller.overHttp(ada.at((i % 2 === 0 ? first : second).url), chat_id))
  scene = { nodes, ada, chats, callers, third }
  await until(() => callers.every(({ done }) => done >= 5), 60_000)
  return scene
}

/** All have been answered since this moment of performance.now(). */
const answeredSince = (callers: ReadonlyArray<Caller>, moment: number) =>
  callers.every(({ lastDone }) => lastDone > moment)

/** What was acknowledged is there, once, in one order. */
const check = async ({ callers, chats, nodes }: Scene): Promise<void> => {
  await Promise.all(callers.map((caller) => caller.stop()))
  for (const [i, chat_id] of chats.entries()) {
    const rows = await nodes.query<{ id: string; seq: string; dedup_key: string | null }>(
      `select id, seq, dedup_key from messages where chat_id = ${chat_id} order by seq`,
    )
    assert.deepStrictEqual(
      rows.map(({ seq }) => Number(seq)),
      rows.map((_, at) => at + 1),
    )
    const keys = rows.flatMap(({ dedup_key }) => dedup_key ?? [])
    assert.strictEqual(new Set(keys).size, keys.length)
    const stored = new Map(rows.map(({ dedup_key, id }) => [dedup_key, Number(id)]))
    for (const [key, id] of callers[i]?.acknowledged ?? []) assert.strictEqual(stored.get(key), id)
  }
}

describe.skipIf(!hasRedis)("three nodes", () => {
  beforeAll(async () => {
    cluster = await Nodes.start(3, inject("postgresUrl"))
  })
  afterAll(() => cluster?.[Symbol.asyncDispose]())
  beforeEach(begin)
  afterEach(async () => {
    const ended = scene
    scene = undefined
    await Promise.all(ended?.callers.map((caller) => caller.stop()) ?? [])
  })
  const current = (): Scene => {
    assert(scene !== undefined)
    return scene
  }

  it("act as one server: each chat answers on each node, and each node delivers messages of another", async () => {
    const { ada, chats, nodes } = current()
    const bob = await Person.signUp(nodes.running[1]!.url, "bob")
    const device = await bob.connect()
    for (const chat_id of chats.slice(0, 4)) {
      await ada.ok("POST", `/chats/${chat_id}/members`, { user_ids: [bob.id] })
      for (const { url } of nodes.running) {
        const sent = await ada.at(url).ok("POST", `/chats/${chat_id}/messages`, { text: "hello", dedup_key: url })
        await device.hears({ type: "message", id: sent.id }, 10_000)
        for (const other of nodes.running) {
          const again = await ada
            .at(other.url)
            .http("POST", `/chats/${chat_id}/messages`, { text: "hello", dedup_key: url })
          assert.deepStrictEqual([again.status, again.body.id], [200, sent.id])
        }
        assert.strictEqual(
          (await bob.at(url).http("POST", `/messages/${sent.id}/read`)).body.last_read_seq >= sent.seq,
          true,
        )
      }
    }
    const sender = await ada.at(nodes.running[0]!.url).connect()
    const chat_id = await ada.privateChat(bob)
    const { seq } = await ada.ok("POST", `/chats/${chat_id}/messages`, { text: "Has it arrived?" })
    await sender.hears({ type: "delivered", chat_id, user_id: bob.id, seq }, 10_000)
    for (const server of nodes.running) assert.include(server.logs, '"mode":"cluster"')
    await check(current())
  })

  it("SIGTERM of one: it hands over its chats without an error or a change of order, also when another joins", async () => {
    const { ada, callers, chats, nodes, third } = current()
    // A client that sends on without waiting for answers, and without keys: a repeated message would be stored twice.
    const device = await ada.at(nodes.running[0]!.url).connect()
    let said = 0
    const talking = setInterval(() => {
      for (const chat_id of chats) device.send({ type: "message", chat_id, text: `${said}`, ref: `${chat_id}.${said}` })
      said++
    }, 50)
    try {
      const told = performance.now()
      assert.strictEqual(await third.terminate(), 0)
      assert.isBelow(performance.now() - told, 5_000)
      await until(() => answeredSince(callers, told), answersAgain.left)
      await nodes.add()
      const joined = performance.now()
      await until(() => answeredSince(callers, joined + 2_000), answersAgain.left)
    } finally {
      clearInterval(talking)
    }
    const answers = () => device.heard.filter(({ ref }) => ref !== undefined)
    await until(() => answers().length === said * chats.length, 10_000)
    assert.deepStrictEqual(
      answers().filter(({ type }) => type !== "ack"),
      [],
    )
    for (const chat_id of chats) {
      const rows = await nodes.query<{ text: string }>(
        `select text from messages where chat_id = ${chat_id} and dedup_key is null order by seq`,
      )
      assert.deepStrictEqual(
        rows.map(({ text }) => text),
        Array.from({ length: said }, (_, i) => `${i}`),
      )
    }
    await check(current())
    for (const { refused, surprises } of callers) assert.deepStrictEqual([refused, surprises], [0, []])
    assert.notInclude(third.logs, '"level":"ERROR"')
  })

  it("kill -9 of one: its chats answer on the others within seconds, and nothing is lost or doubled", async () => {
    const { callers, third } = current()
    const killed = performance.now()
    await third.kill9()
    await until(() => answeredSince(callers, killed), answersAgain.killed)
    await check(current())
    for (const { surprises } of callers) assert.deepStrictEqual(surprises, [])
  })

  it("SIGSTOP of one: its chats answer on the others, and when it wakes it commits nothing stale and serves again", async () => {
    const { ada, callers, chats, nodes, third } = current()
    // It has commands under way when it is frozen, and receives others while it is.
    const device = await ada.at(third.url).connect()
    const send = (i: number) => {
      for (const chat_id of chats) {
        const dedup_key = `asleep.${chat_id}.${i}`
        device.send({ type: "message", chat_id, text: dedup_key, dedup_key, ref: dedup_key })
      }
    }
    for (let i = 0; i < 50; i++) send(i)
    const frozen = performance.now()
    nodes.freeze(third)
    for (let i = 50; i < 100; i++) send(i)
    try {
      await until(() => answeredSince(callers, frozen), answersAgain.frozen)
    } finally {
      nodes.thaw(third)
    }
    const last = `asleep.${chats.at(-1)}.99`
    assert.oneOf((await device.hears({ ref: last }, 20_000)).type, ["ack", "error"])
    await until(async () => {
      const reply = await ada
        .at(third.url)
        .http("POST", `/chats/${chats[0]}/messages`, { text: "awake", dedup_key: "awake" })
      return reply.status === 201 || reply.status === 200
    }, 20_000)
    await check(current())
    for (const { surprises } of callers) assert.deepStrictEqual(surprises, [])
    // What the sleeper acknowledged is there as well.
    const rows = await nodes.query<{ id: string; dedup_key: string | null }>("select id, dedup_key from messages")
    const keys = new Map(rows.map(({ id, dedup_key }) => [Number(id), dedup_key]))
    for (const ack of device.heard.filter(({ type }) => type === "ack"))
      assert.strictEqual(keys.get(ack.message_id), ack.ref)
  })
})
