// The edge as a client meets it: real sockets on a free port.
import { once } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Logger, References, type Scope } from "effect"
import type { WebSocket } from "ws"
import { guide } from "../../src/contract/asyncapi/guide.ts"
import { always } from "../../src/http/headers.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { addGroup, addUsers } from "../support/chat.ts"
import { added, readMetrics } from "../support/metrics.ts"
import * as Sockets from "../support/sockets.ts"

const live = <A, E>(
  test: () => Effect.Effect<A, E, Layer.Success<ReturnType<typeof Sockets.layer>> | Scope.Scope>,
  settings: Parameters<typeof Sockets.layer>[0] = {},
) => Effect.scoped(Effect.provide(test(), Sockets.layer(settings)))

describe("Upgrade", () => {
  it.live("sends hello first, then acknowledges what is sent and publishes it to all members", () =>
    live(
      Effect.fnUntraced(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const base = yield* Sockets.serve
        const a = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(ids[0]!)}`)
        const b = yield* Sockets.dial(`${base}/ws`, { authorization: `Bearer ${Sockets.tokenOf(ids[1]!)}` })
        const hello = yield* Effect.promise(() => a.client.hears({ type: "hello" }))
        yield* Effect.promise(() => b.client.hears({ type: "hello" }))
        assert.strictEqual(hello.user_id, ids[0])
        assert.deepStrictEqual(hello.heartbeat, { ping_seconds: 25, timeout_seconds: 60 })
        assert.deepStrictEqual(hello.chats, [{ chat_id, last_seq: 0, last_read_seq: 0, unread_count: 0, version: 1 }])
        const ack = yield* Effect.promise(() =>
          a.client.ask({ type: "message", chat_id, text: "hé ✓", dedup_key: "k" }),
        )
        assert.strictEqual(ack.type, "ack")
        assert.strictEqual(ack.seq, 1)
        assert.strictEqual(ack.duplicate, false)
        const own = yield* Effect.promise(() => a.client.hears({ type: "message" }))
        const theirs = yield* Effect.promise(() => b.client.hears({ type: "message" }))
        assert.strictEqual(own.dedup_key, "k")
        assert.strictEqual(theirs.dedup_key, null)
        assert.strictEqual(theirs.text, "hé ✓")
        assert.strictEqual(theirs.version, 2)
        assert.strictEqual(a.client.heard[0]?.type, "hello")
      }),
    ),
  )

  it.live("refuses a bad token, a foreign page's cookie and a chat that is not mine as problems", () =>
    live(
      Effect.fnUntraced(function* () {
        const { chat_id, ids } = yield* addGroup(1)
        const [stranger] = yield* addUsers(1)
        const base = yield* Sockets.serve
        const host = base.slice("ws://".length)
        const cookie = `x=1; confab_access=${Sockets.tokenOf(ids[0]!)}`
        for (const [path, headers, status, tag] of [
          ["/ws", {}, 401, "Unauthorized"],
          ["/ws?token=no", {}, 401, "Unauthorized"],
          ["/ws", { authorization: "Basic abc" }, 401, "Unauthorized"],
          ["/ws", { cookie }, 403, "ForeignOrigin"],
          ["/ws", { cookie, origin: "http://evil.example" }, 403, "ForeignOrigin"],
          ["/ws", { cookie, origin: `https://x.${host}` }, 403, "ForeignOrigin"],
          ["/ws", { cookie, "sec-fetch-site": "same-origin" }, 403, "ForeignOrigin"],
          [`/ws/${chat_id}?token=${Sockets.tokenOf(stranger!)}`, {}, 404, "ChatNotFound"],
          [`/ws/999?token=${Sockets.tokenOf(stranger!)}`, {}, 404, "ChatNotFound"],
          ["/ws/0", {}, 404, "NotFound"],
          ["/ws/abc", {}, 404, "NotFound"],
          ["/rpc", {}, 401, "Unauthorized"],
          ["/rpc?token=no", {}, 401, "Unauthorized"],
          ["/rpc", { cookie }, 403, "ForeignOrigin"],
          ["/rpc", { cookie, origin: "http://evil.example" }, 403, "ForeignOrigin"],
          [`/rpc/1?token=${Sockets.tokenOf(ids[0]!)}`, {}, 404, "NotFound"],
        ] as const) {
          const answer = yield* Sockets.refusal(base + path, headers)
          assert.strictEqual(answer.status, status, path)
          assert.strictEqual(answer.body._tag, tag, path)
        }
        const own = [
          { origin: `http://${host}` },
          // By https through a proxy that is not trusted.
          { origin: `https://${host}` },
          // Through a proxy that rewrites the host: the browser itself states that it is the same origin.
          { origin: "https://chat.example", "sec-fetch-site": "same-origin" },
          { origin: "https://app.example" },
        ]
        for (const headers of own) {
          const { client } = yield* Sockets.dial(`${base}/ws/`, { cookie, ...headers })
          yield* Effect.promise(() => client.hears({ type: "hello" }))
          const { socket } = yield* Sockets.dial(`${base}/rpc/`, { cookie, ...headers })
          yield* Effect.promise(() => once(socket, "open"))
        }
      }),
      { corsOrigins: ["https://app.example"] },
    ),
  )

  it.live("logs and counts what it refuses, and answers with the headers of every other HTTP answer", () => {
    const lines: Array<{ readonly message: unknown; readonly annotations: Readonly<Record<string, unknown>> }> = []
    const logger = Logger.make<unknown, void>(({ fiber, message }) => {
      lines.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
    })
    return live(
      Effect.fnUntraced(function* () {
        const { chat_id, ids } = yield* addGroup(1)
        const [stranger] = yield* addUsers(1)
        const base = yield* Sockets.serve
        const before = yield* readMetrics
        for (const [path, status] of [
          ["/ws", 401],
          ["/rpc?token=a-secret", 401],
          [`/ws/${chat_id}?token=${Sockets.tokenOf(stranger!)}`, 404],
        ] as const) {
          const { headers } = yield* Sockets.refusal(base + path, { "x-request-id": "of-the-proxy" })
          for (const [name, value] of Object.entries(always)) assert.strictEqual(headers[name], value, name)
          assert.strictEqual(headers["x-request-id"], "of-the-proxy")
          assert.strictEqual(headers["www-authenticate"], status === 401 ? "Bearer" : undefined)
          const { annotations, message } = lines.at(-1)!
          assert.deepStrictEqual(message, ["HTTP request"])
          assert.deepInclude(annotations, { method: "GET", path: path.replace(/\?.*/, ""), status })
          assert.strictEqual(annotations.request_id, "of-the-proxy")
          assert.strictEqual(annotations.user_id, status === 404 ? stranger : undefined)
        }
        assert.notInclude(JSON.stringify(lines), "a-secret")
        const after = yield* readMetrics
        const counted = (series: string) => added(before, after, series)
        assert.strictEqual(counted('confab_socket_refusals_total{path="/ws",status="401"}'), 1)
        assert.strictEqual(counted('confab_socket_refusals_total{path="/ws",status="404"}'), 1)
        assert.strictEqual(counted('confab_socket_refusals_total{path="/rpc",status="401"}'), 1)
        assert.strictEqual(counted('confab_http_requests_total{method="GET",status="401"}'), 2)
        const { client } = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(ids[0]!)}`)
        yield* Effect.promise(() => client.hears({ type: "hello" }))
      }),
    ).pipe(Effect.provideService(References.MinimumLogLevel, "Info"), Effect.provide(Logger.layer([logger])))
  })

  it.live("closes a message over 65,536 bytes with 1009, its fragments together", () =>
    live(
      Effect.fnUntraced(function* () {
        const [id] = yield* addUsers(1)
        const base = yield* Sockets.serve
        for (const send of [
          (socket: WebSocket) => socket.send("x".repeat(65_537)),
          (socket: WebSocket) => {
            socket.send("x".repeat(40_000), { fin: false })
            socket.send("x".repeat(40_000), { fin: true })
          },
        ]) {
          for (const path of ["/ws", "/rpc"]) {
            const { client, socket } = yield* Sockets.dial(`${base}${path}?token=${Sockets.tokenOf(id!)}`)
            yield* Effect.promise(() => once(socket, "open"))
            send(socket)
            assert.strictEqual((yield* Effect.promise(() => client.closed)).code, 1009)
          }
        }
      }),
    ),
  )

  it.live(
    "accepts a message in as many fragments as the AsyncAPI document names, and closes one of more with 1008",
    () =>
      live(
        Effect.fnUntraced(function* () {
          const named = /1008 for a\s+message of more than (\d+) fragments/.exec(guide)
          const most = Number(named?.[1])
          const [id] = yield* addUsers(1)
          const base = yield* Sockets.serve
          const sent = Effect.fnUntraced(function* (fragments: number) {
            const { client, socket } = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(id!)}`)
            yield* Effect.promise(() => client.hears({ type: "hello" }))
            const text = '{"type":"ping"}'.padEnd(fragments)
            for (let i = 0; i < fragments; i++) socket.send(text[i]!, { fin: i === fragments - 1 })
            return client
          })
          const client = yield* sent(most)
          yield* Effect.promise(() => client.hears({ type: "pong" }))
          assert.strictEqual(
            (yield* Effect.flatMap(sent(most + 1), ({ closed }) => Effect.promise(() => closed))).code,
            1008,
          )
        }),
      ),
  )

  it.live("accepts one socket too many of a user and closes it with 4503", () =>
    live(
      Effect.fnUntraced(function* () {
        const [id] = yield* addUsers(1)
        const base = yield* Sockets.serve
        for (let i = 0; i < 2; i++) {
          const { client } = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(id!)}`)
          yield* Effect.promise(() => client.hears({ type: "hello" }))
        }
        const { client } = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(id!)}`)
        assert.strictEqual((yield* Effect.promise(() => client.closed)).code, 4503)
        assert.deepStrictEqual(client.heard, [])
      }),
      { socketsPerUser: 2 },
    ),
  )

  it.live("counts sockets of /ws and /rpc together, and gives the place of an ended one to the next", () =>
    live(
      Effect.fnUntraced(function* () {
        const [id] = yield* addUsers(1)
        const base = yield* Sockets.serve
        const token = Sockets.tokenOf(id!)
        const dial = (path: string) => Sockets.dial(`${base}${path}?token=${token}`)
        const rpc = yield* dial("/rpc")
        yield* Effect.promise(() => once(rpc.socket, "open"))
        const ws = yield* dial("/ws")
        yield* Effect.promise(() => ws.client.hears({ type: "hello" }))
        for (const path of ["/ws", "/rpc"]) {
          const { client } = yield* dial(path)
          assert.strictEqual((yield* Effect.promise(() => client.closed)).code, 4503)
        }
        const { ports, stats } = (yield* Hub).state
        assert.strictEqual(stats.closes.get(4503), 2)
        rpc.socket.terminate()
        yield* Sockets.until(() => ports.places.of(id!) === 1)
        const last = yield* dial("/ws")
        yield* Effect.promise(() => last.client.hears({ type: "hello" }))
      }),
      { socketsPerUser: 2 },
    ),
  )

  it.live("closes a client that never reads with 4001, and all others continue", () =>
    live(
      Effect.fnUntraced(function* () {
        const { chat_id, ids } = yield* addGroup(2)
        const base = yield* Sockets.serve
        const slow = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(ids[0]!)}`)
        const quick = yield* Sockets.dial(`${base}/ws?token=${Sockets.tokenOf(ids[1]!)}`)
        yield* Effect.promise(() => slow.client.hears({ type: "hello" }))
        yield* Effect.promise(() => quick.client.hears({ type: "hello" }))
        slow.socket.pause()
        const { state } = yield* Hub
        const text = "x".repeat(4_096)
        for (let i = 0; i < 200 && !state.stats.closes.has(4001); i++) {
          for (let k = 0; k < 50; k++) quick.client.send({ type: "message", chat_id, text })
          yield* Effect.promise(() => quick.client.settled())
        }
        assert.strictEqual(state.stats.closes.get(4001), 1)
        assert.strictEqual(state.listeners.devices, 1)
        slow.socket.resume()
        assert.strictEqual((yield* Effect.promise(() => slow.client.closed)).code, 4001)
        const ack = yield* Effect.promise(() => quick.client.ask({ type: "message", chat_id, text: "still here" }))
        assert.strictEqual(ack.type, "ack")
      }),
    ),
  )

  it.live("sends all sockets a time to reconnect at shutdown, each another one", () =>
    live(
      Effect.fnUntraced(function* () {
        const ids = yield* addUsers(4)
        const base = yield* Sockets.serve
        const dialled = yield* Effect.forEach(ids, (id, i) =>
          Sockets.dial(`${base}${i === 0 ? "/rpc" : "/ws"}?token=${Sockets.tokenOf(id)}`),
        )
        const clients = dialled.map(({ client }) => client)
        yield* Effect.promise(() => once(dialled[0]!.socket, "open"))
        yield* Effect.promise(() => Promise.all(clients.slice(1).map((client) => client.hears({ type: "hello" }))))
        yield* Effect.flatMap(Hub, (hub) => hub.shutdown)
        const ends = yield* Effect.promise(() => Promise.all(clients.map((client) => client.closed)))
        const waits = ends.map(({ code, reason }) => {
          assert.strictEqual(code, 1001)
          return JSON.parse(reason).retry_after_ms
        })
        for (const wait of waits) assert.isTrue(Number.isInteger(wait) && wait >= 0 && wait <= 5_000)
        assert.strictEqual(new Set(waits).size, 4)
        assert.strictEqual((yield* Sockets.refusal(`${base}/ws?token=${Sockets.tokenOf(ids[0]!)}`)).status, 503)
      }),
    ),
  )
})
