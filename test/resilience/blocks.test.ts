// A block and a forward whose server is killed between two steps of them: they took place once, or not at all, and a
// repetition makes them one. Both are under way at once, so that each step needs one kill.
import pg from "pg"
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { HeldRows } from "../support/HeldRows.ts"
import { Person } from "../support/person.ts"
import { until } from "./Caller.ts"
import { serve } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let scene: Awaited<ReturnType<typeof serve>>
beforeAll(async () => {
  scene = await serve()
})
afterAll(() => scene[Symbol.asyncDispose]())

/** Ada blocks Bob, and forwards a message of her private chat with him to a group. */
const people = async () => {
  const { server } = scene
  const [ada, bob] = [await Person.signUp(server.url), await Person.signUp(server.url)]
  const [private_, group] = [await ada.privateChat(bob), await ada.group("A group")]
  const { id: forward } = await bob.ok("POST", `/chats/${private_}/messages`, { text: "Origin" })
  // Her own state exists: the first change would not wait for its row.
  await ada.ok("PUT", "/me/state/app:one", 1)
  const status = (asked: Promise<{ readonly status: number }>) =>
    asked.then(
      (answer) => answer.status,
      () => "cut",
    )
  const key = `/me/state/block:${bob.id}`
  return {
    block: () => status(ada.http("PUT", key, {})),
    /** Waits for both without the server. */
    stored: async () => {
      const client = new pg.Client({ connectionString: scene.databaseUrl })
      await client.connect()
      const count = `select (select count(*) from user_state where user_id = $1 and key = $2)
        + (select count(*) from messages where chat_id = $3) as there`
      await until(async () => {
        const { rows } = await client.query<{ there: string }>(count, [ada.id, `block:${bob.id}`, group])
        return rows[0]?.there === "2"
      })
      await client.end()
    },
    forward: () => status(ada.http("POST", `/chats/${group}/messages`, { forward, dedup_key: "once" })),
    /** What is there after the restart. */
    found: async () => {
      const { items, version } = await ada.ok("GET", "/me/state?prefix=block:")
      const messages = (await ada.ok("GET", `/chats/${group}/messages`)).items
      return {
        blocks: items.length,
        version,
        forwards: messages.map((message: { readonly text: string }) => message.text),
        bob: await status(bob.http("POST", `/chats/${private_}/messages`, { text: "May I?" })),
      }
    },
  }
}

const nothing = { blocks: 0, version: 1, forwards: [], bob: 201 }
const everything = { blocks: 1, version: 2, forwards: ["Origin"], bob: 403 }

/** Both again, which were not answered; and then no second time. */
const repeated = async ({ block, forward, found }: Awaited<ReturnType<typeof people>>, status: number) => {
  assert.deepStrictEqual([await block(), await forward()], [200, status])
  assert.deepStrictEqual(await found(), everything)
}

it("killed before they are stored: neither took place", async () => {
  const { server } = scene
  const both = await people()
  await using held = await HeldRows.hold(scene.databaseUrl, "lock table user_heads, messages in exclusive mode")
  const answers = Promise.all([both.block(), both.forward()])
  await Promise.all([held.waiting("%put_limited_state%"), held.waiting("%insert into messages%")])
  await server.kill9()
  await held.cut()
  assert.deepStrictEqual(await answers, ["cut", "cut"])
  await server.restart()
  assert.deepStrictEqual(await both.found(), nothing)
  await repeated(both, 201)
})

it("killed after they are stored, before anything follows: both took place, once", async () => {
  const { server } = scene
  const both = await people()
  const held = await HeldRows.hold(scene.databaseUrl, "lock table user_heads, messages in exclusive mode")
  const answers = Promise.all([both.block(), both.forward()])
  await Promise.all([held.waiting("%put_limited_state%"), held.waiting("%insert into messages%")])
  // PostgreSQL completes the statements of a process that stands still.
  process.kill(server.pid!, "SIGSTOP")
  await held[Symbol.asyncDispose]()
  await both.stored()
  await server.kill9()
  assert.deepStrictEqual(await answers, ["cut", "cut"])
  await server.restart()
  assert.deepStrictEqual(await both.found(), everything)
  await repeated(both, 200)
})

it("killed while the private chat reads the block, which is not answered: it holds", async () => {
  const { server } = scene
  const both = await people()
  await using held = await HeldRows.hold(scene.databaseUrl, "lock table chats in access exclusive mode")
  const answer = both.block()
  await held.waiting("%pair_low%")
  await server.kill9()
  await held.cut()
  assert.strictEqual(await answer, "cut")
  await server.restart()
  assert.deepInclude(await both.found(), { ...everything, forwards: [] })
  await repeated(both, 201)
})

it("killed after they are answered: both stay", async () => {
  const both = await people()
  assert.deepStrictEqual([await both.block(), await both.forward()], [200, 201])
  await scene.server.kill9()
  await scene.server.restart()
  await repeated(both, 200)
})
