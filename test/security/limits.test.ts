// Every operation of the HTTP document, every frame and every remote procedure × the limits: each counts against a
// limit. A new operation fails here until its limit is declared.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type NodeRate, nodeRates, type SharedRate, sharedRates } from "../../src/config/limitSettings.ts"
import { ChatRpcs } from "../../src/contract/ChatRpcs.ts"
import { ClientFrames } from "../../src/contract/ClientFrame.ts"
import { makeOpenApi } from "../../src/contract/openapi.ts"
import { UserId } from "../../src/domain/Ids.ts"
import { RateLimits } from "../../src/services/limits/RateLimits.ts"
import { converse, layer as edges } from "../support/edges.ts"
import { port, send, somebody } from "../support/http.ts"
import { refusal } from "../support/sockets.ts"

type Rate = NodeRate | SharedRate

/** A user, and what they may do all of these things to. */
interface Scene {
  readonly chat_id: number
  readonly message_id: number
  readonly guest_id: number
  readonly member_id: number
}

interface Operation {
  /** Beside `requests`, which every call is taken from. */
  readonly takes?: ReadonlyArray<Rate>
  readonly asks?: (scene: Scene) => object
}

const later = () => ({ at: "1970-01-02T00:00:00.000Z", text: "Later" })
const text = () => ({ text: "Hello" })
const newGroup = ({ guest_id }: Scene) => ({ name: "New", member_ids: [guest_id] })

/** Without an access token: limited by address, and tried in test/services. Refreshes are tried below. */
const open = [
  "issueTokens",
  "logIn",
  "refresh",
  "signUp",
  "getHealth",
  "getReadiness",
  "getMetrics",
  "getKeys",
  "getService",
]

const operations: Readonly<Record<string, Operation>> = {
  logOut: {},
  getMe: {},
  changeMe: { takes: ["messages"], asks: () => ({ display_name: "Another" }) },
  // Limited by failed log-ins: it needs the password.
  deleteMe: { asks: () => ({ password: "wrong" }) },
  changePassword: { asks: () => ({ current_password: "wrong", new_password: "long enough" }) },
  exportMe: { takes: ["exports"] },
  listSessions: {},
  endSession: {},
  searchUsers: {},
  getUser: {},
  createChat: { takes: ["chats", "members"], asks: (scene) => ({ type: "group", ...newGroup(scene) }) },
  listChats: {},
  getChat: {},
  listMembers: {},
  changeChat: { takes: ["messages"], asks: () => ({ name: "New" }) },
  deleteChat: { takes: ["messages"] },
  addMembers: { takes: ["messages", "members"], asks: ({ guest_id }) => ({ user_ids: [guest_id] }) },
  changeMember: { takes: ["messages"], asks: () => ({ role: "admin" }) },
  removeMember: { takes: ["messages"] },
  countUnread: {},
  readAll: { takes: ["reads"] },
  sendMessage: { takes: ["messages"], asks: text },
  sendDirectMessage: { takes: ["messages", "chats"], asks: ({ guest_id }) => ({ recipient_id: guest_id, ...text() }) },
  listMessages: {},
  getHistory: {},
  listRecentMessages: {},
  listMentions: {},
  getMessage: {},
  getMessages: {},
  editMessage: { takes: ["messages"], asks: text },
  deleteMessage: { takes: ["messages"] },
  markRead: { takes: ["reads"] },
  listReaders: {},
  getThread: {},
  listEdits: {},
  react: { takes: ["messages"] },
  unreact: { takes: ["messages"] },
  listReactions: {},
  pin: { takes: ["messages"] },
  unpin: { takes: ["messages"] },
  listPins: {},
  listState: {},
  putState: { takes: ["messages"], asks: text },
  deleteState: { takes: ["messages"] },
  schedule: { takes: ["messages"], asks: later },
  uploadFile: { takes: ["messages"], asks: text },
  getFile: {},
  getThumb: {},
  createLink: {},
  listFiles: {},
  deleteFile: { takes: ["messages"] },
  listChatFiles: {},
}

