// After a large absence: more than 16 MiB of one chat, which is more than the database's client takes as one value. Over a real
// server, on both kinds of database.
import { assert, it } from "@effect/vitest"
import { Person } from "../support/person.ts"
import { sharedServer, sharedServerOnPostgres } from "../support/sharedServer.ts"

const missed = 1_040
const longest = (n: number) => `${n} `.padEnd(4_096, "y").replaceAll("y", String.fromCodePoint(0x1f600 + (n % 80)))

it.each([
  ["embedded", sharedServer],
  ["PostgreSQL", sharedServerOnPostgres],
] as const)(
  "17 MB of missed messages arrive, each once and in order, before what is said in the meantime (%s)",
  async (_, start) => {
    const { url } = await start()
    const [speaker, reader] = (await Promise.all([Person.signUp(url), Person.signUp(url)])) as [Person, Person]
    const [large, small] = [await speaker.group("Large", reader), await speaker.group("Small", reader)]
    const speaking = await speaker.connect()
    const say = async (chat_id: number, text: string) => {
      const ack = await speaking.ask({ type: "message", chat_id, text })
      assert.strictEqual(ack.type, "ack")
    }
    for (let n = 0; n < missed; n += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, i) => say(large, longest(n + i))))
      speaking.heard.length = 0
    }
    await say(small, "short")

    const reading = await reader.connect("/ws", { resume: "true" })
    reading.send({ type: "sync", ref: "all", cursors: { [large]: 1, [small]: 1 } })
    await reading.hears({ type: "message", chat_id: large, seq: 1 }, 20_000)
    await say(large, "in the meantime")
    const synced = await reading.hears({ type: "synced", ref: "all" }, 60_000)
    assert.isUndefined(synced.failed)
    assert.strictEqual(synced.cursors[small], 2)
    await reading.hears({ type: "message", chat_id: large, text: "in the meantime" }, 20_000)
    const heard = reading.heard.filter((frame) => frame.type === "message" && frame.chat_id === large)
    assert.deepStrictEqual(
      heard.map(({ seq, version }) => [seq, version]),
      Array.from({ length: missed + 1 }, (_, i) => [i + 1, i + 2]),
    )
    assert.isTrue(heard.slice(0, missed).every(({ text }, i) => text === longest(i)))
    assert.isTrue(heard.findIndex(({ text }) => text === "in the meantime") === missed)
  },
  180_000,
)
