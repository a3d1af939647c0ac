// The document of the socket: true to AsyncAPI, whole, and at one with what the server reads and writes.
import { Parser } from "@asyncapi/parser"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, JsonSchema, Schema, SchemaRepresentation } from "effect"
import { makeAsyncApi } from "../../src/contract/asyncapi.ts"
import { ClientFrames } from "../../src/contract/ClientFrame.ts"
import { CloseCode } from "../../src/contract/CloseCode.ts"
import { makeOpenApi } from "../../src/contract/openapi.ts"
import { ServerFrame, ServerFrames } from "../../src/contract/ServerFrame.ts"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { ChatId, MessageId, SessionId, UserId } from "../../src/domain/Ids.ts"
import { eventJson, fullyReadJson, specialJson } from "../../src/hub/frames/EventFrames.ts"
import * as Reply from "../../src/hub/frames/ReplyFrames.ts"
import { decode, Rejected } from "../../src/hub/inbound/Decode.ts"
import { kinds } from "../../src/kinds/Kinds.ts"
import * as Http from "../support/http.ts"

interface Payload {
  readonly anyOf?: ReadonlyArray<Payload>
  readonly required?: ReadonlyArray<string>
  readonly properties?: Record<string, { readonly description?: string; readonly $ref?: string }>
}
interface Message {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly description: string
  readonly examples: ReadonlyArray<{ readonly payload: unknown }>
}
interface Document {
  readonly info: { readonly version: string; readonly description: string }
  readonly servers: Record<string, { readonly security: ReadonlyArray<unknown> }>
  readonly channels: Record<
    string,
    {
      readonly address: string
      readonly messages: Record<string, unknown>
      readonly bindings: { readonly ws: { readonly query: Payload } }
      readonly "x-close-codes": ReadonlyArray<{ readonly code: number; readonly reconnect: boolean }>
    }
  >
  readonly operations: Record<string, { readonly action: string; readonly messages: ReadonlyArray<{ $ref: string }> }>
  readonly components: {
    readonly schemas: Record<string, Payload>
    readonly messages: Record<string, Message>
    readonly securitySchemes: Record<string, unknown>
  }
}

const document: Document = JSON.parse(JSON.stringify(makeAsyncApi()))
const messages = Object.entries(document.components.messages)

/** Effect does not read `anyOf` beside `properties`: each alternative as one schema. */
const alternatives = ({ anyOf, ...schema }: Payload): ReadonlyArray<Payload> =>
  anyOf?.map(({ properties = {}, required = [] }) => ({
    ...schema,
    properties: {
      ...schema.properties,
      ...Object.fromEntries(
        Object.entries(properties).map(([field, more]) => [field, { ...schema.properties?.[field], ...more }]),
      ),
    },
    required: [...(schema.required ?? []), ...required],
  })) ?? [schema]

/** Whether a frame fits its payload's schema, for a reader who has only the document. */
const fits = (name: string, payload: unknown) => {
  const { schemas } = document.components
  const definitions: Record<string, JsonSchema.JsonSchema> = {}
  for (const shared of ["User", "EventMember", "VersionSum", "ChatSummary", "Forwarded", "ReactionCount", "File"]) {
    definitions[shared] = JsonSchema.fromSchemaOpenApi3_1({ ...schemas[shared] }).schema
  }
  return alternatives(schemas[name] ?? {}).some((alternative) => {
    const { schema } = JsonSchema.fromSchemaOpenApi3_1({ ...alternative })
    const readable = { dialect: "draft-2020-12", schema, definitions } as const
    return Schema.is(SchemaRepresentation.fromJsonSchemaDocument(readable, { patterns: "apply" }))(payload)
  })
}

const chat_id = ChatId.make(7)
const at = "2026-11-21T09:30:00.000Z"

const understands = (payload: unknown, only: ChatId | 0) =>
  !(decode(Buffer.from(JSON.stringify(payload)), false, only) instanceof Rejected)

