// A follower whose server is killed between reading a change and keeping it: nothing is counted twice, nothing is left out.
import pg from "pg"
import { assert, describe, it, vi } from "vitest"
import { HeldRows } from "../support/HeldRows.ts"
import { Person } from "../support/person.ts"
import { until, whileAsking } from "./Caller.ts"
import { serve } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe("a follower that counts", () => {
  it("resumes where it was when its server is killed before and after it has kept a count", async () => {
    await using scene = await serve({ MESSAGE_COUNT: "on" })
    const { databaseUrl, server } = scene
    const client = new pg.Client({ connectionString: databaseUrl })
    // The server is killed, not this connection.
    client.on("error", () => undefined)
    await client.connect()
    try {
      const ada = await Person.signUp(server.url)
      const chat_id = await ada.group("A group")
      const say = async (count: number) => {
        for (let i = 0; i < count; i++) await ada.ok("POST", `/chats/${chat_id}/messages`, { text: `${i}` })
      }
      const counted = async () => {
        const { rows } = await client.query(`select sum((state ->> 'messages')::int)::int as sum from follower_cursors`)
        return rows[0].sum
      }
      const read = () => client.query(`update jobs set due_at = now() where kind = 'followers' and claim is null`)
      const countsTo = async (count: number) => {
        await until(async () => {
          await read()
          return (await counted()) === count
        }, 30_000)
      }
      await say(5)
      await countsTo(5)
      {
        // Before anything is said: a round that the last reading began could count it.
        await using held = await HeldRows.hold(databaseUrl, "lock table follower_cursors in exclusive mode")
        await say(4)
        await whileAsking(read, held.waiting("%insert into follower_cursors%"))
        await server.kill9()
        await held.cut()
      }
      assert.strictEqual(await counted(), 5)
      await server.restart()
      await countsTo(9)
      await say(3)
      await countsTo(12)
      await server.kill9()
      await server.restart()
      await say(1)
      await countsTo(13)
    } finally {
      await client.end()
    }
  })
})
