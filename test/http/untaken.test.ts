// What a server does with answers that are not taken: it ends their connections, holds so much of them for a user, and no more.
import { once } from "node:events"
import { createServer, IncomingMessage, ServerResponse } from "node:http"
import { type AddressInfo, connect, Socket } from "node:net"
import { assert, describe, it, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { afterEach, beforeEach } from "vitest"
import { Limits } from "../../src/contract/Limits.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { takenBytes } from "../../src/edge/takenBytes.ts"
import { EdgeServer, HttpEdge } from "../../src/http/server/EdgeServer.ts"
import { HeldAnswers } from "../../src/http/server/HeldAnswers.ts"
import { Messages } from "../../src/services/Messages.ts"
import * as Http from "../support/http.ts"

const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
const megabytes = (count: number) => Buffer.alloc(count * 1_048_576, "x")

/** Reads `bytes` from a socket that is not read otherwise. */
const take = async (socket: Socket, bytes: number) => {
  for (let taken = 0; taken < bytes; ) {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) await once(socket, "readable")
    else taken += chunk.length
  }
}

/** A client that reads only when the test says so. */
const unreading = (port: number): Socket => {
  const socket = connect(port, "127.0.0.1")
  socket.on("error", () => {})
  // A listener makes it hold back what has come, where `pause` would still fill its own buffer.
  socket.on("readable", () => {})
  return socket
}

/** The rest of an answer of which the first 12 bytes were read. */
const readAnswer = async (socket: Socket) => {
  let head = ""
  while (!head.includes("\r\n\r\n")) {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) await once(socket, "readable")
    else head += chunk.toString("latin1")
  }
  const [headers = "", body = ""] = head.split("\r\n\r\n")
  await take(socket, Number(/content-length: (\d+)/i.exec(headers)?.[1]) - body.length)
}

/** Reads on until the server ends the connection. */
const endOf = async (socket: Socket) => {
  const ended = once(socket, "end")
  socket.on("readable", () => socket.read())
  socket.read()
  await ended
}

/** Turns the event loop until this is so. */
const until = async (fact: () => boolean) => {
  while (!fact()) await new Promise<void>((resolve) => setImmediate(resolve))
}

describe("a connection", () => {
  let server: EdgeServer
  let served: Socket
  const clients: Array<Socket> = []
  let port = 0

  beforeEach(async () => {
    server = new EdgeServer()
    await once(server.listen(0, "127.0.0.1"), "listening")
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy()
    server.close()
  })

  const ask = async (answer: Buffer) => {
    const client = unreading(port)
    clients.push(client)
    const asked = once(server, "request")
    client.write(request)
    const [{ socket }, response] = await asked
    served = socket
    response.end(answer)
    return client
  }

  it("whose answer is not taken for 30 s is ended, whether or not it asks for more", async () => {
    const client = await ask(megabytes(32))
    server.endUntaken(0)
    client.write(request)
    server.endUntaken(29_000)
    assert.isFalse(served.destroyed)
    let ended = 0
    server.onUntaken = (count) => {
      ended += count
    }
    server.endUntaken(31_000)
    assert.isTrue(served.destroyed)
    assert.strictEqual(ended, 1)
  })

  it("whose answer is taken slowly is kept", async () => {
    const client = await ask(megabytes(32))
    for (let i = 0; i < 7; i++) {
      server.endUntaken(i * 25_000)
      const before = takenBytes(served)
      await take(client, 4_194_304)
      await until(() => takenBytes(served) > before || served.writableLength === 0)
      assert.isFalse(served.destroyed)
    }
  })

  it("that has nothing to take is kept, for the next request and for a slow handler", async () => {
    const client = await ask(Buffer.from("short"))
    await take(client, 5)
    const asked = once(server, "request")
    client.write(request)
    const [, response] = await asked
    for (let i = 0; i < 10; i++) server.endUntaken(i * 25_000)
    assert.isFalse(served.destroyed)
    response.end("late")
    await take(client, 4)
  })

  it("that became a socket is none of its business", async () => {
    // Node upgrades only with a listener.
    server.on("upgrade", () => {})
    const upgraded = new Promise<Socket>((resolve) => server.takeOverSockets((_, socket) => resolve(socket as Socket)))
    const client = unreading(port)
    clients.push(client)
    client.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    const socket = await upgraded
    socket.on("error", () => {})
    socket.write(megabytes(32))
    for (let i = 0; i < 10; i++) server.endUntaken(i * 25_000)
    assert.isFalse(socket.destroyed)
  })
})

