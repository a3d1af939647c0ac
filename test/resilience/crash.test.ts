// A real server is killed under load: after its restart every acknowledged message is there, once.
import { afterEach, assert, it, vi } from "vitest"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { serve } from "./scene.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let stop: (() => Promise<void>) | undefined
afterEach(() => stop?.())

const databases = {
  PostgreSQL: async () => {
    const scene = await serve()
    stop = async () => scene[Symbol.asyncDispose]()
    return scene.server
  },
  "the embedded database": async () => {
    const server = await Server.start()
    stop = async () => server[Symbol.asyncDispose]()
    return server
  },
}

for (const [name, start] of Object.entries(databases)) {
  it(`keeps what it acknowledged on ${name} through kill -9, and is ready again`, async () => {
    const server = await start()
    const people = await Promise.all([Person.signUp(server.url), Person.signUp(server.url)])
    const [owner, other] = people as [Person, Person]
    const chat_id = await owner.group("A group", other)
    const sent = new Map<string, { readonly text: string; readonly person: Person }>()
    const acknowledged = new Map<string, number>()

    for (let life = 0; life < 2; life++) {
      const devices = await Promise.all(people.map((person) => person.connect()))
      for (const [j, device] of devices.entries()) {
        for (let i = 0; i < 400; i++) {
          const dedup_key = `${life}.${j}.${i}`
          sent.set(dedup_key, { text: `text of ${dedup_key}`, person: people[j] as Person })
          device.send({ type: "message", chat_id, text: `text of ${dedup_key}`, dedup_key, ref: dedup_key })
        }
      }
      await devices[life]?.hears({ type: "ack" })
      await server.kill9()
      await Promise.all(devices.map((device) => device.closed))
      for (const { heard } of devices)
        for (const frame of heard) if (frame.type === "ack") acknowledged.set(frame.ref, frame.message_id)
      await server.restart()
      assert.strictEqual((await fetch(`${server.url}/ready`)).status, 200)
    }

    // All messages are sent again: a stored one is answered with the first message, acknowledged or not.
    const again = await Promise.all(people.map((person) => person.connect()))
    for (const [dedup_key, { text, person }] of sent) {
      again[people.indexOf(person)]?.send({ type: "message", chat_id, text, dedup_key, ref: dedup_key })
    }
    const idOf = new Map<string, number>()
    for (const [dedup_key, { person }] of sent) {
      const ack = await again[people.indexOf(person)]?.hears({ type: "ack", ref: dedup_key }, 20_000)
      idOf.set(dedup_key, ack?.message_id)
    }
    assert.isAbove(acknowledged.size, 0)
    assert.deepStrictEqual(
      [...acknowledged].filter(([key, id]) => idOf.get(key) !== id),
      [],
    )
    assert.strictEqual(new Set(idOf.values()).size, sent.size)
    const { last_seq } = await owner.ok("GET", `/chats/${chat_id}`)
    assert.strictEqual(last_seq, sent.size)
  })
}
