// A client whose tokens come from a host: `getToken`.
import { assert, beforeEach, describe, it } from "@effect/vitest"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import { ChatClientError } from "../../src/client/ChatClientError.ts"
import { hostToken } from "../../src/client/hostToken.ts"
import { makeChatClient } from "../../src/client/makeChatClient.ts"
import type { User } from "../../src/domain/User.ts"
import { FakeServer } from "./fake/FakeServer.ts"
import { FakeTime } from "./fake/FakeTime.ts"
import { allParts, clientOf } from "./fake/harness.ts"

let time: FakeTime
let server: FakeServer
let ann: User
let asked: number
let gives: () => Promise<string | null>

/** Any token that says when it ends; the signature is the server's business. */
const jwt = (claims: object) =>
  `e30.${Buffer.from(JSON.stringify({ name: "Änne 🙂", ...claims })).toString("base64url")}.${crypto.randomUUID()}`

/** A token of the host that the server trusts, for so many seconds. */
const tokenFor = (seconds: number): string => {
  const now = Math.floor(time.now() / 1000)
  const token = jwt({ sub: "ann", iat: now, exp: now + seconds })
  server.trust(token, ann.id, seconds)
  return token
}

const tagOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: unknown) => (error instanceof ChatClientError ? error.tag : String(error)),
  )

const client = (): ChatClient =>
  clientOf(server, {
    getToken: () => {
      asked++
      return gives()
    },
  })

beforeEach(() => {
  time = new FakeTime()
  server = new FakeServer(time)
  ann = server.person("ann")
  asked = 0
  gives = async () => tokenFor(600)
})

describe("A client with getToken", () => {
  it("signs in without a password, asks before each connection, and renews in time on the open socket", async () => {
    const chats = client()
    await time.until(chats.start())
    await time.until(chats.whenOnline())
    assert.strictEqual(chats.getState().me?.id, ann.id)
    assert.strictEqual(asked, 2)
    const sockets = [...server.sockets]
    // A minute and a half before the end of ten minutes.
    await time.pass(500_000)
    assert.strictEqual(asked, 2)
    await time.pass(15_000)
    assert.strictEqual(asked, 3)
    await time.pass(300_000)
    assert.deepStrictEqual([...server.sockets], sockets)
    assert.strictEqual(chats.getState().connection.status, "online")
    server.cutAll()
    await time.until(chats.whenOnline())
    await time.pass(5_000)
    assert.strictEqual(asked, 4)
    chats.close()
    await time.pass(3_600_000)
    assert.strictEqual(asked, 4)
  })

  it("is signed out when the host has no user any more, and signed in never when it had none", async () => {
    const chats = client()
    await time.until(chats.start())
    await time.until(chats.whenOnline())
    gives = async () => null
    server.cutAll()
    await time.pass(60_000)
    assert.deepStrictEqual(chats.getState().connection, { status: "signed_out", reason: "session_ended" })
    assert.isNull(chats.getState().me)
    assert.isNull(await time.until(client().start()))
  })

  it("asks again later when the host cannot answer, at the start and afterwards", async () => {
    gives = () => Promise.reject(new Error("The host is away"))
    const chats = client()
    const started = chats.start()
    await time.pass(20_000)
    assert.strictEqual(chats.getState().connection.status, "offline")
    gives = async () => tokenFor(600)
    assert.strictEqual((await time.until(started))?.id, ann.id)
    await time.until(chats.whenOnline())
    gives = () => Promise.reject(new Error("The host is away"))
    await time.pass(515_000)
    gives = async () => tokenFor(600)
    await time.pass(300_000)
    assert.strictEqual(chats.getState().connection.status, "online")
    chats.close()
  })

  it("asks with pauses while the host gives the same token", async () => {
    const token = tokenFor(600)
    gives = async () => token
    const chats = client()
    await time.until(chats.start())
    await time.until(chats.whenOnline())
    await time.pass(598_000)
    // From 510 s on, every five seconds.
    assert.isBelow(asked, 25)
    assert.isAbove(asked, 10)
    chats.close()
  })

  it("refuses passwords, and says what is wrong with a token", async () => {
    const chats = client()
    assert.strictEqual(await tagOf(chats.logIn("ann", "correct horse")), "TokensOfHost")
    assert.strictEqual(await tagOf(chats.register({ username: "a", email: "a@b", password: "x" })), "TokensOfHost")
    gives = async () => "no token"
    assert.strictEqual(await tagOf(client().start()), "InvalidToken")
    gives = async () => jwt({ sub: "ann" })
    assert.strictEqual(await tagOf(client().start()), "InvalidToken")
    gives = async () => jwt({ sub: "ann", exp: time.now() / 1000 + 600 })
    assert.strictEqual(await tagOf(time.until(client().start())), "Unauthorized")
    assert.deepStrictEqual(hostToken(jwt({ iat: 10, exp: 70 })), { expiresAt: 70_000, lifetime: 60_000 })
  })
})

describe("A client with cookies", () => {
  const at = (page: string, fetch: (url: string) => Response) =>
    clientOf(server, {
      url: "https://chat.example",
      auth: "cookie",
      runtime: { ...server.runtime(), page, fetch: async (url) => fetch(url) },
    })

  it("says that the browser did not keep them", async () => {
    const chats = at("https://chat.example", (url) =>
      url.endsWith("/login")
        ? Response.json({ user: server.accounts.get(ann.id)?.me, access_token: "x", expires_in: 900 })
        : Response.json({ _tag: "Unauthorized" }, { status: 401 }),
    )
    assert.strictEqual(await tagOf(time.until(chats.logIn("ann", "correct horse"))), "CookiesNotKept")
    assert.isNull(chats.getState().me)
  })

  it("is not made for a page of another origin, where tokens are the default", async () => {
    assert.throws(() => at("https://page.example", () => new Response()), /auth "token"/)
    const runtime = { ...server.runtime(), page: "https://page.example" }
    const chats = makeChatClient({ url: "https://chat.example", runtime }, allParts)
    await time.until(chats.logIn("ann", "correct horse"))
    assert.include(server.requests, "POST /token")
  })
})
