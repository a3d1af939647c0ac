// The server is killed during an account deletion: no part of it is lost.
import { randomUUID } from "node:crypto"
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { Postgres } from "../faults/Postgres.ts"
import { Person } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { until } from "./Caller.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const groups = 300

let postgres: Postgres
let server: Server
beforeAll(async () => {
  postgres = await Postgres.start()
  server = await Server.start({ databaseUrl: postgres.url })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

/** Chats that are not processed yet. */
const waiting = async (id: number): Promise<number> => {
  const rows = await postgres.query<{ count: string }>(
    `select count(*) from chat_members m join chats c on c.id = m.chat_id
     where m.user_id = ${id} and not m.removed and (c.type = 'group' or m.version = m.joined_version)`,
  )
  return Number(rows[0]?.count)
}

it("continues after kill -9 in the middle, and other users miss nothing", async () => {
  const [gone, peer] = [await Person.signUp(server.url, "gone"), await Person.signUp(server.url, "peer")]
  const ids: Array<number> = []
  for (let i = 0; i < groups; i += 20) {
    ids.push(...(await Promise.all(Array.from({ length: 20 }, (_, n) => gone.group(`Group ${i + n}`, peer)))))
  }
  const pair = await gone.privateChat(peer)
  await gone.ok("POST", `/chats/${pair}/messages`, { text: "What I leave", dedup_key: randomUUID() })
  const [theirs, device] = [await gone.connect(), await peer.connect()]

  const answered = gone.http("DELETE", "/me", { password: gone.password }).then(
    ({ status }) => status,
    () => "cut",
  )
  await device.hears({ type: "member_removed" })
  await server.kill9()
  await Promise.all([answered, theirs.closed, device.closed])
  const left = await waiting(gone.id)
  assert.isAbove(left, 0, "it was killed in the middle")
  assert.isBelow(left, groups + 1, "it had begun")

  await server.restart()
  assert.strictEqual((await gone.http("GET", "/me")).status, 401)
  assert.strictEqual((await gone.http("POST", "/refresh", { refresh_token: gone.refresh_token })).status, 401)
  await until(async () => (await waiting(gone.id)) === 0, 20_000)

  // A device that was offline receives what it missed by `sync`, once for each chat.
  const versions = new Map<number, number>()
  for (const { chat_id, version } of device.heard.filter(({ version }) => version !== undefined)) {
    versions.set(chat_id, version)
  }
  const again = await peer.connect("/ws", { resume: "true" })
  again.send({
    type: "sync",
    ref: "all",
    cursors: Object.fromEntries([...ids, pair].map((id) => [id, versions.get(id) ?? 1])),
  })
  await again.hears({ type: "synced", ref: "all" }, 20_000)
  const heard = [...device.heard, ...again.heard]
  for (const id of ids) {
    const removed = heard.filter((frame) => frame.chat_id === id && frame.type === "member_removed")
    assert.deepStrictEqual(
      removed.map(({ user_id }) => user_id),
      [gone.id],
      `group ${id}`,
    )
    const chat = await peer.ok("GET", `/chats/${id}`)
    assert.deepStrictEqual([chat.role, chat.member_count], ["owner", 1])
  }
  const renamed = heard.filter((frame) => frame.chat_id === pair && frame.type === "member_updated")
  assert.deepStrictEqual(
    renamed.map(({ member }) => member.user.display_name),
    ["Deleted account"],
  )
  const { items } = await peer.ok("GET", `/chats/${pair}/messages`)
  assert.strictEqual(items[0].text, "What I leave")
  const entries = await postgres.query<{ event: string }>(`select event from audit_log where user_id = ${gone.id}`)
  assert.includeMembers(
    entries.map(({ event }) => event),
    ["signed_up", "logged_in"],
  )
})
