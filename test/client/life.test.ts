// Random lives on the real server, seen by the client over a connection that is cut and comes back: in the end its state is
// that of a client that has just signed in.
import { isDeepStrictEqual } from "node:util"
import { afterAll, assert, describe, it, vi } from "vitest"
import { WebSocket } from "ws"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import { createChatClient } from "../../src/client/Client.ts"
import type { Runtime, SocketLike } from "../../src/client/Runtime.ts"
import { Random } from "../faults/Random.ts"
import { until } from "../resilience/Caller.ts"
import { Person } from "../support/person.ts"
import { sharedServer } from "../support/sharedServer.ts"
import { essence, opened } from "./fake/harness.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const clients: Array<ChatClient> = []
afterAll(() => {
  for (const client of clients) client.close()
})

/** The network of one client. */
class Network {
  isDown = false
  readonly #sockets = new Set<WebSocket>()

  readonly runtime: Partial<Runtime> = {
    fetch: (url, init) => (this.isDown ? Promise.reject(new TypeError("fetch failed")) : fetch(url, init)),
    socket: (url) => {
      const socket = new WebSocket(url)
      this.#sockets.add(socket)
      if (this.isDown) socket.terminate()
      return socket as unknown as SocketLike
    },
  }

  cut(): void {
    for (const socket of this.#sockets) socket.terminate()
    this.#sockets.clear()
  }
}

const signedIn = async (url: string, { password, username }: Person, network = new Network()): Promise<ChatClient> => {
  const client = createChatClient({ url, runtime: network.runtime })
  clients.push(client)
  await client.logIn(username, password)
  await client.whenOnline()
  return client
}

const openAll = (client: ChatClient) => Promise.all(client.getState().chats.map(({ id }) => client.openChat(id)))

/** What does not depend on how the client came there. */
const shown = (client: ChatClient) => {
  const { blocks, chats, scheduled, settings, unreadTotal } = client.getState()
  return {
    chats: essence(client),
    // Delivered marks have no version: they are as of the last load.
    conversations: opened(client).map(({ members, ...chat }) => ({
      ...chat,
      members: members.map(({ last_delivered_seq: _, ...member }) => member),
    })),
    drafts: chats.map(({ draft, id }) => [id, draft]).sort(),
    blocks: [...blocks].sort(),
    scheduled,
    settings,
    unreadTotal,
  }
}

type Act = (random: Random, n: number) => Promise<unknown>

const life = async (seed: number, steps: number) => {
  const { url } = await sharedServer()
  const random = new Random(seed)
  const [ann, bob, eve] = await Promise.all([
    Person.signUp(url, "ann"),
    Person.signUp(url, "bob"),
    Person.signUp(url, "eve"),
  ])
  const [one, two] = [await bob.group("One", ann, eve), await ann.group("Two", bob)]
  const chat_ids = [one, two, await ann.privateChat(bob), await ann.privateChat(eve)]
  const file = await fetch(`${url}/files?name=notes.txt`, {
    method: "POST",
    headers: { authorization: `Bearer ${bob.access_token}` },
    body: "some notes",
  })
  const { id: file_id }: { readonly id: number } = await file.json()
  const network = new Network()
  const client = await signedIn(url, ann, network)
  await openAll(client)
  const sent: Array<{ readonly id: number; readonly by: Person; readonly chat_id: number }> = []

  const say = async (by: Person, chat_id: number, content: object) => {
    const { body, status } = await by.http("POST", `/chats/${chat_id}/messages`, content)
    if (status === 201) sent.push({ id: body.id, by, chat_id })
  }
  const text = (chance: Random, n: number) => `text ${n}${chance.chance(0.2) ? ` @${ann.username}` : ""}`
  /** A message and somebody in its chat. */
  const some = (chance: Random) => (sent.length === 0 ? undefined : chance.pick(sent.slice(-30)))
  const acts: ReadonlyArray<readonly [number, Act]> = [
    [30, (chance, n) => say(chance.pick([ann, bob, eve]), chance.pick(chat_ids), { text: text(chance, n) })],
    [4, (_, n) => say(bob, one, { text: `file ${n}`, attachments: [file_id] })],
    [
      6,
      async (chance, n) => {
        const of = some(chance)
        if (of !== undefined) await say(of.by, of.chat_id, { text: `reply ${n}`, reply_to: of.id })
      },
    ],
    [
      6,
      async (chance) => {
        const of = some(chance)
        if (of !== undefined) await say(of.by, chance.pick(chat_ids), { forward: of.id })
      },
    ],
    [
      8,
      async (chance, n) => {
        const of = some(chance)
        if (of !== undefined) await of.by.http("PATCH", `/messages/${of.id}`, { text: text(chance, n) })
      },
    ],
    [
      5,
      async (chance) => {
        const of = some(chance)
        if (of !== undefined) await of.by.http("DELETE", `/messages/${of.id}`)
      },
    ],
    [
      14,
      async (chance) => {
        const of = some(chance)
        const path = `/messages/${of?.id}/reactions/${encodeURIComponent(chance.pick(["👍", "❤️", "🎉"]))}`
        await chance.pick([ann, bob, eve]).http(chance.chance(0.7) ? "PUT" : "DELETE", path)
      },
    ],
    [
      5,
      (chance) =>
        chance.pick([ann, bob]).http(chance.chance(0.7) ? "PUT" : "DELETE", `/messages/${some(chance)?.id}/pin`),
    ],
    [8, (chance) => chance.pick([ann, bob, eve]).http("POST", `/messages/${some(chance)?.id}/read`)],
    // Ann's other device.
    [
      5,
      (chance) => ann.http(chance.chance(0.6) ? "PUT" : "DELETE", `/me/state/block:${chance.pick([bob, eve]).id}`, {}),
    ],
    [
      6,
      (chance, n) =>
        ann.http("PUT", `/me/state/chat:${chance.pick(chat_ids)}`, { archived: n % 2 === 0, unread: true }),
    ],
    [4, (chance, n) => ann.http("PUT", `/me/state/draft:${chance.pick(chat_ids)}`, { text: `draft ${n}` })],
    [3, (_, n) => ann.http("PUT", "/me/state/settings", { language: `l${n}`, read_receipts: n % 3 !== 0 })],
    [
      3,
      (chance, n) =>
        ann.http("POST", `/chats/${chance.pick(chat_ids)}/scheduled`, {
          at: "2030-01-01T00:00:00.000Z",
          text: `later ${n}`,
        }),
    ],
    [
      3,
      (_, n) =>
        bob.http("PATCH", `/chats/${one}`, { name: `One ${n}`, description: n % 2 === 0 ? null : `about ${n}` }),
    ],
    [
      4,
      (chance) =>
        chance.chance(0.5)
          ? bob.http("DELETE", `/chats/${one}/members/${eve.id}`)
          : bob.http("POST", `/chats/${one}/members`, { user_ids: [eve.id] }),
    ],
    [3, (chance) => bob.http("PATCH", `/chats/${one}/members/${ann.id}`, { role: chance.pick(["admin", "member"]) })],
    // The watched client itself.
    [8, async (chance, n) => client.send(chance.pick(client.getState().chats).id, `mine ${n}`)],
    [
      5,
      async (chance) => {
        const chat = chance.pick(client.getState().chats)
        client.markRead(chat.id, chat.last_seq)
      },
    ],
  ]
  const wheel = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act))
  let cuts = 0
  for (let n = 0; n < steps; n++) {
    if (random.chance(0.08)) {
      cuts++
      network.isDown = random.chance(0.5)
      network.cut()
    } else if (random.chance(0.3)) network.isDown = false
    // Some of them at once.
    await Promise.all(Array.from({ length: random.between(1, 3) }, () => random.pick(wheel)(random, n)))
  }
  network.isDown = false
  network.cut()
  assert.isAbove(cuts, 2)
  const fresh = await signedIn(url, ann)
  await openAll(fresh)
  return { client, fresh }
}

describe("The client's state", () => {
  for (const seed of [1, 2]) {
    it(`equals that of a fresh client, after a random life over a connection that is cut (seed ${seed})`, async () => {
      const { client, fresh } = await life(seed, 80)
      await until(() => isDeepStrictEqual(shown(client), shown(fresh)), 20_000).catch(() => {})
      assert.deepStrictEqual(shown(client), shown(fresh))
      assert.strictEqual(client.getState().mismatches, 0)
    })
  }
})
