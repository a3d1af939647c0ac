// What foreign pages can make a browser do here, and what answers reveal to an attacker. Over the real server: HTTP,
// /ws and /rpc must judge a page alike.
import { once } from "node:events"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { WebSocket } from "ws"
import { Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"
import { exchange } from "./fuzz/Wire.ts"

let server: Server
let ada: Person
let cookie = ""
let host = ""
const listed = "https://app.example"
beforeAll(async () => {
  server = await serverOnPostgres({ CORS_ORIGINS: listed })
  ada = await Person.signUp(server.url, "ada")
  host = `127.0.0.1:${server.port}`
  const answer = await fetch(`${server.url}/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: ada.username, password: ada.password }),
  })
  cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ")
})
afterAll(() => server?.[Symbol.asyncDispose]())

type Headers = Readonly<Record<string, string>>

/** By hand, since fetch keeps some of these headers to itself. */
const ask = async (method: string, path: string, headers: Headers, body = "") => {
  const lines = Object.entries({ host, connection: "close", "content-length": String(body.length), ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")
  const answer = await exchange(server.port, [Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`)], method)
  if (answer === undefined) throw new Error(`${method} ${path}: no answer`)
  return answer
}

const change = async (headers: Headers) =>
  (await ask("PATCH", "/me", { cookie, "content-type": "application/json", ...headers }, '{"display_name":"Ada"}'))
    .status

const upgrade = async (path: string, headers: Headers): Promise<number> => {
  const socket = new WebSocket(`${server.wsUrl}${path}`, { headers: { cookie, ...headers } })
  socket.on("error", () => {})
  try {
    const opened = once(socket, "open").then(() => 101)
    const refused = once(socket, "unexpected-response").then(([, response]) => response.statusCode as number)
    return await Promise.race([opened, refused])
  } finally {
    socket.terminate()
  }
}

describe("a page", () => {
  const pages = (): ReadonlyArray<readonly [Headers, ours: boolean]> => [
    [{ origin: `http://${host}` }, true],
    // A proxy ended https and is not trusted to report it: the host is the same, and this page gets our cookies anyway.
    [{ origin: `https://${host}` }, true],
    [{ origin: `https://${host}`, "sec-fetch-site": "same-origin" }, true],
    [{ origin: `http://${host}.evil.example` }, false],
    [{ origin: `http://evil.example/${host}` }, false],
    [{ origin: `http://127.0.0.1:${server.port + 1}` }, false],
    [{ origin: `http://localhost:${server.port}` }, false],
    [{ origin: "null" }, false],
    [{ origin: "null", "sec-fetch-site": "cross-site" }, false],
    [{ origin: "http://evil.example" }, false],
    [{ origin: "http://evil.example", "x-forwarded-host": "evil.example" }, false],
    [{ origin: "https://evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" }, false],
    [{ origin: `https://${host}`, "x-forwarded-proto": "https" }, true],
    [{ origin: `https://${host}`, "x-forwarded-host": "chat.example", "x-forwarded-proto": "https" }, true],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "same-site" }, false],
    [{}, false],
  ]

  it("of another origin can neither change anything nor open a socket with our cookie", async () => {
    for (const [headers, ours] of pages()) {
      const answers = [await change(headers), await upgrade("/ws", headers), await upgrade("/rpc", headers)]
      expect([headers, ...answers]).toEqual([headers, ...(ours ? [200, 101, 101] : [403, 403, 403])])
    }
  })

  it("that is refused has a line in the log that names both origins and what to set", async () => {
    const origin = "https://chat.example"
    expect([await change({ origin }), await upgrade("/ws", { origin }), await upgrade("/rpc", { origin })]).toEqual([
      403, 403, 403,
    ])
    const warnings = server.logs.split("\n").filter((line) => line.includes(origin))
    expect(warnings).toHaveLength(1)
    for (const said of [`http://${host}`, "TRUST_PROXY", "CORS_ORIGINS"]) expect(warnings[0]).toContain(said)
  })

  it("that the operator listed may open sockets and read, but not change anything on our cookie", async () => {
    expect(await upgrade("/ws", { origin: listed })).toBe(101)
    expect(await change({ origin: listed })).toBe(403)
    const read = await ask("GET", "/me", { cookie, origin: listed })
    expect([read.status, read.headers.get("access-control-allow-origin")]).toEqual([200, listed])
  })

  it("that is not listed may read nothing, nor send a preflight", async () => {
    for (const origin of [
      "https://evil.example",
      "null",
      `${listed}.evil.example`,
      "http://app.example",
      `${listed}:444`,
    ]) {
      for (const method of ["GET", "OPTIONS"]) {
        const answer = await ask(method, "/me", { cookie, origin, "access-control-request-method": "PATCH" })
        const allowed = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))
        expect([method, origin, allowed]).toEqual([method, origin, []])
        expect(answer.headers.get("vary")).toContain("Origin")
      }
    }
  })

  it("cannot send a form or a text as if it were JSON, which browsers let through without asking", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      const headers = { ...(type === "" ? {} : { "content-type": type }), origin: `http://${host}`, cookie }
      expect([type, (await ask("PATCH", "/me", headers, '{"display_name":"X"}')).status]).toEqual([type, 415])
    }
  })

  it("that signs a user in as another one is refused", async () => {
    const body = JSON.stringify({ login: ada.username, password: ada.password })
    const headers = { "content-type": "application/json", origin: "https://evil.example" }
    const answer = await ask("POST", "/login", headers, body)
    expect([answer.status, answer.headers.has("set-cookie")]).toEqual([403, false])
  })
})

