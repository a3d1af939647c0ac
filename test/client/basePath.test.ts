// The typed client with a server below a path of its host (BASE_PATH): calls, sockets, files and their links.

import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ConfabRpc, createChatClient } from "../../src/client/Client.ts"
import type { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"

let server: Server
beforeAll(async () => {
  server = await serverOnPostgres({ BASE_PATH: "/chat" })
})
afterAll(() => server?.[Symbol.asyncDispose]())

describe("the typed client below a base path", () => {
  it("takes the whole address: calls, its socket, files, and remote procedures", async () => {
    const url = `${server.url}/chat/`
    const client = createChatClient({ url })
    const me = await client.register({ username: "typed", email: "typed@example.com", password: "correct horse" })
    await client.whenOnline()
    const saved = await client.openSaved()
    await client.send(saved.id, "From a program").delivered
    const file = await client.upload({ name: "note.txt", content: new Blob(["a note"]) })
    expect(file.name).toBe("note.txt")
    const login = { username: "typed", password: "correct horse" }
    const answer = await fetch(`${url}token`, { method: "POST", body: new URLSearchParams(login) })
    const { access_token } = await answer.json()
    const link = await fetch(`${url}files/${file.id}/link`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(await (await fetch((await link.json()).url)).text()).toBe("a note")
    const named = Effect.flatMap(ConfabRpc, (rpc) => rpc.Me())
    const token = Effect.succeed(String(access_token))
    const found = await Effect.runPromise(Effect.provide(named, ConfabRpc.layerPlatform({ url, token })))
    expect(found.id).toBe(me.id)
    client.close()
  }, 60_000)
})
