// The remote procedures over a real server: the same services as HTTP, an identity that cannot be forged, events that resume.
import { once } from "node:events"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { Headers } from "effect/http"
import { RpcClient, RpcSerialization } from "effect/rpc"
import { WebSocket } from "ws"
import { ChatRpcs } from "../../src/contract/ChatRpcs.ts"
import { File } from "../../src/domain/File.ts"
import { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { MessageText } from "../../src/domain/Message.ts"
import { Person } from "../support/person.ts"
import type { Server } from "../support/server.ts"
import { serverOnPostgres, sharedServer } from "../support/sharedServer.ts"

class RunningServer extends Context.Service<RunningServer, Server>()("confab/test/RunningServer") {
  static readonly layer = Layer.effect(
    RunningServer,
    Effect.promise(() => sharedServer()),
  )
}

const person = (name: string) =>
  Effect.flatMap(RunningServer, ({ url }) => Effect.promise(() => Person.signUp(url, name)))

/** A client of the remote procedures; its connection ends with the scope. */
const connect = Effect.fnUntraced(function* (token: string) {
  const { wsUrl } = yield* RunningServer
  const protocol = yield* Layer.build(
    RpcClient.layerProtocolSocket().pipe(
      Layer.provide(NodeSocket.layerWebSocket(`${wsUrl}/rpc?token=${token}`)),
      Layer.provide(RpcSerialization.layerJson),
    ),
  )
  return yield* Effect.provideContext(RpcClient.make(ChatRpcs), protocol)
})

/** As `POST /files` answers it. */
const upload = Effect.fnUntraced(function* ({ access_token }: Person) {
  const { url } = yield* RunningServer
  const headers = { authorization: `Bearer ${access_token}` }
  const answer = yield* Effect.promise(() =>
    fetch(`${url}/files?name=notes.txt`, { method: "POST", headers, body: "some notes" }),
  )
  return yield* Effect.orDie(Schema.decodeUnknownEffect(File)(yield* Effect.promise(() => answer.json())))
})

const firstEvents = (events: Stream.Stream<{ readonly type: string }, unknown>, until: string) =>
  events.pipe(
    Stream.takeUntil(({ type }) => type === until),
    Stream.runCollect,
  )

it.layer(RunningServer.layer, { timeout: 60_000, excludeTestServices: true })("the remote procedures", (it) => {
  describe("calls", () => {
    it.effect("carry a conversation with typed errors, as HTTP does", () =>
      Effect.gen(function* () {
        const anna = yield* person("anna")
        const boris = yield* person("boris")
        const client = yield* connect(anna.access_token)
        assert.strictEqual((yield* client.Me()).id, anna.id)
        const { chat, created } = yield* client.OpenPrivateChat({ user_id: UserId.make(boris.id) })
        assert.isTrue(created)
        const text = MessageText.make("привет")
        const first = yield* client.SendMessage({ chat_id: chat.id, text, dedup_key: "k" })
        const again = yield* client.SendMessage({ chat_id: chat.id, text, dedup_key: "k" })
        assert.deepStrictEqual([first.duplicate, again.duplicate, again.message.id], [false, true, first.message.id])
        const page = yield* client.MessagePage({ chat_id: chat.id })
        assert.deepStrictEqual(
          page.items.map((message) => message.text),
          ["привет"],
        )
        const gone = yield* Effect.flip(client.GetChat({ chat_id: ChatId.make(999_999) }))
        assert.strictEqual(gone._tag, "ChatNotFound")
      }),
    )

    it.effect("say and show of a message all that frames do", () =>
      Effect.gen(function* () {
        const [anna, boris] = [yield* person("anna"), yield* person("boris")]
        const client = yield* connect(anna.access_token)
        const { chat } = yield* client.OpenPrivateChat({ user_id: UserId.make(boris.id) })
        const device = yield* Effect.promise(() => boris.connect())
        const custom = { color: "red" }
        const { message: root } = yield* client.SendMessage({
          chat_id: chat.id,
          text: MessageText.make("root"),
          custom,
        })
        assert.deepStrictEqual(root.custom, custom)
        const heard = (id: number) =>
          Effect.promise(() => device.hears((frame) => frame.type === "message" && frame.id === id))
        assert.deepStrictEqual((yield* heard(root.id)).custom, custom)
        const asks = (frame: object) => Effect.promise(() => device.ask(frame))
        const reply = yield* asks({ type: "message", chat_id: chat.id, text: "reply", reply_to: root.id, custom })
        const forward = { type: "message", chat_id: chat.id, forward: root.id, dedup_key: "f" }
        // In the order in which they were sent, though one must be looked up.
        const [copied, plain] = yield* Effect.all(
          [asks(forward), asks({ type: "message", chat_id: chat.id, text: "x" })],
          {
            concurrency: "unbounded",
          },
        )
        assert.deepStrictEqual([reply.type, copied.type, plain.seq], ["ack", "ack", copied.seq + 1])
        assert.deepStrictEqual((yield* asks(forward)).duplicate, true)
        const refused = [
          yield* asks({ ...forward, text: "beside" }),
          yield* asks({ type: "message", chat_id: chat.id }),
          yield* asks({ ...forward, forward: 987_654_321, dedup_key: "g" }),
          yield* asks({ type: "message", chat_id: chat.id, text: "x", custom: { x: "x".repeat(4_096) } }),
        ]
        assert.deepStrictEqual(
          refused.map(({ code }) => code),
          ["invalid", "invalid", "not_found", "invalid"],
        )
        const copy = yield* client.GetMessage({ message_id: MessageId.make(copied.message_id) })
        assert.deepStrictEqual(
          [copy.text, copy.forwarded],
          ["root", { sender_id: anna.id, created_at: root.created_at }],
        )
        const own = yield* client.SendMessage({ chat_id: chat.id, forward: copy.id })
        assert.deepStrictEqual([own.message.text, own.message.forwarded], ["root", copy.forwarded])
        const thread = yield* client.Thread({ message_id: MessageId.make(reply.message_id) })
        assert.deepStrictEqual(
          [thread.root.id, thread.count, thread.items.map(({ id, thread_id }) => [id, thread_id])],
          [root.id, 1, [[reply.message_id, root.id]]],
        )
        yield* client.EditMessage({ message_id: root.id, text: "root, edited" })
        const former = [{ text: "root", at: root.created_at }]
        assert.deepStrictEqual((yield* client.Edits({ message_id: root.id })).items, former)
        yield* client.DeleteMessage({ message_id: root.id })
        assert.deepStrictEqual((yield* client.Edits({ message_id: root.id })).items, [])
        const gone = yield* Effect.flip(client.SendMessage({ chat_id: chat.id, forward: root.id }))
        assert.strictEqual(gone._tag, "MessageDeleted")
        assert.strictEqual((yield* asks({ ...forward, dedup_key: "h" })).code, "conflict")
        assert.strictEqual((yield* asks(forward)).duplicate, true)
        device.cut()
      }),
    )

    it.effect("send files of their sender, by procedure and by frame", () =>
      Effect.gen(function* () {
        const [anna, boris] = [yield* person("anna"), yield* person("boris")]
        const client = yield* connect(anna.access_token)
        const { chat } = yield* client.OpenPrivateChat({ user_id: UserId.make(boris.id) })
        const device = yield* Effect.promise(() => boris.connect())
        const alone = yield* Effect.promise(() => boris.connect(`/ws/${chat.id}`))
        const [hers, his] = [yield* upload(anna), yield* upload(boris)]
        const { message } = yield* client.SendMessage({ chat_id: chat.id, text: "", attachments: [hers.id] })
        assert.deepStrictEqual(message.attachments, [hers])
        const heard = yield* Effect.promise(() => device.hears((frame) => frame.id === message.id))
        assert.deepStrictEqual([heard.text, heard.attachments], ["", [hers]])
        const asks = (frame: object) => Effect.promise(() => device.ask(frame))
        const frame = { type: "message", chat_id: chat.id, text: "", attachments: [his.id], dedup_key: "k" }
        // In the order in which they were sent, though one must be looked up.
        const [sent, plain] = yield* Effect.all([asks(frame), asks({ type: "message", chat_id: chat.id, text: "x" })], {
          concurrency: "unbounded",
        })
        assert.deepStrictEqual([sent.type, plain.seq], ["ack", sent.seq + 1])
        assert.strictEqual((yield* asks(frame)).duplicate, true)
        const short = yield* Effect.promise(() => alone.ask({ text: "short", attachments: [his.id] }))
        const got = yield* client.GetMessage({ message_id: MessageId.make(short.message_id) })
        assert.deepStrictEqual([got.text, got.attachments], ["short", [his]])
        const refusals = [
          yield* asks({ ...frame, dedup_key: "l", attachments: [hers.id] }),
          yield* asks({ ...frame, attachments: [his.id, hers.id] }),
          yield* asks({ ...frame, dedup_key: "m", attachments: [] }),
          yield* asks({ ...frame, dedup_key: "n", attachments: undefined }),
        ]
        assert.deepStrictEqual(
          refusals.map(({ code }) => code),
          ["not_found", "conflict", "invalid", "invalid"],
        )
        const refusal = yield* Effect.flip(client.SendMessage({ chat_id: chat.id, text: "", attachments: [his.id] }))
        assert.strictEqual(refusal._tag, "FileNotFound")
        const mayGet = Effect.fnUntraced(function* ({ access_token }: Person, { id }: File) {
          const { url } = yield* RunningServer
          const headers = { authorization: `Bearer ${access_token}` }
          const answer = yield* Effect.promise(() => fetch(`${url}/files/${id}`, { headers }))
          return [answer.status, yield* Effect.promise(() => answer.text())]
        })
        assert.deepStrictEqual(yield* mayGet(boris, hers), [200, "some notes"])
        yield* client.DeleteMessage({ message_id: message.id })
        const deleted = yield* Effect.promise(() => device.hears(({ type }) => type === "message_deleted"))
        assert.notProperty(deleted, "attachments")
        assert.strictEqual((yield* mayGet(boris, hers))[0], 404)
        const toHim = yield* client.SendTo({ recipient_id: UserId.make(boris.id), text: "", attachments: [hers.id] })
        assert.deepStrictEqual(toHim.message.attachments, [hers])
        assert.strictEqual((yield* mayGet(boris, hers))[0], 200)
        device.cut()
        alone.cut()
      }),
    )

    it.effect("mention people, whose devices are told in frames, in hello and in a list", () =>
      Effect.gen(function* () {
        const [anna, boris] = [yield* person("anna"), yield* person("boris")]
        const [client, his] = [yield* connect(anna.access_token), yield* connect(boris.access_token)]
        const member_ids = [UserId.make(boris.id)]
        const { id: chat_id } = yield* client.CreateGroup({ name: "A group", member_ids })
        const { username } = yield* his.Me()
        const connected = (one: typeof anna) => Effect.promise(() => one.connect())
        const [device, other] = [yield* connected(anna), yield* connected(boris)]
        const asks = (frame: object) => Effect.promise(() => device.ask({ type: "message", chat_id, ...frame }))
        const hears = (frame: object) => Effect.promise(() => other.hears({ ...frame, chat_id }))
        const { message_id } = yield* asks({ text: `@all and @${username}` })
        const told = yield* hears({ type: "message", id: message_id })
        assert.deepStrictEqual([told.mentions, told.mentions_all], [[boris.id], true])
        const plain = yield* asks({ text: `not @${username}x` })
        assert.notProperty(yield* hears({ type: "message", id: plain.message_id }), "mentions")
        yield* asks({ type: "edit", message_id: plain.message_id, text: `but @${username}` })
        const edited = yield* hears({ type: "message_updated", id: plain.message_id })
        assert.deepStrictEqual([edited.mentions, edited.mentions_all], [[boris.id], undefined])
        yield* asks({ type: "delete", message_id })
        assert.notProperty(yield* hears({ type: "message_deleted", id: message_id }), "mentions_all")
        const again = yield* connected(boris)
        const hello = again.heard[0]!
        assert.deepStrictEqual([hello.type, hello.chats[0].unread_mention_count], ["hello", 1])
        assert.deepStrictEqual((yield* his.Unread()).mentions, 1)
        assert.deepStrictEqual((yield* his.GetChat({ chat_id })).unread_mention_count, 1)
        const { items, next } = yield* his.Mentions({ limit: 1 })
        assert.deepStrictEqual(
          [items.map(({ id, mentions }) => [id, mentions]), next],
          [[[plain.message_id, [boris.id]]], null],
        )
        yield* his.ReadAll()
        assert.notProperty(yield* his.GetChat({ chat_id }), "unread_mention_count")
        for (const socket of [device, other, again]) socket.cut()
      }),
    )

    it.effect("are made by the user who opened the socket, whatever headers a call has", () =>
      Effect.gen(function* () {
        const anna = yield* person("anna")
        const boris = yield* person("boris")
        const client = yield* connect(anna.access_token)
        const me = yield* client.Me().pipe(
          RpcClient.withHeaders(
            Headers.fromInput({
              authorization: `Bearer ${boris.access_token}`,
              cookie: `confab_access=${boris.access_token}`,
            }),
          ),
        )
        assert.strictEqual(me.id, anna.id)
      }),
    )

    it.effect("wait their turn when there are a thousand at once, and all are answered", () =>
      Effect.gen(function* () {
        const anna = yield* person("anna")
        const client = yield* connect(anna.access_token)
        const answers = yield* Effect.forEach(Array.from({ length: 1_000 }), () => client.Me(), {
          concurrency: "unbounded",
        })
        assert.isTrue(answers.every(({ id }) => id === anna.id))
      }),
    )

    it.effect("end with the session: calls under way, event streams and later calls fail with the close code", () =>
      Effect.gen(function* () {
        const anna = yield* person("anna")
        const client = yield* connect(anna.access_token)
        const stream = yield* Effect.forkChild(Effect.flip(Stream.runDrain(client.Events({}))), {
          startImmediately: true,
        })
        yield* firstEvents(client.Events({}), "hello")
        yield* Effect.promise(() => anna.ok("POST", "/logout"))
        for (const error of [yield* Fiber.join(stream), yield* Effect.flip(client.Me())]) {
          assert.strictEqual(error._tag, "RpcClientError")
          if (error._tag !== "RpcClientError" || error.reason._tag !== "SocketCloseError") continue
          assert.strictEqual(error.reason.code, 4501)
        }
      }),
    )
  })

  describe("the end of the server", () => {
    it.effect("is closed with 1001 and the time to reconnect", () =>
      Effect.gen(function* () {
        const closed = yield* Effect.promise(async () => {
          await using server = await serverOnPostgres()
          const { access_token } = await Person.signUp(server.url)
          const socket = new WebSocket(`${server.wsUrl}/rpc?token=${access_token}`)
          await once(socket, "open")
          const [[code, reason]] = await Promise.all([once(socket, "close"), server.terminate()])
          return { code, reason: JSON.parse(reason.toString()) }
        })
        assert.strictEqual(closed.code, 1001)
        assert.isAtLeast(closed.reason.retry_after_ms, 0)
      }),
    )
  })

  describe("events", () => {
    it.effect("say hello, then what happens; and after an absence what was missed", () =>
      Effect.gen(function* () {
        const anna = yield* person("anna")
        const boris = yield* person("boris")
        const mine = yield* connect(anna.access_token)
        const his = yield* connect(boris.access_token)
        const { chat } = yield* mine.OpenPrivateChat({ user_id: UserId.make(boris.id) })
        yield* mine.SendMessage({ chat_id: chat.id, text: MessageText.make("one") })
        yield* mine.SendMessage({ chat_id: chat.id, text: MessageText.make("two") })
        const missed = yield* firstEvents(his.Events({ cursors: { [chat.id]: 1 } }), "synced")
        assert.deepStrictEqual(
          missed.map(({ type }) => type).filter((type) => type !== "presence"),
          ["hello", "message", "message", "synced"],
        )
      }),
    )
  })
})
