// Three real servers with a follower: whichever of them is killed while it keeps a change, another one reads on, and each
// change is kept once.
import { afterEach, assert, beforeEach, describe, inject, it, vi } from "vitest"
import { until, whileAsking } from "../resilience/Caller.ts"
import { HeldRows } from "../support/HeldRows.ts"
import { Person } from "../support/person.ts"
import { hasRedis } from "../support/redis.ts"
import { Nodes } from "./Nodes.ts"

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let nodes: Nodes

describe.skipIf(!hasRedis)("three nodes with a follower that counts", () => {
  beforeEach(async () => {
    nodes = await Nodes.start(3, inject("postgresUrl"), { MESSAGE_COUNT: "on" })
  })
  afterEach(() => nodes?.[Symbol.asyncDispose]())

  it("count each message once, though the node that counts is killed twice", async () => {
    const people = await Promise.all(nodes.all.map(({ url }) => Person.signUp(url)))
    const groups = await Promise.all(people.map((person) => person.group("A group")))
    let said = 0
    const say = async () => {
      const { url } = nodes.running[0]!
      for (const [i, person] of people.entries()) {
        const at = person.at(url)
        const body = { text: "Now", dedup_key: `said ${said}` }
        // The chat may have to move from the node that is gone.
        await until(async () => (await at.http("POST", `/chats/${groups[i]}/messages`, body)).status <= 201, 60_000)
        said++
      }
    }
    const read = () => nodes.query(`update jobs set due_at = now() where kind = 'followers' and claim is null`)
    const counted = async () => {
      const [row] = await nodes.query<{ sum: number | null }>(
        `select sum((state ->> 'messages')::int)::int as sum from follower_cursors`,
      )
      return row?.sum ?? 0
    }
    const isCounted = () =>
      until(async () => {
        await read()
        return (await counted()) === said
      }, 60_000)
    await say()
    await isCounted()
    for (let kills = 0; kills < 2; kills++) {
      // Before anything is said: a round that the last reading began could count it.
      await using held = await HeldRows.hold(nodes.databaseUrl, "lock table follower_cursors in exclusive mode")
      await say()
      await nodes.named(await whileAsking(read, held.waiting("%insert into follower_cursors%"))).kill9()
      await held.cut()
      await isCounted()
    }
    await say()
    await isCounted()
    const [row] = await nodes.query<{ count: number }>(`select count(*)::int as count from messages`)
    assert.deepStrictEqual([row?.count, await counted()], [said, said])
  })
})
