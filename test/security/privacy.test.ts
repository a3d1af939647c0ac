// A whole run with all operations, failures and refusals, at the most verbose log level, with traces: then everything
// that the server has written and sent is searched for secrets.
import { afterAll, assert, beforeAll, it, vi } from "vitest"
import { WebSocket } from "ws"
import { Postgres } from "../faults/Postgres.ts"
import { Collector } from "../support/collector.ts"
import type { Reply } from "../support/person.ts"
import { Server } from "../support/server.ts"
import { Planted } from "./privacy/Planted.ts"

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const planted = new Planted()
const databasePassword = planted.make("databasePassword")
const password = planted.make("password")
const email = planted.add("email", `${planted.make("mail")}@planted.example`)
const username = planted.make("name")

let postgres: Postgres
let collector: Collector
let server: Server
let url: URL
/** Bodies and headers of all that was refused. */
let refusals = ""
let metrics = ""
const statuses = new Set<number>()

beforeAll(async () => {
  postgres = await Postgres.start()
  await postgres.query(`create role planted login superuser password '${databasePassword}'`)
  url = new URL(postgres.url)
  url.username = "planted"
  url.password = databasePassword
  collector = await Collector.start()
  server = await Server.start({
    databaseUrl: url.href,
    env: {
      LOG_LEVEL: "Trace",
      JWT_SECRET: planted.make("jwtSecretThatIsLongEnough"),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${planted.make("collectorToken")}`,
      RATE_LIMITS: "on",
      SIGNUPS_PER_MINUTE: "4",
      FAILED_LOGINS_PER_MINUTE: "2",
      MESSAGES_PER_SECOND: "5",
    },
  })
  await everything()
  metrics = String((await ask("GET", "/metrics")).body)
  await collector.until(() => (collector.spans.length > 20 ? true : undefined))
  await server.terminate()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await collector?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

/** A request with a token, or with any headers; refusals are kept. */
const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const isForm = body instanceof URLSearchParams
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(body === undefined || isForm ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  statuses.add(response.status)
  if (response.status >= 400) refusals += `${text} ${JSON.stringify([...response.headers])}\n`
  const isJson = /json/.test(response.headers.get("content-type") ?? "")
  const reply: Reply = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  for (const name of ["access_token", "refresh_token"])
    if (typeof reply.body?.[name] === "string") planted.add(name, reply.body[name])
  for (const cookie of response.headers.getSetCookie()) {
    const value = /=([^;]+)/.exec(cookie)?.[1] ?? ""
    if (value.length > 8) planted.add("cookie", value)
  }
  return reply
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const everything = async () => {
  const token = await logInEveryWay()
  const chat_id = await talk(token)
  await bySocket(token, chat_id)
  await byRpc(token, chat_id)
  await badRequests(token, chat_id)
  await brokenDatabase(token, chat_id)
  await flood(token, chat_id)
}

const logInEveryWay = async (): Promise<string> => {
  const display_name = planted.make("displayName")
  assert.strictEqual((await ask("POST", "/users", { username, email, password, display_name })).status, 201)
  await ask("POST", "/users", { username, email: `other${email}`, password })
  await ask("POST", "/users", { username: "other", email, password })
  const form = (fields: Record<string, string>) => ask("POST", "/token", new URLSearchParams(fields))
  await form({ username: email, password })
  await form({ username, password: planted.make("wrongPassword"), client_secret: planted.make("clientSecret") })
  await form({ grant_type: "refresh_token", refresh_token: planted.make("inventedRefreshToken") })
  const { body } = await form({ username, password })
  const refreshed = await form({ grant_type: "refresh_token", refresh_token: body.refresh_token })
  const again = await ask("POST", "/refresh", { refresh_token: refreshed.body.refresh_token })
  const login = await ask("POST", "/login", { login: email, password })
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ")
  await ask("GET", "/me", undefined, { cookie })
  await ask("POST", "/refresh", undefined, { cookie, origin: server.url })
  await ask("PATCH", "/me", { display_name: planted.make("displayName") }, { cookie, origin: "https://evil.example" })
  const wrong = { current_password: planted.make("wrongPassword"), new_password: planted.make("newPassword") }
  await ask("POST", "/me/password", wrong, bearer(again.body.access_token))
  return again.body.access_token
}

const talk = async (token: string): Promise<number> => {
  const auth = bearer(token)
  const group = await ask("POST", "/chats", { type: "group", name: planted.make("chatName"), member_ids: [] }, auth)
  const messages = `/chats/${group.body.id}/messages`
  const sent = await ask(
    "POST",
    messages,
    { text: planted.make("text"), dedup_key: planted.make("dedupKey") },
    { ...auth, "user-agent": planted.make("userAgent") },
  )
  assert.strictEqual(sent.status, 201)
  await ask("PATCH", `/messages/${sent.body.id}`, { text: planted.make("editedText") }, auth)
  await ask("GET", `${messages}?limit=5`, undefined, auth)
  await ask("GET", `/users?query=${planted.make("query")}`, undefined, auth)
  return group.body.id
}

/** Opens a socket, sends all frames, and waits for its end. */
const converse = (path: string, frames: ReadonlyArray<string>, done: (frame: string) => boolean): Promise<void> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${server.wsUrl}${path}`)
    socket.on("open", () => {
      for (const frame of frames) socket.send(frame)
    })
    socket.on("message", (data) => {
      const frame = data.toString()
      if (/"error"|"Failure"|"Die"/.test(frame)) refusals += `${frame}\n`
      if (done(frame)) socket.close()
    })
    socket.on("error", () => {})
    socket.on("unexpected-response", (_, response) => {
      statuses.add(response.statusCode ?? 0)
      response.on("data", (chunk) => (refusals += `${chunk}\n`)).once("end", resolve)
    })
    socket.on("close", () => resolve())
  })

const bySocket = async (token: string, chat_id: number) => {
  const message = (text: string) => JSON.stringify({ type: "message", chat_id, text, ref: text })
  const frames = [
    message(planted.make("socketText")),
    JSON.stringify({ type: planted.make("frameType"), [planted.make("frameField")]: planted.make("frameValue") }),
    `{"type":"message","text":"${planted.make("brokenFrame")}`,
    JSON.stringify({ type: "auth", token: planted.make("inventedToken"), ref: "auth" }),
    JSON.stringify({ type: "ping", ref: "last" }),
  ]
  await converse(`/ws?token=${token}`, frames, (frame) => frame.includes('"last"'))
  await converse(`/ws?token=${planted.make("inventedToken")}`, [], () => true)
  await converse(`/ws/${planted.make("path")}?token=${token}`, [], () => true)
  await converse(`/ws?token=${token}`, [message(planted.make("oversized").padEnd(70_000, "x"))], () => false)
}

const byRpc = async (token: string, chat_id: number) => {
  const call = (id: string, tag: string, payload: object) =>
    JSON.stringify({ _tag: "Request", id, tag, payload, headers: [["authorization", planted.make("rpcHeader")]] })
  const calls = [
    call("1", "SendMessage", { chat_id, text: planted.make("rpcText") }),
    call("2", "SendMessage", { chat_id: planted.make("rpcWrongField"), text: planted.make("rpcText") }),
    call("3", planted.make("rpcTag"), {}),
    call("4", "ChangeChat", { chat_id: 987_654, name: planted.make("rpcName") }),
    call("5", "Authenticate", { token: planted.make("inventedToken") }),
  ]
  let answers = 0
  await converse(`/rpc?token=${planted.make("inventedToken")}`, [], () => true)
  await converse(`/rpc/${planted.make("path")}?token=${token}`, [], () => true)
  await converse(`/rpc?token=${token}`, calls, (frame) => {
    answers += frame.split('"_tag":"Exit"').length - 1
    return answers >= calls.length || /Defect/.test(frame)
  })
}

const badRequests = async (token: string, chat_id: number) => {
  const auth = bearer(token)
  await ask("GET", `/${planted.make("path")}?reset=${planted.make("query")}`)
  await ask("GET", `/reset/${token}`)
  await ask("GET", `/users/${email}`, undefined, auth)
  await ask("GET", `/chats/${planted.make("path")};${planted.make("path")}`, undefined, auth)
  await ask("PUT", `/users/${planted.make("path")}`, undefined, auth)
  await ask("GET", `/users?query=%ff${planted.make("query")}`, undefined, auth)
  await ask("GET", "/me", undefined, bearer(planted.make("inventedToken")))
  await ask("GET", "/me", undefined, {
    cookie: `confab_access=${planted.make("cookie")}`,
    "x-request-id": `${email} x`,
  })
  await ask("POST", `/chats/${chat_id}/messages`, { text: planted.make("text"), [planted.make("field")]: 1 }, auth)
  await ask("POST", `/chats/${chat_id}/messages`, { text: [planted.make("wrongType")] }, auth)
  await ask("POST", "/login", { login: username, password: [planted.make("wrongType")] })
  await ask("POST", "/users", {
    username: `${planted.make("bad")} name`,
    email: planted.make("notAnEmail"),
    password: "x",
  })
  await ask("POST", `/chats/${chat_id}/messages`, { text: planted.make("oversized").padEnd(1_200_000, "x") }, auth)
  const raw = { method: "POST", headers: { ...auth, "content-type": "application/json" } }
  const broken = await fetch(`${server.url}/chats`, { ...raw, body: `{"name":"${planted.make("brokenJson")}` })
  refusals += await broken.text()
}

/** A statement that fails by a bug shows its row to us, in `detail`; and a database that is gone, its address. */
const brokenDatabase = async (token: string, chat_id: number) => {
  const auth = bearer(token)
  const text = planted.make("textOfABug")
  await postgres.query(`alter table messages add constraint planted check (text <> '${text}')`)
  await postgres.query(`alter table users add constraint planted check (display_name not like 'zqboom%') not valid`)
  assert.strictEqual((await ask("POST", `/chats/${chat_id}/messages`, { text }, auth)).status, 500)
  const display_name = planted.add("displayNameOfABug", `zqboom${process.pid}`)
  assert.strictEqual((await ask("PATCH", "/me", { display_name }, auth)).status, 500)
  await postgres.stop()
  assert.strictEqual((await ask("POST", "/login", { login: email, password })).status, 503)
  await ask("POST", `/chats/${chat_id}/messages`, { text: planted.make("textWhileAway") }, auth)
  await ask("GET", "/ready")
  await postgres.start()
  // Refused by the database, password and all.
  await postgres.query("alter role planted nologin")
  await postgres.disconnectAll()
  await ask("GET", "/me", undefined, auth)
  await postgres.query("alter role planted login")
  await vi.waitFor(async () => assert.strictEqual((await ask("GET", "/me", undefined, auth)).status, 200), 15_000)
}

const flood = async (token: string, chat_id: number) => {
  for (let i = 0; i < 4; i++) {
    await ask("POST", "/users", { username: `more${i}`, email: `${planted.make("mail")}@planted.example`, password })
    await ask("POST", "/login", { login: username, password: planted.make("wrongPassword") })
  }
  for (let i = 0; i < 15; i++)
    await ask("POST", `/chats/${chat_id}/messages`, { text: planted.make("text") }, bearer(token))
}

it("reveals no secret", () => {
  const told = { logs: server.logs, metrics, refusals, traces: collector.raw }
  for (const [where, text] of Object.entries(told)) assert.isAbove(text.length, 1_000, where)
  assert.deepStrictEqual(
    Object.entries(told).flatMap(([where, text]) => planted.leaksIn(text).map((leak) => `${where}: ${leak}`)),
    [],
  )
})

it("was there when it happened: every kind of no, a bug, an absent database, and traces of it", () => {
  for (const status of [400, 401, 403, 404, 405, 409, 413, 429, 500, 503]) assert.include(statuses, status)
  assert.match(server.logs, /"level":"ERROR".*failed unexpectedly|failed unexpectedly.*"level":"ERROR"/)
  assert.match(server.logs, /The database is away/)
  assert.match(metrics, /^confab_http_requests_total\{.*status="503".*\} [1-9]/m)
  assert.includeMembers(
    collector.spans.map(({ name }) => name),
    ["POST /login", "POST /chats/:id/messages", "Auth.logIn", "UserStore.byLogin"],
  )
  assert.isAbove(planted.kinds.size, 30)
})

it("says why it cannot start without showing the password", async () => {
  const wrong = planted.make("wrongDatabasePassword")
  const away = new URL(url)
  away.password = wrong
  const failed = await Server.start({ databaseUrl: away.href, env: { LOG_LEVEL: "Trace" }, timeout: 40_000 }).then(
    () => "started",
    (error: Error) => error.message,
  )
  assert.include(failed, "Confab cannot start")
  assert.deepStrictEqual(planted.leaksIn(failed), [])
})

it("finds what leaks, however it is written", () => {
  const secret = planted.make("example of a leak")
  for (const text of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64url")])
    assert.lengthOf(planted.leaksIn(`the log says ${text} here`), 1)
  assert.lengthOf(planted.leaksIn("somebody@else.example"), 1)
})