const frames: Readonly<Record<string, Operation>> = {
  message: { takes: ["messages"], asks: ({ chat_id }) => ({ chat_id, ...text() }) },
  read: { takes: ["reads"], asks: ({ message_id }) => ({ message_id }) },
  edit: { takes: ["messages"], asks: ({ message_id }) => ({ message_id, ...text() }) },
  delete: { takes: ["messages"], asks: ({ message_id }) => ({ message_id }) },
  react: { takes: ["messages"], asks: ({ message_id }) => ({ message_id, emoji: "👍" }) },
  pin: { takes: ["messages"], asks: ({ message_id }) => ({ message_id }) },
  state: { takes: ["messages"], asks: () => ({ key: "app:one", value: 1 }) },
  // A call like any other: tried below with the upgrades.
  auth: {},
  // Bounded by themselves, and by FRAMES_PER_SECOND: test/sockets.
  typing: {},
  sync: {},
  ping: {},
}

const inChat = ({ chat_id }: Scene) => ({ chat_id })
const ofMessage = ({ message_id }: Scene) => ({ message_id })

const procedures: Readonly<Record<string, Operation>> = {
  Authenticate: { asks: () => ({ token: "another's" }) },
  Me: {},
  GetUser: { asks: ({ guest_id }) => ({ id: guest_id }) },
  SearchUsers: { asks: () => ({ query: "a" }) },
  CreateGroup: { takes: ["chats", "members"], asks: newGroup },
  OpenPrivateChat: { takes: ["chats"], asks: ({ guest_id }) => ({ user_id: guest_id }) },
  OpenSavedChat: { takes: ["chats"] },
  ListChats: { asks: () => ({}) },
  GetChat: { asks: inChat },
  Members: { asks: inChat },
  ChangeChat: { takes: ["messages"], asks: (scene) => ({ ...inChat(scene), name: "New" }) },
  DeleteChat: { takes: ["messages"], asks: inChat },
  AddMembers: {
    takes: ["messages", "members"],
    asks: (scene) => ({ ...inChat(scene), user_ids: [scene.guest_id] }),
  },
  SetRole: {
    takes: ["messages"],
    asks: (scene) => ({ ...inChat(scene), user_id: scene.member_id, role: "admin" }),
  },
  RemoveMember: { takes: ["messages"], asks: (scene) => ({ ...inChat(scene), user_id: scene.member_id }) },
  Unread: {},
  ReadAll: { takes: ["reads"] },
  SendMessage: { takes: ["messages"], asks: (scene) => ({ ...inChat(scene), ...text() }) },
  SendTo: { takes: ["messages", "chats"], asks: ({ guest_id }) => ({ recipient_id: guest_id, ...text() }) },
  EditMessage: { takes: ["messages"], asks: (scene) => ({ ...ofMessage(scene), ...text() }) },
  DeleteMessage: { takes: ["messages"], asks: ofMessage },
  MarkRead: { takes: ["reads"], asks: ofMessage },
  Readers: { asks: ofMessage },
  Thread: { asks: ofMessage },
  Edits: { asks: ofMessage },
  React: { takes: ["messages"], asks: (scene) => ({ ...ofMessage(scene), emoji: "👍" }) },
  Reactions: { asks: ofMessage },
  Pin: { takes: ["messages"], asks: ofMessage },
  Pins: { asks: inChat },
  MessagePage: { asks: inChat },
  History: { asks: inChat },
  RecentMessages: { asks: () => ({}) },
  Mentions: { asks: () => ({}) },
  GetMessage: { asks: ofMessage },
  GetMessages: { asks: ({ message_id }) => ({ ids: [message_id] }) },
  GetUsers: { asks: ({ guest_id }) => ({ ids: [guest_id] }) },
  State: { asks: () => ({}) },
  PutState: { takes: ["messages"], asks: () => ({ key: "app:one", value: 1 }) },
  Schedule: { takes: ["messages"], asks: (scene) => ({ ...inChat(scene), ...later() }) },
  DeleteState: { takes: ["messages"], asks: () => ({ key: "app:one" }) },
  Events: { asks: () => ({}) },
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const
const documented = Object.entries(makeOpenApi().paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method: method.toUpperCase(), name: operation.operationId }]
  }),
)

