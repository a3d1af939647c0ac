// Plain requests for pages bypass the router, without any visible difference but speed.

import { connect } from "node:net"
import { assert, describe, it, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, References, Scope, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { trustHops } from "../../src/config/TrustProxy.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import { HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { Messages } from "../../src/services/Messages.ts"
import * as Http from "../support/http.ts"

const page = "https://page.example"

const lines: Array<Record<string, unknown>> = []
const remember = Logger.layer([
  Logger.make(({ message, logLevel, fiber }) => {
    lines.push({ message, level: logLevel, ...fiber.getRef(References.CurrentLogAnnotations) })
  }),
])

/** A group of one user with three messages. */
const conversation = Effect.gen(function* () {
  const me = yield* Http.somebody
  const { body: chat } = yield* me.send("POST", "/chats", { json: { type: "group", name: "Group", member_ids: [] } })
  for (const text of ["one", "two", "three ☃"]) yield* me.send("POST", `/chats/${chat.id}/messages`, { json: { text } })
  return { me, pages: [`/history/${chat.id}`, `/chats/${chat.id}/messages`] as const }
})

/** What the router gets to see while `effect` runs. */
const routed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const edge = yield* HttpEdge
    const seen: Array<string> = []
    const see = ({ url }: { readonly url?: string }) => {
      seen.push(url ?? "")
    }
    edge.on("request", see)
    yield* effect
    edge.off("request", see)
    return seen
  })

/** The same page twice: the short way, and the long way because of a parameter that means nothing. */
const bothWays = (path: string, options: Http.Request) =>
  Effect.gen(function* () {
    const long = `${path}${path.includes("?") ? "&" : "?"}X=1`
    const answers: Array<Http.Answer> = []
    const seen = yield* routed(
      Effect.gen(function* () {
        for (const way of [path, long]) answers.push(yield* Http.send("GET", way, options))
      }),
    )
    assert.deepStrictEqual(seen, [long])
    const [short, other] = answers.map(({ status, headers, text }) => {
      const { date, "x-request-id": id, ...rest } = headers
      return { status, headers: rest, text: text.replaceAll(String(id), "the id"), hasId: id !== undefined }
    })
    assert.deepStrictEqual(short, other)
    assert.isTrue(short?.hasId)
    return answers[0] as Http.Answer
  })

/** Both ways of reading a page return `answer`. */
const reading = (answer: Effect.Effect<string, Unavailable>) =>
  Layer.effect(
    Messages,
    Effect.map(Messages, (messages) => Messages.of({ ...messages, history: () => answer, page: () => answer })),
  )

const over = (messages: ReturnType<typeof reading>) =>
  Http.edge.pipe(Layer.provide(messages), Layer.provideMerge(Http.services()), Layer.provide(remember))