it("what the network has taken of a socket is seen within one large write", async () => {
  const server = createServer((_, response) => response.end(megabytes(64)))
  await once(server.listen(0, "127.0.0.1"), "listening")
  const connected = once(server, "connection")
  const client = unreading((server.address() as AddressInfo).port)
  client.write(request)
  const [socket]: Array<Socket> = await connected
  await until(() => (socket?.writableLength ?? 0) > 0)
  const [before, pending] = [takenBytes(socket!), socket!.writableLength]
  await take(client, 8_388_608)
  await until(() => takenBytes(socket!) > before)
  // Node's own figure has not moved.
  assert.strictEqual(socket!.writableLength, pending)
  client.destroy()
  server.close()
})

/** Long pages, each of which is read once the test lets it. */
class Pages {
  /** Whose each one was, and how many of theirs were being read then, with it. */
  readonly begun: Array<readonly [by: number, atOnce: number]> = []
  readonly #waiting: Array<{ readonly by: number; readonly turn: Deferred.Deferred<void> }> = []

  readonly layer = Layer.effect(
    Messages,
    Effect.map(Messages, (messages) =>
      Messages.of({
        ...messages,
        page: (by) =>
          Effect.suspend(() => {
            const turn = Deferred.makeUnsafe<void>()
            this.#waiting.push({ by, turn })
            this.begun.push([by, this.#waiting.filter((one) => one.by === by).length])
            return Effect.as(Deferred.await(turn), `{"items":[],"has_more":false}${" ".repeat(600_000)}`)
          }),
      }),
    ),
  )

  /** The oldest one that is being read. */
  finishOne() {
    const oldest = this.#waiting.shift()
    if (oldest !== undefined) Deferred.doneUnsafe(oldest.turn, Exit.void)
  }
}

const pages = new Pages()
layer(Http.edge.pipe(Layer.provide(pages.layer), Layer.provideMerge(Http.services())))("pages of a user", (it) => {
  for (const [way, path] of [
    ["the short way", "/chats/1/messages"],
    ["Effect's way", "/chats/1/messages?X=1"],
  ] as const) {
    it.effect(`are read a few at a time, long ones two at a time, whatever others read: ${way}`, () =>
      Effect.gen(function* () {
        const [greedy, other] = [yield* Http.somebody, yield* Http.somebody]
        const begins = (count: number) => Effect.promise(() => until(() => pages.begun.length === count))
        pages.begun.length = 0
        const ask = (user: typeof greedy) => Effect.forkChild(user.send("GET", path))
        const asked = yield* Effect.forEach(Array.from({ length: 12 }), () => ask(greedy))
        yield* begins(8)
        // Short answers need no turn, and another user has turns of their own.
        assert.strictEqual((yield* greedy.send("GET", "/me")).status, 200)
        const another = yield* ask(other)
        yield* begins(9)
        assert.deepStrictEqual(pages.begun.at(-1), [other.id, 1])
        yield* Effect.promise(() =>
          until(() => {
            pages.finishOne()
            return pages.begun.length === 13
          }),
        )
        for (const [by, atOnce] of pages.begun.slice(9)) {
          assert.strictEqual(by, greedy.id)
          assert.isAtMost(atOnce, 2)
        }
        for (let i = 0; i < 13; i++) pages.finishOne()
        for (const fiber of [...asked, another]) assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      }),
    )
  }

  it.effect("that wait leave the line when their reader goes away", () =>
    Effect.gen(function* () {
      const held = yield* HeldAnswers
      const gate = yield* Deferred.make<void>()
      let begun = 0
      const answer = Effect.andThen(
        Effect.sync(() => begun++),
        Deferred.await(gate),
      )
      const make = held.make(UserId.make(1_000), new ServerResponse(new IncomingMessage(new Socket())), answer, () => 0)
      const asked = yield* Effect.forEach(Array.from({ length: 10 }), () =>
        Effect.forkChild(make, { startImmediately: true }),
      )
      assert.strictEqual(begun, 8)
      yield* Fiber.interrupt(asked[0]!)
      yield* Fiber.interrupt(asked[9]!)
      yield* Effect.promise(() => until(() => begun === 9))
      yield* Deferred.done(gate, Exit.void)
      yield* Effect.forEach(asked.slice(1, 9), Fiber.join)
      assert.strictEqual(begun, 9)
    }),
  )
})

layer(Http.layer(), { timeout: 60_000 })("a user", (it) => {
  /** A group with a page of 200 of the longest messages, 3.3 MB of JSON. */
  const pageOf = Effect.fnUntraced(function* (user: Effect.Success<typeof Http.somebody>) {
    const { body } = yield* user.send("POST", "/chats", { json: { type: "group", name: "Long", member_ids: [] } })
    for (let i = 0; i < 200; i++) {
      yield* user.send("POST", `/chats/${body.id}/messages`, { json: { text: "🙂".repeat(4_096) } })
    }
    return `/chats/${body.id}/messages?limit=200`
  })

  /** Asks on a connection, and reads nothing of the answer but its status; `used`: after the answer before it was read. */
  const statusOf = (port: number, path: string, token: string, more: string, used?: Socket) =>
    Effect.promise(async () => {
      const client = used ?? unreading(port)
      const ask = () => client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${more}\r\n`)
      if (used !== undefined) await readAnswer(used)
      ask()
      let head: Buffer | null = null
      while (head === null) {
        head = client.read(12)
        if (head === null) await once(client, "readable")
      }
      return { client, status: Number(String(head).slice(9)) }
    })

  for (const [way, more] of [
    ["the short way", ""],
    ["Effect's way", "Content-Length: 0\r\n"],
  ] as const) {
    it.effect(`a user who reads nothing is refused once 64 MiB are held for them, and no other is: ${way}`, () =>
      Effect.gen(function* () {
        const [greedy, other] = [yield* Http.somebody, yield* Http.somebody]
        const path = yield* pageOf(greedy)
        const port = yield* Http.port
        const answers = yield* HeldAnswers
        const { headers } = yield* greedy.send("GET", path)
        const length = Number(headers["content-length"])
        // No page is read that there might be no room for: of 4 MiB at most.
        const most = 1 + Math.floor((Limits.heldBytes - 4_194_304) / length)
        yield* Effect.promise(() => until(() => answers.of(UserId.make(greedy.id)) === 0))
        const held: Array<Socket> = []
        let refused = 0
        for (let i = 0; i < 24; i++) {
          const { client, status } = yield* statusOf(port, path, greedy.token, more)
          if (status === 200) held.push(client)
          else {
            assert.strictEqual(status, 429)
            refused++
            // It would wait a minute for the next request otherwise.
            yield* Effect.promise(() => endOf(client))
          }
        }
        assert.strictEqual(held.length, most)
        assert.strictEqual(refused, 24 - most)
        // Others are served, and so is what is short.
        assert.strictEqual((yield* other.send("GET", "/me")).status, 200)
        assert.strictEqual((yield* greedy.send("GET", "/me")).status, 200)
        // Where a connection is used again, its last answer was taken.
        const again = yield* statusOf(port, path, greedy.token, more, held[0])
        assert.strictEqual(again.status, 200)
        assert.strictEqual((yield* statusOf(port, path, greedy.token, more)).status, 429)
        for (const client of held) client.destroy()
        yield* Effect.promise(() => until(() => answers.of(UserId.make(greedy.id)) === 0))
      }),
    )
  }

  it.effect("whose connection was ended for that is served again", () =>
    Effect.gen(function* () {
      const greedy = yield* Http.somebody
      const path = yield* pageOf(greedy)
      const port = yield* Http.port
      const server = yield* HttpEdge
      const held = yield* HeldAnswers
      const clients: Array<Socket> = []
      // Two answers on each, more than the kernel takes.
      const ask = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${greedy.token}\r\n\r\n`
      for (let i = 0; i < 6; i++) {
        const client = unreading(port)
        client.write(ask + ask)
        clients.push(client)
      }
      const isHeld = (bytes: number) => held.of(UserId.make(greedy.id)) > bytes
      yield* Effect.promise(() => until(() => isHeld(5 * 3_300_000)))
      let now = 0
      yield* Effect.promise(() =>
        until(() => {
          now += 40_000
          server.endUntaken(now)
          return !isHeld(0)
        }),
      )
      assert.strictEqual((yield* greedy.send("GET", path)).status, 200)
      for (const client of clients) client.destroy()
    }),
  )
})