const scene = Effect.gen(function* () {
  const [user, member, guest] = [yield* somebody, yield* somebody, yield* somebody]
  const chat = yield* user.send("POST", "/chats", { json: { type: "group", name: "A", member_ids: [member.id] } })
  const chat_id: number = chat.body.id
  const { body } = yield* user.send("POST", `/chats/${chat_id}/messages`, { json: text() })
  return { user, chat_id, message_id: body.id as number, guest_id: guest.id, member_id: member.id }
})

/** Uses up the user's whole limit. The test's clock does not move, so nothing is refilled. */
const exhaust = Effect.fnUntraced(function* (rate: Rate, user_id: number) {
  const limits = yield* RateLimits
  const take = limits.demand(rate, UserId.make(user_id))
  yield* Effect.flip(Effect.forever(take))
})

const directory = mkdtempSync(join(tmpdir(), "confab-limits-"))
const withFiles = {
  files: { _tag: "Directory", directory, isChosen: true, maxBytes: 1_000_000, quotaBytes: null, scanner: undefined },
} as const
const cleaned = Layer.effectDiscard(
  Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))),
)

const settings = {
  messagesPerSecond: 5,
  requestsPerSecond: 50,
  chatsPerHour: 20,
  membersPerHour: 20,
  exportsPerHour: 20,
}

/** How long until there is one again. */
const pause = (rate: Rate): number => {
  const { setting, windowMillis } = { ...nodeRates, ...sharedRates }[rate]
  return windowMillis / settings[setting]
}