describe("the AsyncAPI document", () => {
  it("is valid AsyncAPI 3.0 to AsyncAPI's own parser", async () => {
    assert.propertyVal(document, "asyncapi", "3.0.0")
    const { diagnostics, document: parsed } = await new Parser().parse(JSON.stringify(document))
    // That there is a newer version of AsyncAPI is no fault.
    const faults = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version")
    assert.deepStrictEqual(faults, [])
    assert.lengthOf(parsed?.allMessages().all() ?? [], messages.length)
  })

  it("has every frame of both sides, on both sockets, in an operation, with words and examples", () => {
    const names = (action: string, address: string) =>
      Object.values(document.operations)
        .filter((operation) => operation.action === action)
        .flatMap((operation) => operation.messages.map(({ $ref }) => $ref.split("/")))
        .filter(([, , channel = ""]) => document.channels[channel]?.address === address)
        .map((path) => document.components.messages[path.at(-1) ?? ""]?.name)
    for (const address of ["/ws", "/ws/{chat_id}"]) {
      assert.sameMembers(names("receive", address), Object.keys(ClientFrames))
      assert.sameMembers(names("send", address), Object.keys(ServerFrames))
    }
    for (const [name, { title, summary, description, examples }] of messages) {
      for (const words of [title, summary, description]) assert.isNotEmpty(words, name)
      assert.isNotEmpty(examples, name)
    }
  })

  it("says what each field means", () => {
    for (const [name, { properties }] of Object.entries(document.components.schemas)) {
      for (const [field, { $ref, description }] of Object.entries(properties ?? {})) {
        if (field !== "type" && $ref === undefined) assert.isNotEmpty(description ?? "", `${name}.${field}`)
      }
    }
  })

  it("shows frames that the server understands, and such as a client of ours understands", () => {
    const isServerFrame = Schema.is(ServerFrame)
    for (const [name, { examples }] of messages) {
      for (const { payload } of examples) {
        assert.isTrue(fits(name, payload), JSON.stringify(payload))
        if (name.startsWith("Server")) assert.isTrue(isServerFrame(payload), JSON.stringify(payload))
        else assert.isTrue(understands(payload, name.endsWith("InChat") ? chat_id : 0), JSON.stringify(payload))
      }
    }
  })

  it("fits what the server really writes", () => {
    const user = { id: UserId.make(2), username: "ada", display_name: "Ada", created_at: at }
    const message = {
      id: MessageId.make(42),
      chat_id,
      seq: 13,
      sender_id: user.id,
      text: "Hé 👋",
      created_at: at,
      edited_at: null,
      deleted: false,
      reply_to: null,
      is_read: true,
      dedup_key: "once",
    }
    const chat = {
      id: chat_id,
      type: "private",
      name: null,
      created_by: user.id,
      created_at: at,
      member_count: 2,
    } as const
    const member = { user, role: "owner", last_read_seq: 0, joined_at: at } as const
    const version = 9
    const events: ReadonlyArray<ChatEvent> = [
      { _tag: "MessageSent", version, message },
      { _tag: "MessageUpdated", version, message: { ...message, edited_at: at } },
      { _tag: "MessageDeleted", version, message: { ...message, text: "", deleted: true } },
      { _tag: "ReadMarked", version, user_id: user.id, seq: 13, message_id: message.id },
      { _tag: "ChatCreated", version, chat, member_ids: [user.id] },
      { _tag: "ChatUpdated", version, chat },
      { _tag: "ChatDeleted", version },
      { _tag: "MemberAdded", version, member, chat },
      { _tag: "MemberUpdated", version, member },
      { _tag: "MemberRemoved", version, user_id: user.id },
      ...Object.values(kinds).map(({ name, show }): ChatEvent => {
        const record = { user_id: user.id, removed: true, body: name === "pin" ? { at: 1 } : { "👍": 1 } }
        const shown = show(record, user.id, [{ key: "👍", count: 2, since: 1 }])
        return { _tag: "Recorded", version, kind: name, message_id: message.id, shown }
      }),
    ]
    const position = {
      chat_id,
      last_seq: 13,
      last_read_seq: 0,
      unread_count: 13,
      unread_mention_count: 0,
      version,
      member_count: 2,
      delivered_seq: 0,
    }
    const session_id = SessionId.make("5f0c8a52-6a0e-4d38-9f3f-0a6f2d2f7c11")
    const written = [
      ...events.map((event) => eventJson(chat_id, event)),
      ...events.map((event) => specialJson(event, eventJson(chat_id, event))),
      fullyReadJson(chat_id, { user_id: user.id, seq: 13, message_id: message.id }),
      Reply.helloJson(user.id, session_id, 3, [position], [user.id]),
      Reply.helloJson(user.id, session_id, 3, [], []),
      Reply.sentJson("a", message, false),
      Reply.sentJson(undefined, message, true),
      Reply.readJson(1.5, chat_id, 0),
      Reply.changedJson(undefined, message.id),
      Reply.authenticatedJson(0, at),
      Reply.stateSetJson(0, 1),
      Reply.stateJson({ key: "app:one", value: `{"a":[1]}`, version }),
      Reply.stateJson({ key: "app:one", value: null, version }),
      Reply.pongJson(undefined, at),
      Reply.errorJson(undefined, "unavailable", "Later.", 1000),
      Reply.refusalJson("a", undefined),
      Reply.deliveredJson(chat_id, user.id, 13),
      Reply.typingJson(chat_id, user.id, false),
      Reply.presenceJson(user.id, null),
      Reply.userUpdatedJson(user),
      Reply.userUpdatedJson({ ...user, custom: { a: [1] } }),
      Reply.presenceJson(user.id, at),
      Reply.syncedJson("a", new Map([[chat_id, version]])),
      Reply.syncedJson("a", new Map([[chat_id, version]]), [chat_id]),
      Reply.syncedJson("a", new Map([[chat_id, version]]), [], 7),
      Reply.checkJson(chat_id, version, { messages: { count: 2, sum: 7 }, members: { count: 1, sum: 1 } }),
      Reply.resetJson(chat_id, version),
      Reply.resetJson(null, version),
      Reply.chatGoneJson(chat_id),
    ].map((json): { readonly type: string } => JSON.parse(json))
    assert.sameMembers([...new Set(written.map(({ type }) => type))], Object.keys(ServerFrames))

    for (const frame of written) {
      const [name] = messages.find(([name, { name: type }]) => name.startsWith("Server") && type === frame.type) ?? [""]
      assert.isTrue(fits(name, frame), JSON.stringify(frame))
    }
  })

  it("allows and forbids what the server does", () => {
    const good: Record<string, ReadonlyArray<unknown>> = {
      ClientMessage: [
        { type: "message", chat_id, text: "a", dedup_key: null, reply_to: null, unknown: 1 },
        { type: "message", ref: 1.5, chat_id, text: "😀".repeat(4096) },
        { type: "message", chat_id, text: "", attachments: [5] },
      ],
      ClientMessageInChat: [{ text: "a" }, { type: "message", text: "a", chat_id }],
      ClientRead: [{ type: "read", message_id: 1, seq: 0 }],
      ClientReadInChat: [{ type: "read", seq: 0 }],
      ClientSync: [{ type: "sync", cursors: {} }],
    }
    const bad: Record<string, ReadonlyArray<unknown>> = {
      ClientMessage: [
        { chat_id, text: "a" },
        { type: "message", text: "a" },
        { type: "message", chat_id, text: "" },
        { type: "message", chat_id, attachments: [5] },
        { type: "message", chat_id, text: "", attachments: [] },
        { type: "message", chat_id, text: "a".repeat(4097) },
        { type: "message", chat_id: "7", text: "a" },
        { type: "message", chat_id, text: "a", ref: null },
        { type: "message", chat_id, text: "a", dedup_key: "a".repeat(65) },
        { type: "message", chat_id, text: "a", reply_to: 0 },
      ],
      ClientMessageInChat: [{ type: "message" }],
      ClientRead: [
        { type: "read" },
        { type: "read", chat_id },
        { type: "read", seq: 1 },
        { type: "read", message_id: null },
      ],
      ClientReadInChat: [{ type: "read", chat_id }],
      ClientTyping: [{ type: "typing" }, { type: "typing", chat_id, is_typing: null }],
      ClientSync: [
        { type: "sync", cursors: { "7": -1 } },
        { type: "sync", cursors: [1] },
      ],
      ClientAuth: [{ type: "auth" }],
      ClientDelete: [{ type: "delete", message_id: 1.5 }],
    }
    for (const [frames, expected] of [
      [good, true],
      [bad, false],
    ] as const) {
      for (const [name, payloads] of Object.entries(frames)) {
        for (const payload of payloads) {
          const understood = understands(payload, name.endsWith("InChat") ? chat_id : 0)
          const said = `${name} ${JSON.stringify(payload).slice(0, 100)}`
          assert.deepStrictEqual([understood, fits(name, payload)], [expected, expected], said)
        }
      }
    }
  })

  it("says how to connect, and why and whether for good a socket is closed", () => {
    assert.hasAllKeys(document.components.securitySchemes, ["bearer", "cookie", "token"])
    for (const { security } of Object.values(document.servers)) assert.lengthOf(security, 3)
    for (const channel of Object.values(document.channels)) {
      assert.hasAllKeys(channel.bindings.ws.query.properties, ["resume", "token"])
      const codes = channel["x-close-codes"]
      assert.sameMembers(
        codes.map(({ code }) => code),
        Object.values(CloseCode),
      )
      assert.sameMembers(
        codes.filter(({ reconnect }) => reconnect).map(({ code }) => code),
        [1001, 4000, 4001, 4002],
      )
    }
    for (const code of Object.values(CloseCode)) assert.include(document.info.description, `| ${code} |`)
    for (const word of ["25 seconds", "60 seconds", "65,536 bytes", "?resume=true"])
      assert.include(document.info.description, word)
  })

  it("and the OpenAPI document name each other and are of one version", () => {
    const { description, version } = makeOpenApi().info
    assert.include(description, "/asyncapi.json")
    assert.include(document.info.description, "/openapi.json")
    assert.strictEqual(document.info.version, version)
  })

  layer(Http.layer())("on the server", (it) => {
    it.effect("is public, generated once and compressed", () =>
      Effect.gen(function* () {
        const answer = yield* Http.send("GET", "/asyncapi.json")
        assert.deepStrictEqual([answer.status, answer.headers["content-type"]], [200, "application/json"])
        assert.deepStrictEqual(answer.body, document)
        const headers = { "if-none-match": String(answer.headers.etag) }
        const again = yield* Http.send("GET", "/asyncapi.json", { headers })
        assert.deepStrictEqual([again.status, again.text], [304, ""])
        const zipped = yield* Http.send("GET", "/asyncapi.json", { headers: { "accept-encoding": "gzip" } })
        assert.strictEqual(zipped.headers["content-encoding"], "gzip")
      }),
    )
  })
})
