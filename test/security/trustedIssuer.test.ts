// Confab inside an existing application: the application's tokens are valid at every edge, and end together everywhere.
import { Effect, Exit, Scope } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Issuer } from "../support/issuer.ts"
import { Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { call } from "./matrix/Stage.ts"

const scope = Scope.makeUnsafe()
let issuer: Issuer
let server: Server
beforeAll(async () => {
  issuer = await Effect.runPromise(Scope.provide(Issuer.open, scope))
  server = await serverOnPostgres({ ...issuer.env, SIGN_UP: "open", DIRECTORY: "all" })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const now = () => Math.floor(Date.now() / 1000)
const token = (...asked: Parameters<Issuer["token"]>) => Effect.runPromise(issuer.token(...asked))

/** A user of the application, with a token that this server has not seen. */
const somebody = async (subject: string, claims: object = {}): Promise<Person> => {
  const person = await Person.signUp(server.url, "unused")
  person.access_token = await token(subject, { preferred_username: subject, ...claims })
  person.id = (await person.ok("GET", "/me")).id
  return person
}

describe("a trusted issuer's token", () => {
  it("opens HTTP, sockets and remote procedures alike, and its users exchange messages with ours", async () => {
    const grace = await somebody("grace")
    const ours = await Person.signUp(server.url, "ours")
    const chat_id = await grace.privateChat(ours)
    const [here, there] = await Promise.all([grace.connect(), ours.connect()])
    assert.strictEqual(here.heard[0]?.user_id, grace.id)
    await here.ask({ type: "message", chat_id, text: "Hello from elsewhere" })
    assert.strictEqual((await there.hears({ type: "message" })).sender_id, grace.id)
    assert.strictEqual((await call(grace, "ListChats", {})).outcome, "ok")
    assert.strictEqual(await grace.refused("/ws/987654321"), 404)
    here.cut()
    there.cut()
  })

  it("can be the first thing that a socket or a call brings", async () => {
    const unused = await Person.signUp(server.url, "unused")
    unused.access_token = await token("by-socket")
    const device = await unused.connect()
    device.cut()
    unused.access_token = await token("by-call")
    assert.strictEqual((await call(unused, "Me", null)).outcome, "ok")
  })

  it("makes one account of twenty first requests at once, by all ways", async () => {
    const unused = await Person.signUp(server.url, "unused")
    const people = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const access_token = await token("racer", {
          preferred_username: "racer",
          email: "racer@example.org",
          jti: `${i}`,
        })
        const person: Person = Object.assign(Object.create(Person.prototype), unused, { access_token })
        const response = await fetch(`${server.url}/me`, {
          headers: { authorization: `Bearer ${person.access_token}` },
        })
        return (await response.json()).id
      }),
    )
    assert.strictEqual(new Set(people).size, 1)
  })

  it("ends its socket with itself (4002), unless a newer one of the same session came in time", async () => {
    const alan = await somebody("alan")
    const later = alan.access_token
    alan.access_token = await token("alan", { exp: now() + 2 })
    const [leaving, staying] = await Promise.all([alan.connect(), alan.connect()])
    const foreign = await staying.ask({ type: "auth", token: await token("grace") })
    assert.deepInclude(foreign, { type: "error", code: "forbidden" })
    const answer = await staying.ask({ type: "auth", token: later })
    assert.strictEqual(answer.type, "ack")
    assert.isAbove(Date.parse(answer.expires_at), Date.now() + 60_000)
    assert.strictEqual((await leaving.closed).code, 4002)
    await staying.settled()
    assert.strictEqual(await alan.refused("/ws"), 401)
    staying.cut()
  })

  it("shows its session among the devices, and dies with it on every door at once (4501)", async () => {
    const kurt = await somebody("kurt", { azp: "web" })
    const phone = await token("kurt", { azp: "phone" })
    const here = await kurt.connect()
    const { items } = await kurt.ok("GET", "/me/sessions")
    assert.deepStrictEqual(
      items.map(({ user_agent, current }: { user_agent: string; current: boolean }) => [user_agent, current]),
      [["web", true]],
    )
    const response = await fetch(`${server.url}/me/sessions/${items[0].id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${phone}` },
    })
    assert.strictEqual(response.status, 204)
    assert.strictEqual((await here.closed).code, 4501)
    assert.strictEqual((await kurt.http("GET", "/me")).status, 401)
    assert.strictEqual(await kurt.refused("/ws"), 401)
    kurt.access_token = phone
    assert.strictEqual((await kurt.http("POST", "/logout")).status, 204)
    assert.strictEqual((await kurt.http("GET", "/me")).status, 401)
    await server.restart()
    assert.strictEqual((await kurt.http("GET", "/me")).status, 401)
  })

  it("gets clear answers where a password or a refresh token is asked for", async () => {
    const mary = await somebody("mary")
    const changed = await mary.http("POST", "/me/password", { current_password: "", new_password: "long enough" })
    assert.deepStrictEqual([changed.status, changed.body._tag], [403, "NoPassword"])
    const login = await mary.form("/token", { username: "mary", password: "long enough" })
    assert.deepStrictEqual([login.status, login.body.error], [400, "invalid_grant"])
    const refreshed = await mary.http("POST", "/refresh", { refresh_token: mary.access_token })
    assert.deepStrictEqual([refreshed.status, refreshed.body._tag], [401, "InvalidRefreshToken"])
  })

  it("deletes its account while it is fresh, and no token from before brings it back", async () => {
    const rosa = await somebody("rosa")
    const { id } = await rosa.ok("GET", "/me")
    rosa.access_token = await token("rosa", { iat: now() - 301 })
    const stale = await rosa.http("DELETE", "/me", { password: "" })
    assert.deepStrictEqual([stale.status, stale.body._tag], [403, "NoPassword"])
    const unseen = await token("rosa", { jti: "unseen" })
    rosa.access_token = await token("rosa")
    assert.strictEqual((await rosa.http("DELETE", "/me", { password: "" })).status, 204)
    assert.strictEqual((await rosa.http("GET", "/me")).status, 401)
    rosa.access_token = unseen
    assert.strictEqual((await rosa.http("GET", "/me")).status, 401)
    rosa.access_token = await token("rosa", { iat: now() + 1 })
    const again = await rosa.ok("GET", "/me")
    assert.notStrictEqual(again.id, id)
  })
})
