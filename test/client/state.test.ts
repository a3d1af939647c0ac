// The user's own state in the client, on a fake server: two devices of one user, without a connection and after a restart.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import { memoryOutbox } from "../../src/client/storage/OutboxStorage.ts"
import { memoryTokens } from "../../src/client/storage/TokenStorage.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { clientOf, connected } from "./fake/harness.ts"

let time: FakeTime
let server: FakeServer
let ann: User
let bob: User

beforeEach(() => {
  time = new FakeTime()
  server = new FakeServer(time)
  server.features = ["check", "state"]
  ann = server.person("ann")
  bob = server.person("bob")
})

const draft = (client: ChatClient, id: ChatId) => client.getState().chatById.get(id)?.draft
const order = (client: ChatClient) => client.getState().chats.map(({ id }) => id)
const puts = () => server.requests.filter((request) => request.startsWith("PUT /me/state/draft:")).length

describe("The own state in the client", () => {
  it("is loaded with one request, follows the other device, and is synced after a missed change", async () => {
    const chats = [1, 2, 3].map((n) => server.chat(`group ${n}`, ann, bob))
    const [first, second, third] = chats.map(({ id }) => id) as [ChatId, ChatId, ChatId]
    const state = server.stateOf(ann.id)
    state.put("app:large", "of another program")
    state.put(`chat:${first}`, { pinned_at: "2026-01-01T00:00:00.000Z" })
    state.put("settings", { language: "ru" })
    const client = await connected(server, ann)
    await time.pass(1_000)
    assert.strictEqual(server.requests.filter((request) => request === "GET /me/state").length, 1)
    assert.strictEqual(order(client)[0], first)
    assert.deepStrictEqual(client.getState().settings, { language: "ru" })
    const before = client.getState()

    state.put(`chat:${second}`, { pinned_at: "2026-01-02T00:00:00.000Z", archived: true })
    await time.pass(100)
    assert.deepStrictEqual(order(client).slice(0, 2), [second, first])
    assert.strictEqual(client.getState().chatById.get(third), before.chatById.get(third))
    assert.strictEqual(client.getState().scheduled, before.scheduled)
    // A message moves no pinned chat.
    server.say(chats[0]!, bob, "hello")
    await time.pass(100)
    assert.deepStrictEqual(order(client).slice(0, 2), [second, first])

    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    state.put(`chat:${second}`, null)
    state.put(`block:${bob.id}`, {})
    server.network.down = false
    await time.until(client.whenOnline())
    await time.pass(1_000)
    assert.strictEqual(client.getState().chatById.get(second)?.settings, undefined)
    assert.deepStrictEqual([...client.getState().blocks], [bob.id])
    server.cutAll()
    await time.pass(10_000)
    const loads = () => server.requests.filter((request) => request === "GET /me/state").length
    assert.strictEqual(loads(), 1)
    // More than a sync brings.
    server.replayLimit = 1
    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    state.put(`block:${bob.id}`, null)
    state.put("settings", { language: "de" })
    server.network.down = false
    await time.until(client.whenOnline())
    await time.pass(1_000)
    assert.deepStrictEqual([client.getState().blocks.size, client.getState().settings], [0, { language: "de" }])
    assert.strictEqual(loads(), 2)
  })

  it("changes fields of a value one after the other, and says so when the server refuses", async () => {
    const { id } = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.network.latency = 300
    const changes = [
      client.changeChatSettings(id, { level: "none" }),
      client.changeChatSettings(id, { archived: true }),
    ]
    await time.until(Promise.all(changes))
    assert.deepStrictEqual(server.stateOf(ann.id).value(`chat:${id}`), { level: "none", archived: true })
    await time.until(client.changeChatSettings(id, { level: null }))
    assert.deepStrictEqual(server.stateOf(ann.id).value(`chat:${id}`), { archived: true })
    assert.deepStrictEqual(client.getState().chatById.get(id)?.settings, { archived: true })
    server.refusesState = true
    const refusal = await time.until(client.changeChatSettings(id, { archived: null }).catch(({ tag }) => tag))
    assert.strictEqual(refusal, "TooManyRequests")
    server.refusesState = false
    await time.until(client.changeChatSettings(id, { archived: null }))
    assert.isNull(server.stateOf(ann.id).value(`chat:${id}`))
  })
})

