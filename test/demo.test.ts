// What `npm run demo` puts on a server, and that a second call changes nothing.
import { NodeServices } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { afterAll, assert, beforeAll, it } from "vitest"
import { groupName } from "../src/demo/conversation.ts"
import { fill } from "../src/demo/fill.ts"
import { Server } from "./support/server.ts"

let server: Server
beforeAll(async () => {
  server = await Server.start()
})
afterAll(() => server?.[Symbol.asyncDispose]())

const run = () =>
  Effect.runPromise(fill(server.url).pipe(Effect.provide(Layer.merge(FetchHttpClient.layer, NodeServices.layer))))

const as = async (username: string) => {
  const token = await fetch(`${server.url}/token`, {
    method: "POST",
    body: new URLSearchParams({ username, password: "password123" }),
  })
  const { access_token } = await token.json()
  return async (path: string) => {
    const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${access_token}` } })
    return answer.json()
  }
}

const look = async () => {
  const [alice, bob, charlie, david] = await Promise.all(["alice", "bob", "charlie", "david"].map(as))
  const { items: chats } = await alice!("/chats")
  const group = chats.find(({ name }: { readonly name: string }) => name === groupName)
  const pair = chats.find(({ type }: { readonly type: string }) => type === "private")
  const { items: messages } = await alice!(`/chats/${group.id}/messages`)
  return {
    messages: messages.length,
    reactions: messages[0].reactions,
    thread: (await alice!(`/messages/${messages[1].id}/thread`)).count,
    pins: (await bob!(`/chats/${group.id}/pins`)).items.map(
      ({ message }: { message: { text: string } }) => message.text,
    ),
    mentions: (await charlie!("/me/mentions")).items.length,
    draft: (await bob!(`/me/state?prefix=draft:${pair.id}`)).items,
    muted: (await david!(`/chats/${group.id}`)).settings,
    scheduled: (await alice!("/me/state?prefix=scheduled:")).items,
  }
}

it("has messages, reactions, a thread, mentions, a pin, a draft, a muted chat and a scheduled message, once", async () => {
  await run()
  const seen = await look()
  assert.deepStrictEqual([seen.messages, seen.thread, seen.mentions], [10, 2, 2])
  assert.deepStrictEqual(seen.reactions, [
    { emoji: "👋", count: 2 },
    { emoji: "🎉", count: 1 },
  ])
  assert.strictEqual(seen.pins.length, 1)
  assert.match(seen.pins[0], /Friday at 3 pm/)
  assert.deepStrictEqual(seen.muted, { level: "none" })
  assert.deepStrictEqual(
    seen.draft.map(({ value }: { readonly value: object }) => value),
    [{ text: "Кстати, про слайды: " }],
  )
  assert.strictEqual(seen.scheduled.length, 1)
  const ahead = Date.parse(seen.scheduled[0].value.at) - Date.now()
  assert.isAbove(ahead, 23 * 60 * 60_000)
  await run()
  assert.deepStrictEqual(await look(), seen)
})
