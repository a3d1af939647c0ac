// Three real servers with jobs: whichever of them is killed in the middle of one, another one does its work, once.
import { afterAll, assert, beforeAll, beforeEach, describe, inject, it, vi } from "vitest"
import { until } from "../resilience/Caller.ts"
import { HeldRows } from "../support/HeldRows.ts"
import { Person } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import type { Server } from "../support/server.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let nodes: Nodes
let first: Server
let second: Server

/** Kills the node that waits for these locks with such a statement. */
const killAt = async (held: HeldRows, statement: string): Promise<void> => {
  await nodes.named(await held.waiting(statement)).kill9()
  await held.cut()
}

describe.skipIf(!hasRedis)("three nodes", () => {
  beforeAll(async () => {
    nodes = await Nodes.start(3, inject("postgresUrl"))
  })
  afterAll(() => nodes?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await nodes.complete(3)
    ;[first, second] = nodes.running as [Server, Server]
  })

  for (const [step, locks, statement] of [
    [
      "after it claimed the job",
      "lock table user_state in access exclusive mode",
      "%from user_state s where s.user_id%",
    ],
    ["that has the chat, while it is sent", "lock table messages in exclusive mode", "%insert into messages%"],
    ["after it is sent, before its schedule is removed", "select from user_heads for update", "%end_scheduled%"],
  ] as const) {
    it(`a scheduled message is sent once if the node is killed ${step}`, async () => {
      const ada = await Person.signUp(first.url)
      const chat_id = await ada.group("A group")
      const body = { at: new Date(Date.now() + 3_000).toISOString(), text: "Later" }
      assert.strictEqual((await ada.http("POST", `/chats/${chat_id}/scheduled`, body)).status, 201)
      await using held = await HeldRows.hold(nodes.databaseUrl, locks)
      await killAt(held, statement)
      const other = ada.at(nodes.running[0]!.url)
      const left = async () => (await other.ok("GET", "/me/state?prefix=scheduled:")).items
      await until(async () => (await left()).length === 0, 60_000)
      const texts = await nodes.query<{ text: string }>(`select text from messages where chat_id = ${chat_id}`)
      assert.deepStrictEqual(texts, [{ text: "Later" }])
    })
  }

  it("a message that was scheduled on a node that is gone is sent by another one within 2 s", async () => {
    const ada = await Person.signUp(first.url)
    const chat_id = await ada.group("A group")
    // The chat must not be on the node that is gone: moving it takes longer.
    const before = await ada.at(second.url).ok("POST", `/chats/${chat_id}/messages`, { text: "Now" })
    assert.strictEqual(before.seq, 1)
    const at = Date.now() + 15_000
    const body = { at: new Date(at).toISOString(), text: "Later" }
    const { key } = (await ada.http("POST", `/chats/${chat_id}/scheduled`, body)).body
    await first.kill9()
    const other = ada.at(second.url)
    // The chat has moved, if it had to.
    await until(
      async () => (await other.http("POST", `/chats/${chat_id}/messages`, { text: "Moved" })).status === 201,
      14_000,
    )
    const message = async () => {
      const { items } = await other.ok("GET", `/chats/${chat_id}/messages`)
      return items.find(({ dedup_key }: { readonly dedup_key: string }) => dedup_key === key)
    }
    await until(async () => (await message()) !== undefined, 20_000)
    assert.isBelow(Date.parse((await message()).created_at) - at, 2_000)
  })

  it("sessions are cleaned up although the node that began is killed", async () => {
    const ada = await Person.signUp(first.url)
    await nodes.query(`update sessions set expires_at = now() - interval '3 days', last_used_at = now() - interval '4 days'
      where user_id = ${ada.id}`)
    await using held = await HeldRows.hold(nodes.databaseUrl, "lock table sessions in share mode")
    await nodes.query(`update jobs set due_at = now() where kind = 'ended_sessions'`)
    await killAt(held, "%delete from sessions%")
    await until(async () => (await nodes.query(`select from sessions where user_id = ${ada.id}`)).length === 0, 10_000)
    await until(async () => {
      const later = "due_at > now() + interval '50 minutes' and claim is null"
      return (await nodes.query(`select from jobs where kind = 'ended_sessions' and ${later}`)).length === 1
    })
  })
})