describe("A change of a setting", () => {
  it("is shown at once, and goes again when the server refuses it", async () => {
    const { id } = server.chat("group", ann, bob)
    const other = server.chat("other", ann, bob)
    const client = await connected(server, ann)
    await time.pass(1_000)
    const settings = () => client.getState().chatById.get(id)?.settings
    await time.until(client.changeChatSettings(id, { level: "none" }))
    server.network.latency = 300
    const pinned_at = "2026-01-01T00:00:00.000Z"
    const changes = [
      client.changeChatSettings(id, { pinned_at }),
      client.changeChatSettings(id, { archived: true }),
      client.changeChatSettings(id, { pinned_at: null }),
    ]
    await time.pass(100)
    assert.deepStrictEqual(server.stateOf(ann.id).value(`chat:${id}`), { level: "none" })
    assert.deepStrictEqual(settings(), { level: "none", archived: true })
    assert.strictEqual(settings(), settings())
    await time.until(Promise.all(changes))
    assert.deepStrictEqual(settings(), { level: "none", archived: true })

    server.refusesState = true
    const refused = client.changeChatSettings(other.id, { pinned_at }).catch(({ tag }) => tag)
    const language = client.changeSettings({ language: "ru" }).catch(({ tag }) => tag)
    await time.pass(100)
    assert.strictEqual(order(client)[0], other.id)
    assert.deepStrictEqual(client.getState().settings, { language: "ru" })
    assert.deepStrictEqual(await time.until(Promise.all([refused, language])), ["TooManyRequests", "TooManyRequests"])
    assert.isUndefined(client.getState().chatById.get(other.id)?.settings)
    assert.deepStrictEqual(client.getState().settings, {})
  })

  it("begins with what the server has now, not with what the chat had when it was loaded", async () => {
    const { id } = server.chat("group", ann, bob)
    server.stateOf(ann.id).put(`chat:${id}`, { archived: true })
    const client = await connected(server, ann)
    await time.pass(1_000)
    await time.until(client.changeChatSettings(id, { archived: null }))
    await time.until(client.changeChatSettings(id, { level: "none" }))
    assert.deepStrictEqual(server.stateOf(ann.id).value(`chat:${id}`), { level: "none" })
  })
})

describe("Blocking a user", () => {
  it("is shown at once, as unblocking is, and goes again when the server refuses it", async () => {
    const client = await connected(server, ann)
    await time.pass(1_000)
    const blocks = () => [...client.getState().blocks]
    server.network.latency = 5_000
    const blocking = client.block(bob.id)
    await time.pass(1)
    assert.deepStrictEqual([blocks(), server.stateOf(ann.id).value(`block:${bob.id}`)], [[bob.id], null])
    assert.strictEqual(client.getState().blocks, client.getState().blocks)
    // After a quick change of mind the last one holds.
    const unblocking = client.unblock(bob.id)
    await time.pass(1)
    assert.deepStrictEqual(blocks(), [])
    await time.until(blocking)
    assert.deepStrictEqual(blocks(), [])
    await time.until(unblocking)
    assert.deepStrictEqual([blocks(), server.stateOf(ann.id).value(`block:${bob.id}`)], [[], null])

    server.refusesState = true
    const refused = client.block(bob.id).catch(({ tag }) => tag)
    await time.pass(1)
    assert.deepStrictEqual(blocks(), [bob.id])
    assert.strictEqual(await time.until(refused), "TooManyRequests")
    assert.deepStrictEqual(blocks(), [])
    server.refusesState = false
    await time.until(client.block(bob.id))
    server.refusesState = true
    const stays = client.unblock(bob.id).catch(({ tag }) => tag)
    await time.pass(1)
    assert.deepStrictEqual(blocks(), [])
    assert.strictEqual(await time.until(stays), "TooManyRequests")
    assert.deepStrictEqual(blocks(), [bob.id])
  })
})