describe("the short way to a page", () => {
  layer(
    Http.layer({ corsOrigins: [page] }).pipe(
      Layer.provide(remember),
      Layer.provide(Layer.succeed(References.MinimumLogLevel, "Debug")),
    ),
  )("over a working server", (it) => {
    it.effect("answers as the long way does, whatever there is to say", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        const stranger = yield* Http.somebody
        for (const path of pages) {
          const whole = yield* bothWays(path, { token: me.token })
          assert.strictEqual(whole.status, 200)
          assert.include(whole.text, "three ☃")
          yield* bothWays(`${path}?limit=200`, { token: me.token })
          yield* bothWays(path, { token: me.token, headers: { origin: page } })
          yield* bothWays(path, { token: me.token, headers: { origin: "https://evil.example" } })
          assert.strictEqual((yield* bothWays(path, { token: stranger.token })).body._tag, "ChatNotFound")
          assert.strictEqual((yield* bothWays(path, { token: `${me.token}x` })).status, 401)
        }
        const [history, messages] = pages
        const seqs = (items: ReadonlyArray<{ readonly seq: number }>) => items.map(({ seq }) => seq)
        const read = (path: string) => Effect.map(bothWays(path, { token: me.token }), ({ body }) => body)
        assert.deepStrictEqual(seqs(yield* read(`${history}?offset=1&limit=1`)), [2])
        assert.deepStrictEqual(seqs(yield* read(`${history}?offset=3`)), [])
        assert.deepStrictEqual(seqs((yield* read(`${messages}?before=3`)).items), [1, 2])
        assert.deepStrictEqual(seqs((yield* read(`${messages}?limit=1&after=0`)).items), [1])
        yield* me.send("POST", "/logout")
        assert.strictEqual((yield* bothWays(history, { token: me.token })).status, 401)
      }),
    )

    it.effect("is for requests that are plain and good; all others are the router's", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        const [history, messages] = pages
        const refused: ReadonlyArray<readonly [status: number, path: string]> = [
          [400, `${history}?limit=0`],
          [400, `${history}?limit=201`],
          [400, `${history}?limit=050`],
          [400, `${history}?limit=`],
          [400, `${history}?limit=1&limit=2`],
          [400, `${history}?offset=9007199254740992`],
          [400, `${history}?offset=-1`],
          [400, `${messages}?before=2&after=1`],
          [404, "/history/0"],
          [404, "/history/01"],
          [404, "/history/9007199254740993"],
          [404, "/history/x"],
        ]
        for (const [status, path] of refused) {
          assert.deepStrictEqual(
            yield* routed(
              Effect.map(me.send("GET", path), (answer) => assert.strictEqual(answer.status, status, path)),
            ),
            [path],
          )
        }
        const others = routed(
          Effect.gen(function* () {
            const ok = (answer: Http.Answer) => assert.strictEqual(answer.status, 200)
            ok(yield* me.send("HEAD", history))
            ok(yield* me.send("GET", `${history}/`))
            ok(yield* me.send("GET", history, { raw: "{}" }))
            ok(yield* Http.send("GET", history, { headers: { cookie: `confab_access=${me.token}` } }))
            ok(yield* Http.send("GET", history, { headers: { authorization: `bearer ${me.token}` } }))
            assert.strictEqual((yield* Http.send("GET", history)).status, 401)
            assert.strictEqual((yield* me.send("DELETE", history)).status, 405)
          }),
        )
        assert.strictEqual((yield* others).length, 7)
      }),
    )

    it.effect("is logged and counted like every other request", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        const count = Effect.map(Http.send("GET", "/metrics"), ({ text }) =>
          Number(/^confab_http_requests_total\{[^}]*method="GET"[^}]*status="200"[^}]*\} (\d+)/m.exec(text)?.[1]),
        )
        const before = yield* count
        for (const [index, path] of pages.entries()) {
          const headers = { "x-request-id": `short-way-${index}` }
          const answer = yield* me.send("GET", `${path}?limit=7`, { headers })
          assert.strictEqual(answer.headers["x-request-id"], `short-way-${index}`)
          const told = lines.filter(({ request_id }) => request_id === `short-way-${index}`)
          assert.strictEqual(told.length, 1)
          assert.deepInclude(told[0], { method: "GET", path, status: 200, user_id: me.id, level: "Debug" })
        }
        // The two pages and the first look at the metrics.
        assert.strictEqual((yield* count) - before, 3)
      }),
    )
  })

  layer(Http.layer({ trustProxy: trustHops(1) }))("behind a proxy", (it) => {
    it.effect("asks browsers for https when they came by https", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        const answer = yield* bothWays(pages[0], { token: me.token, headers: { "x-forwarded-proto": "https" } })
        assert.isDefined(answer.headers["strict-transport-security"])
      }),
    )
  })

  const away = Effect.andThen(Effect.logWarning("The database is away"), new Unavailable({ retry_after_ms: 2500 }))
  layer(over(reading(away)))("while the database is away", (it) => {
    it.effect("answers 503 with the time to retry, and the log has the request's user", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        for (const path of pages) {
          const { status, headers } = yield* bothWays(path, { token: me.token })
          assert.deepStrictEqual([status, headers["retry-after"]], [503, "3"])
          const told = lines.filter(({ request_id }) => request_id === headers["x-request-id"])
          assert.isTrue(told.some(({ message }) => String(message) === "The database is away"))
        }
      }),
    )
  })

  layer(over(reading(Effect.die(new Error("select secret")))))("in front of a bug", (it) => {
    it.effect("says 500 with an id that the log has too", () =>
      Effect.gen(function* () {
        const { me, pages } = yield* conversation
        const { status, text, headers } = yield* bothWays(pages[0], { token: me.token })
        assert.strictEqual(status, 500)
        assert.notInclude(text, "secret")
        const told = lines.filter(({ request_id }) => request_id === headers["x-request-id"])
        assert.isTrue(told.some(({ message }) => String(message) === "A request failed unexpectedly"))
      }),
    )
  })

  it.effect("stops reading when the client disconnects", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const endless = Deferred.succeed(begun, undefined).pipe(
        Effect.andThen(Effect.never),
        Effect.onInterrupt(() => Deferred.succeed(stopped, undefined)),
      )
      yield* Effect.gen(function* () {
        const me = yield* Http.somebody
        const socket = connect(yield* Http.port, "127.0.0.1")
        socket.write(`GET /history/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${me.token}\r\n\r\n`)
        yield* Deferred.await(begun)
        socket.destroy()
        yield* Deferred.await(stopped)
      }).pipe(Effect.provide(over(reading(endless))))
    }),
  )

  /** Requests a page that `read` reads, and stops the server: returns the page's result, once `then` is done. */
  const atTheEnd = (read: Effect.Effect<string>, then: Effect.Effect<unknown>, path = "/history/1") =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const scope = yield* Scope.make()
      const layer = over(reading(Effect.andThen(Deferred.succeed(begun, undefined), read)))
      const context = yield* Layer.buildWithScope(layer, scope)
      const asked = Effect.flatMap(Http.somebody, (me) => me.send("GET", path))
      const answer = yield* Effect.forkChild(Effect.provideContext(asked, context))
      yield* Deferred.await(begun)
      const edge = yield* Effect.provideContext(HttpEdge, context)
      const told = Promise.withResolvers<void>()
      const close = edge.close.bind(edge)
      edge.close = (done) => {
        told.resolve()
        return close(done)
      }
      const end = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      yield* Effect.promise(() => told.promise)
      yield* then
      const { status, text, body, headers } = yield* Fiber.join(answer)
      yield* Fiber.join(end)
      assert.strictEqual(headers.connection, "close")
      return { status, text, body }
    })

  it.effect("answers a page that is under way at shutdown", () =>
    Effect.gen(function* () {
      const found = yield* Deferred.make<string>()
      const { status, text } = yield* atTheEnd(Deferred.await(found), Deferred.succeed(found, "[]"))
      assert.deepStrictEqual([status, text], [200, "[]"])
    }),
  )

  it.effect("answers 503 for a page that a shutdown cannot wait for", () =>
    Effect.gen(function* () {
      for (const path of ["/history/1", "/history/1?X=1"]) {
        const { status, body } = yield* atTheEnd(Effect.never, TestClock.adjust("2 seconds"), path)
        assert.deepStrictEqual([status, body._tag], [503, "Unavailable"])
      }
    }),
  )

  it.effect("is not taken while requests are traced", () =>
    Effect.gen(function* () {
      const { me, pages } = yield* conversation
      assert.deepStrictEqual(yield* routed(me.send("GET", pages[0])), [pages[0]])
    }).pipe(
      Effect.provide(
        Http.layer().pipe(
          Layer.provide(
            Layer.succeed(Tracer.Tracer, Tracer.make({ span: (options) => Tracer.nativeTracer.span(options) })),
          ),
        ),
      ),
    ),
  )
})