describe("an answer", () => {
  it("is never sniffed, framed or cached, for routes, the parser and the sockets", async () => {
    const key = { "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-version": "13", upgrade: "websocket" }
    const answers = [
      await ask("GET", "/me", {}),
      await ask("GET", "/nowhere", {}),
      await ask("PUT", "/me", {}),
      await ask("GET", "/health", {}),
      await ask("POST", "/me", { "content-length": "x" }),
      await ask("GET", "/ws", { ...key, connection: "upgrade" }),
      await ask("GET", "/rpc", { ...key, connection: "upgrade" }),
      await ask("GET", "/rpc", {}),
    ]
    for (const { headers, status, text } of answers) {
      expect([text, headers.get("x-content-type-options")]).toEqual([text, "nosniff"])
      expect([text, headers.get("cache-control")]).toEqual([text, "no-store"])
      if (status !== 200) expect([text, headers.get("content-type")]).toEqual([text, "application/problem+json"])
      expect(headers.has("server") || headers.has("x-powered-by")).toBe(false)
    }
  })

  it("is a problem also for what is no request at all", async () => {
    const lines: ReadonlyArray<readonly [string, number]> = [
      ["nonsense\r\n\r\n", 400],
      ["GET / HTTP/9.9\r\n\r\n", 400],
      ["GET /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(20_000)}\r\n\r\n`, 431],
      ["POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
      ["GET /me HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
      ["GET /health HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n", 400],
      [
        "GET /chats/1/messages HTTP/1.1\r\nHost: x\r\nHost: y\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n",
        400,
      ],
      ["GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400],
      ["GET /rpc HTTP/1.1\r\nHost: x\r\nHost: y\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 400],
      ["GET /nowhere HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\nConnection: close\r\n\r\n", 404],
    ]
    for (const [bytes, status] of lines) {
      const answer = await exchange(server.port, [Buffer.from(bytes)])
      expect([bytes.slice(0, 40), answer?.status]).toEqual([bytes.slice(0, 40), status])
      expect(JSON.parse(answer?.text ?? "")).toMatchObject({
        status,
        _tag: expect.any(String),
        type: expect.any(String),
      })
    }
  })

  it("about a log-in does not reveal whether the account exists", async () => {
    const attempts = [
      ada.username,
      ada.username.toUpperCase(),
      "nobody-here",
      "nobody@example.com",
      "\u{1f600}",
      "x".repeat(5_000),
    ]
    const said = new Set<string>()
    for (const login of attempts) {
      const byJson = await ada.http("POST", "/login", { login, password: "wrong password" })
      const byForm = await ada.form("/token", { username: login, password: "wrong password" })
      said.add(JSON.stringify([byJson.status, byJson.body, byForm.status, byForm.body]))
    }
    expect([...said]).toHaveLength(1)
  })

  it("about a session or a refresh token does not reveal whether it ever existed", async () => {
    const bob = await Person.signUp(server.url, "bob")
    const { items } = await bob.ok("GET", "/me/sessions")
    const answers = await Promise.all(
      [items[0].id, "00000000-0000-4000-8000-000000000000", "nonsense"].map(async (id) => {
        const { body, status } = await ada.http("DELETE", `/me/sessions/${id}`)
        return { body, status }
      }),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    await bob.ok("POST", "/logout")
    const refreshed = await Promise.all(
      [bob.refresh_token, "nonsense", `${bob.refresh_token}x`].map(async (refresh_token) => {
        const { body, status } = await ada.form("/token", { grant_type: "refresh_token", refresh_token })
        return JSON.stringify([status, body])
      }),
    )
    expect(new Set(refreshed).size).toBe(1)
  })
})

describe("a token", () => {
  it("in the address opens sockets alone, and is in no log", async () => {
    expect((await fetch(`${server.url}/me?token=${ada.access_token}`)).status).toBe(401)
    expect((await fetch(`${server.url}/me?access_token=${ada.access_token}`)).status).toBe(401)
    const device = await ada.connect()
    await device.close()
    await ada.refused("/ws/987654321")
    expect(server.logs).not.toContain(ada.access_token)
    expect(server.logs).not.toContain("token=")
  })
})

describe("a client", () => {
  it("that sends its request a byte at a time and stops delays no other", async () => {
    const dawdlers = Array.from({ length: 200 }, () => {
      const socket = connect(server.port, "127.0.0.1")
      socket.on("error", () => {})
      socket.write("POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
      return socket
    })
    const before = performance.now()
    expect((await ada.http("GET", "/me")).status).toBe(200)
    expect(performance.now() - before).toBeLessThan(2_000)
    for (const socket of dawdlers) socket.destroy()
  })
})