describe("A shared draft", () => {
  it("follows to the other device when it rests, and the one that is being written stays", async () => {
    const { id } = server.chat("group", ann, bob)
    const [here, there] = [await connected(server, ann), await connected(server, ann)]
    for (const text of ["H", "Ha", "Half"]) here.setDraft(id, text)
    await time.pass(200)
    assert.strictEqual(draft(there, id), "")
    await time.pass(2_000)
    assert.deepStrictEqual([draft(there, id), puts()], ["Half", 1])

    // Both write: each keeps its own, and the one that rests last is on both in the end.
    there.setDraft(id, "There")
    await time.pass(1_000)
    here.setDraft(id, "Here")
    await time.pass(700)
    assert.deepStrictEqual([draft(here, id), draft(there, id)], ["Here", "There"])
    await time.pass(3_000)
    assert.deepStrictEqual([draft(here, id), draft(there, id)], ["Here", "Here"])

    // What other clients keep with it stays.
    server.stateOf(ann.id).put(`draft:${id}`, { text: "Here", reply_to: 5 })
    await time.pass(100)
    there.setDraft(id, "Here too")
    await time.pass(2_000)
    assert.deepStrictEqual(server.stateOf(ann.id).value(`draft:${id}`), { text: "Here too", reply_to: 5 })
    here.setDraft(id, "")
    await time.pass(100)
    assert.deepStrictEqual([draft(there, id), server.stateOf(ann.id).value(`draft:${id}`)], ["", null])
  })

  it("that is sent or emptied while its text is on the way is gone everywhere", async () => {
    const { id } = server.chat("group", ann, bob)
    const [here, there] = [await connected(server, ann), await connected(server, ann)]
    here.setDraft(id, "Never rests")
    here.setDraft(id, "")
    await time.pass(3_000)
    assert.strictEqual(puts(), 0)
    server.network.latency = 500
    here.setDraft(id, "Half")
    await time.pass(1_550)
    here.setDraft(id, "")
    await time.pass(5_000)
    assert.deepStrictEqual([draft(here, id), draft(there, id)], ["", ""])
    assert.isNull(server.stateOf(ann.id).value(`draft:${id}`))
  })

  it("waits for the server, also over a restart, and does not replace what was written there since it was shared", async () => {
    const [one, two] = [server.chat("one", ann, bob).id, server.chat("two", ann, bob).id]
    const [outbox, tokens] = [memoryOutbox(), memoryTokens()]
    const first = await connected(server, ann, { outbox, tokens })
    first.setDraft(one, "Shared")
    await time.pass(3_000)
    server.network.down = true
    server.cutAll()
    await time.pass(1_000)
    first.setDraft(two, "Offline")
    await time.pass(5_000)
    first.close()
    server.network.down = false
    server.stateOf(ann.id).put(`draft:${one}`, { text: "Written elsewhere" })
    server.stateOf(ann.id).put(`draft:${two}`, { text: "Older" })
    const second = clientOf(server, { outbox, tokens })
    await time.until(second.start())
    await time.until(second.whenOnline())
    await time.pass(5_000)
    assert.deepStrictEqual([draft(second, one), draft(second, two)], ["Written elsewhere", "Offline"])
    assert.deepStrictEqual(server.stateOf(ann.id).value(`draft:${two}`), { text: "Offline" })

    // Sent on another device while this one was away.
    second.close()
    server.stateOf(ann.id).put(`draft:${one}`, null)
    const third = clientOf(server, { outbox, tokens })
    await time.until(third.start())
    await time.until(third.whenOnline())
    await time.pass(1_000)
    assert.strictEqual(draft(third, one), "")
    assert.deepStrictEqual(
      (await outbox.load(ann.id)).drafts.map(({ shared, text }) => [text, shared]),
      [["Offline", true]],
    )
  })

  it("is tried again when the server has too much to do", async () => {
    const { id } = server.chat("group", ann, bob)
    const client = await connected(server, ann)
    server.refusesState = true
    client.setDraft(id, "Later")
    await time.pass(4_000)
    server.refusesState = false
    await time.pass(10_000)
    assert.deepStrictEqual(server.stateOf(ann.id).value(`draft:${id}`), { text: "Later" })
  })
})