layer(edges({ ...settings, ...withFiles }).pipe(Layer.provideMerge(cleaned)), { timeout: 60_000 })(
  "Each edge takes what users do from their allowance",
  (it) => {
    describe("HTTP", () => {
      it("has a row for every operation", () => {
        assert.deepStrictEqual([...open, ...Object.keys(operations)].sort(), documented.map(({ name }) => name).sort())
      })

      it("applies a limit to every change", () => {
        const free = documented.filter(
          ({ method, name }) => method !== "GET" && !open.includes(name) && operations[name]?.takes === undefined,
        )
        assert.deepStrictEqual(
          free.map(({ name }) => name).sort(),
          // What one has done once cannot be done again, or costs a failed log-in; a link changes nothing.
          ["changePassword", "createLink", "deleteMe", "endSession", "logOut"],
        )
      })

      for (const { method, name, path } of documented) {
        const operation = operations[name]
        if (operation === undefined) continue
        for (const rate of ["requests", ...(operation.takes ?? [])] as const) {
          it.effect(`${name} is taken from ${rate}`, () =>
            Effect.gen(function* () {
              const { user, ...rest } = yield* scene
              const id = path.startsWith("/messages")
                ? rest.message_id
                : path.startsWith("/users")
                  ? user.id
                  : rest.chat_id
              const at = path
                .replace(/\{(?:chat_)?id\}/, String(id))
                .replace("{user_id}", String(rest.member_id))
                .replace("{key}", "app:one")
                .replace("{emoji}", encodeURIComponent("👍"))
              const ask = user.send(method, at, operation.asks === undefined ? {} : { json: operation.asks(rest) })
              yield* exhaust(rate, user.id)
              const refused = yield* ask
              assert.deepStrictEqual([refused.status, refused.body._tag], [429, "TooManyRequests"])
              assert.isAtLeast(Number(refused.headers["retry-after"]), 1)
              assert.isAtMost(Number(refused.headers["retry-after"]), Math.ceil(pause(rate) / 1000))
              yield* TestClock.adjust(pause(rate))
              assert.notStrictEqual((yield* ask).status, 429)
            }),
          )
        }
      }
    })

    it.effect("a refresh counts as a request, and the token of a refused one stays valid", () =>
      Effect.gen(function* () {
        const user = yield* somebody
        const { refresh_token } = user
        const byGrant = send("POST", "/token", { form: { grant_type: "refresh_token", refresh_token } })
        const byBody = send("POST", "/refresh", { json: { refresh_token } })
        yield* exhaust("requests", user.id)
        for (const ask of [byGrant, byBody]) {
          const refused = yield* ask
          assert.deepStrictEqual([refused.status, refused.body._tag], [429, "TooManyRequests"])
          assert.strictEqual(refused.headers["retry-after"], "1")
        }
        yield* TestClock.adjust(pause("requests"))
        assert.strictEqual((yield* byBody).status, 200)
      }),
    )

    describe("/ws", () => {
      it("has a row for every frame", () => {
        assert.deepStrictEqual(Object.keys(frames).sort(), Object.keys(ClientFrames).sort())
      })

      for (const path of ["/ws", "/ws/{id}"]) {
        for (const [type, { asks, takes = [] }] of Object.entries(frames)) {
          for (const rate of takes) {
            it.effect(`${type} on ${path} is taken from ${rate}`, () =>
              Effect.gen(function* () {
                const { user, ...rest } = yield* scene
                const say = { type, ref: "asked", ...asks?.(rest) }
                const at = path.replace("{id}", String(rest.chat_id))
                const ask = converse(yield* port, at, user.token, say, ({ ref }) => ref === "asked")
                yield* exhaust(rate, user.id)
                const refused = yield* ask
                assert.deepStrictEqual([refused.type, refused.code], ["error", "rate_limited"])
                assert.isAtLeast(refused.retry_after_ms, 1)
                assert.isAtMost(refused.retry_after_ms, pause(rate))
                yield* TestClock.adjust(pause(rate))
                assert.strictEqual((yield* ask).type, "ack")
              }),
            )
          }
        }
      }

      it.effect("auth is taken from requests, as opening a socket is", () =>
        Effect.gen(function* () {
          const { user, chat_id } = yield* scene
          const at = yield* port
          const say = { type: "auth", ref: "asked", token: user.token }
          const auth = converse(at, "/ws", user.token, say, ({ ref }) => ref === "asked")
          assert.strictEqual((yield* auth).type, "ack")
          yield* exhaust("requests", user.id)
          // One is there again: the socket's.
          yield* TestClock.adjust(pause("requests"))
          assert.deepInclude(yield* auth, { code: "rate_limited", retry_after_ms: pause("requests") })
          for (const path of ["/ws", `/ws/${chat_id}`, "/rpc"]) {
            const { body, headers, status } = yield* refusal(`ws://127.0.0.1:${at}${path}?token=${user.token}`)
            assert.deepStrictEqual([path, status, body._tag], [path, 429, "TooManyRequests"])
            assert.include(headers, { "retry-after": "1" })
          }
        }),
      )
    })

    describe("/rpc", () => {
      it("has a row for every procedure", () => {
        assert.deepStrictEqual(Object.keys(procedures).sort(), [...ChatRpcs.requests.keys()].sort())
      })

      for (const [tag, { asks, takes = [] }] of Object.entries(procedures)) {
        for (const rate of ["requests", ...takes] as const) {
          it.effect(`${tag} is taken from ${rate}`, () =>
            Effect.gen(function* () {
              const { user, ...rest } = yield* scene
              const say = { _tag: "Request", id: "1", tag, payload: asks?.(rest) ?? null, headers: [] }
              const isAnswer = ({ _tag }: { readonly _tag: string }) => _tag === "Exit" || _tag === "Chunk"
              const ask = converse(yield* port, "/rpc", user.token, say, isAnswer)
              yield* exhaust(rate, user.id)
              if (rate === "requests") yield* TestClock.adjust(pause(rate))
              const error = (yield* ask).exit?.cause?.[0]?.error
              assert.strictEqual(error?._tag, "TooManyRequests")
              assert.isAtLeast(error.retry_after_ms, 1)
              assert.isAtMost(error.retry_after_ms, pause(rate))
              yield* TestClock.adjust(2 * pause(rate))
              assert.notStrictEqual((yield* ask).exit?.cause?.[0]?.error?._tag, "TooManyRequests")
            }),
          )
        }
      }
    })
  },
)
