// The features of Messenger and its pages: a home page, registration, log-in by cookie, the messenger itself; messages
// that wait for offline users; everything is kept over a restart of the server.
import { afterAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { Person } from "../support/person.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"

/** Its own, since it is killed. */
const server = await serverOnPostgres()
afterAll(() => server[Symbol.asyncDispose]())

const two = async () => ({
  alice: await Person.signUp(server.url, "alice"),
  bob: await Person.signUp(server.url, "bob"),
})

/** Logs in as a browser does; the cookies as it would send them. */
const cookiesOf = async (person: Person): Promise<string> => {
  const { headers } = await person.http("POST", "/login", { login: person.username, password: person.password })
  const cookies = headers.getSetCookie()
  expect(cookies.length).toBeGreaterThan(0)
  for (const cookie of cookies) expect(cookie).toMatch(/; ?HttpOnly.*SameSite=Lax|SameSite=Lax.*; ?HttpOnly/i)
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ")
}

describe("Messenger's flows", () => {
  it("show the pages: home, registration, log-in, messenger", async () => {
    for (const path of ["/", "/register", "/login", "/messenger"]) {
      const page = await fetch(server.url + path)
      expect(page.status, path).toBe(200)
      expect(page.headers.get("content-type")).toMatch(/^text\/html/)
      expect(await page.text()).toContain("Confab")
    }
  })

  it("sign in by cookie alone, and refuse a foreign page that rides on it", async () => {
    const { alice } = await two()
    const cookie = await cookiesOf(alice)
    alice.access_token = ""
    expect((await alice.http("GET", "/me", undefined, { cookie })).body.id).toBe(alice.id)
    const rename = (origin: Record<string, string>) =>
      alice.http("PATCH", "/me", { display_name: "Алиса" }, { cookie, ...origin })
    expect((await rename({ origin: server.url })).status).toBe(200)
    expect((await rename({ origin: "https://elsewhere.example" })).status).toBe(403)
    expect((await rename({})).status).toBe(403)
  })

  it("open the socket by cookie from the own page only", async () => {
    const { alice } = await two()
    const cookie = await cookiesOf(alice)
    const opens = (origin: string) =>
      new Promise<boolean>((resolve) => {
        const socket = new WebSocket(`${server.wsUrl}/ws`, { headers: { cookie, origin } })
        socket.once("open", () => resolve(true))
        socket.once("error", () => resolve(false))
        socket.once("open", () => socket.terminate())
      })
    expect(await opens(server.url)).toBe(true)
    expect(await opens("https://elsewhere.example")).toBe(false)
  })

  it("keep messages for an offline user, and count them", async () => {
    const { alice, bob } = await two()
    const chat_id = await alice.privateChat(bob)
    for (const text of ["Ты где?", "Позвони"]) await alice.ok("POST", `/chats/${chat_id}/messages`, { text })
    const his = await bob.connect()
    const [hello] = his.heard
    expect(hello?.chats).toMatchObject([{ chat_id, last_seq: 2, last_read_seq: 0, unread_count: 2 }])
    const synced = await his.ask({ type: "sync", cursors: { [chat_id]: 0 } })
    expect(synced.type).toBe("synced")
    expect(his.heard.filter((frame) => frame.type === "message").map((frame) => frame.text)).toEqual([
      "Ты где?",
      "Позвони",
    ])
  })

  it("put the chat with the newest message on top, with its last message", async () => {
    const { alice, bob } = await two()
    const [first, second] = [await alice.group("Первый", bob), await alice.group("Второй", bob)]
    await bob.ok("POST", `/chats/${second}/messages`, { text: "сначала сюда" })
    await bob.ok("POST", `/chats/${first}/messages`, { text: "потом сюда" })
    const { items } = await alice.ok("GET", "/chats")
    expect(items.map((chat: { id: number }) => chat.id)).toEqual([first, second])
    expect(items[0]).toMatchObject({ unread_count: 1, last_message: { text: "потом сюда" } })
  })

  it("find everything again after the server was killed and started again", async () => {
    const { alice, bob } = await two()
    const chat_id = await alice.privateChat(bob)
    const hers = await alice.connect()
    const ack = await hers.ask({ type: "message", chat_id, text: "Сохранись", dedup_key: "once" })
    await server.restart()
    expect((await hers.closed).code).toBe(1006)
    const [message] = await bob.ok("GET", `/history/${chat_id}`)
    expect(message).toMatchObject({ id: ack.message_id, seq: 1, text: "Сохранись" })
    const again = await alice.http("POST", `/chats/${chat_id}/messages`, { text: "Сохранись", dedup_key: "once" })
    expect(again).toMatchObject({ status: 200, body: { id: ack.message_id } })
  })
})
