// Authorisation: every operation of the HTTP document, every frame and every remote procedure × every kind of caller. A
// new operation fails here until its callers are declared. Foreign things are indistinguishable from missing ones.

import { describe, expect, it } from "vitest"
import { ChatRpcs } from "../../src/contract/ChatRpcs.ts"
import { ClientFrames } from "../../src/contract/ClientFrame.ts"
import { makeOpenApi } from "../../src/contract/openapi.ts"
import { sharedServerOnPostgres } from "../support/sharedServer.ts"
import { call, nowhere, type Row, roles, type Scene, Stage } from "./matrix/Stage.ts"

const server = await sharedServerOnPostgres()
const stage = await Stage.open(server.url)
/** For requests that are all refused. */
const untouched = await stage.scene()

/** The scene of each role: the same for all of them, or one each where a request that succeeds leaves nothing for the next role. */
const scenesFor = async (isUsedUp: boolean): Promise<ReadonlyArray<Scene>> => {
  const shared = await stage.scene()
  return Promise.all(roles.map((_, i) => (isUsedUp && i > 0 ? stage.scene() : shared)))
}

const same = <A>(one: A): Row<A> => [one, one, one, one, one]
const inside = <A, B>(no: A, yes: B): Row<A | B> => [no, no, yes, yes, yes]

const thumb = ({ message_id }: Scene) => `/messages/${message_id}/reactions/${encodeURIComponent("👍")}`

const draft = ({ chat_id }: Scene) => `/me/state/draft:${chat_id}`

const later = { at: "2026-11-21T09:30:00.000Z", text: "Later" }

const file = ({ file_id }: Scene) => `/files/${file_id}`

interface Operation {
  readonly path?: (scene: Scene) => string
  readonly body?: (scene: Scene) => object
  readonly gets: Row<number>
  /** Success removes what the request is about. */
  readonly removes?: boolean
}

/** Open to every caller, with or without a token; their effects are tested elsewhere. */
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
  logOut: { gets: same(204) },
  getMe: { gets: same(200) },
  changeMe: { body: () => ({}), gets: same(200) },
  deleteMe: { body: () => ({ password: "wrong" }), gets: same(403) },
  exportMe: { gets: same(200) },
  changePassword: { body: () => ({ current_password: "wrong", new_password: "long enough" }), gets: same(403) },
  listSessions: { gets: same(200) },
  endSession: { path: ({ author_session }) => `/me/sessions/${author_session}`, gets: same(404) },
  searchUsers: { gets: same(200) },
  getUser: { path: ({ author_id }) => `/users/${author_id}`, gets: same(200) },
  createChat: { body: ({ guest_id }) => ({ type: "group", name: "New", member_ids: [guest_id] }), gets: same(201) },
  listChats: { gets: same(200) },
  getChat: { gets: inside(404, 200) },
  listMembers: { gets: inside(404, 200) },
  changeChat: {
    body: () => ({ name: "New", description: "Newer", custom: { a: 1 } }),
    gets: [404, 404, 403, 200, 200],
  },
  deleteChat: { removes: true, gets: [404, 404, 403, 403, 204] },
  addMembers: { body: ({ guest_id }) => ({ user_ids: [guest_id] }), gets: [404, 404, 403, 200, 200] },
  changeMember: { body: () => ({ role: "admin" }), gets: [404, 404, 403, 403, 200] },
  removeMember: { removes: true, gets: [404, 404, 403, 204, 204] },
  countUnread: { gets: same(200) },
  readAll: { gets: same(204) },
  sendMessage: { body: () => ({ text: "Hello" }), gets: inside(404, 201) },
  sendDirectMessage: { body: ({ guest_id }) => ({ recipient_id: guest_id, text: "Hello" }), gets: same(201) },
  listMessages: { gets: inside(404, 200) },
  getHistory: { gets: inside(404, 200) },
  listRecentMessages: { gets: same(200) },
  listMentions: { gets: same(200) },
  getMessages: { path: ({ message_id }) => `/messages?ids=${message_id}`, gets: same(200) },
  getMessage: { gets: inside(404, 200) },
  editMessage: { body: () => ({ text: "Changed" }), gets: inside(404, 403) },
  deleteMessage: { removes: true, gets: [404, 404, 403, 204, 204] },
  markRead: { gets: inside(404, 200) },
  listReaders: { gets: inside(404, 200) },
  listEdits: { gets: [404, 404, 403, 200, 200] },
  getThread: { gets: inside(404, 200) },
  react: { path: thumb, gets: inside(404, 200) },
  unreact: { path: thumb, gets: inside(404, 200) },
  listReactions: { gets: inside(404, 200) },
  pin: { gets: [404, 404, 403, 204, 204] },
  unpin: { gets: [404, 404, 403, 204, 204] },
  listPins: { gets: inside(404, 200) },
  listState: { gets: same(200) },
  putState: { path: draft, body: () => ({ text: "Half a sentence" }), gets: inside(404, 200) },
  schedule: { body: () => later, gets: inside(404, 201) },
  deleteState: { path: draft, gets: inside(404, 204) },
  uploadFile: { body: () => ({ bytes: "These" }), gets: same(201) },
  getFile: { path: file, gets: same(404) },
  getThumb: { path: (scene) => `${file(scene)}/thumb`, gets: same(404) },
  createLink: { path: (scene) => `${file(scene)}/link`, gets: same(404) },
  deleteFile: { path: file, gets: same(404) },
  listFiles: { gets: same(200) },
  listChatFiles: { gets: inside(404, 200) },
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const
const documented = Object.entries(makeOpenApi().paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method: method.toUpperCase(), name: operation.operationId }]
  }),
)

const pathOf = (template: string, operation: Operation, scene: Scene): string =>
  operation.path?.(scene) ??
  template
    .replace(/\{(?:chat_)?id\}/, String(template.startsWith("/messages") ? scene.message_id : scene.chat_id))
    .replace("{user_id}", String(scene.author_id))

describe("HTTP", () => {
  it("has a row for every operation", () => {
    expect([...open, ...Object.keys(operations)].sort()).toEqual(documented.map(({ name }) => name).sort())
  })

  for (const { method, name, path } of documented) {
    const operation = operations[name]
    if (operation === undefined) continue
    it(`${name} lets in whom it should`, async () => {
      const scenes = await scenesFor(operation.removes === true)
      for (const [i, role] of roles.entries()) {
        const person = stage.people[role]
        const scene = scenes[i]!
        const ask = (at: Scene) => person.http(method, pathOf(path, operation, at), operation.body?.(at))
        const reply = await ask(scene)
        expect([role, reply.status]).toEqual([role, operation.gets[i]])
        if (name === "logOut") await person.logIn()
        if (role !== "stranger" && role !== "former") continue
        expect(JSON.stringify(reply.body)).not.toContain("A secret")
        if (operation.gets[i] !== 404) continue
        const unknown = await ask(nowhere(scene))
        expect([reply.status, reply.body]).toEqual([unknown.status, unknown.body])
      }
    })

    it(`${name} refuses every request without a valid token`, async () => {
      for (const at of [untouched, nowhere(untouched)]) {
        for (const { name: outsider, token } of stage.outsiders) {
          const response = await fetch(server.url + pathOf(path, operation, at), {
            method,
            headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
          })
          expect([outsider, response.status, (await response.json())._tag]).toEqual([outsider, 401, "Unauthorized"])
        }
      }
    })
  }
})

/** What comes back to a frame: the type of the answer, or the code of the error. */
const frames: Readonly<
  Record<string, { readonly says: (scene: Scene) => object; readonly gets: Row<string>; readonly removes?: boolean }>
> = {
  message: { says: ({ chat_id }) => ({ chat_id, text: "Hello" }), gets: inside("not_found", "ack") },
  read: { says: ({ message_id }) => ({ message_id }), gets: inside("not_found", "ack") },
  typing: { says: ({ chat_id }) => ({ chat_id }), gets: inside("not_found", "nothing") },
  edit: { says: ({ message_id }) => ({ message_id, text: "Changed" }), gets: inside("not_found", "forbidden") },
  delete: {
    says: ({ message_id }) => ({ message_id }),
    gets: ["not_found", "not_found", "forbidden", "ack", "ack"],
    removes: true,
  },
  react: { says: ({ message_id }) => ({ message_id, emoji: "👍" }), gets: inside("not_found", "ack") },
  pin: { says: ({ message_id }) => ({ message_id }), gets: ["not_found", "not_found", "forbidden", "ack", "ack"] },
  state: { says: ({ chat_id }) => ({ key: `draft:${chat_id}`, value: {} }), gets: inside("not_found", "ack") },
  sync: { says: ({ chat_id }) => ({ cursors: { [chat_id]: 0 } }), gets: inside("chat_gone", "synced") },
  auth: { says: () => ({ token: "another's" }), gets: same("forbidden") },
  ping: { says: () => ({}), gets: same("pong") },
}

describe("/ws", () => {
  it("has a row for every frame", () => {
    expect(Object.keys(frames).sort()).toEqual(Object.keys(ClientFrames).sort())
  })

  for (const [type, { gets, removes, says }] of Object.entries(frames)) {
    it(`${type} does for each role what the table says`, async () => {
      const scenes = await scenesFor(removes === true)
      for (const [i, role] of roles.entries()) {
        const scene = scenes[i]!
        const device = await stage.people[role].connect()
        const outcome = async (at: Scene) => {
          device.send({ type, ref: "asked", ...says(at) })
          // Only typing has no answer; that of the next frame shows that none came.
          if (type === "typing") device.send({ type: "ping", ref: "after" })
          const heard = await device.hears(
            (frame) => frame.ref === "asked" || frame.ref === "after" || frame.type === "chat_gone",
          )
          return { ...heard, gets: heard.ref === "after" ? "nothing" : (heard.code ?? heard.type) }
        }
        const got = await outcome(scene)
        expect([role, got.gets]).toEqual([role, gets[i]])
        if (role === "stranger" || role === "former") {
          expect(JSON.stringify(device.heard)).not.toContain("A secret")
          if (got.gets === "not_found" && type !== "typing") {
            expect(await outcome(nowhere(scene))).toEqual(got)
          }
        }
        device.cut()
      }
    })
  }

  it("opens for no one without a valid token, and no chat that the user may not see", async () => {
    const { chat_id } = untouched
    const { former, member, stranger } = stage.people
    for (const path of ["/ws", `/ws/${chat_id}`, "/ws/987654321", "/rpc"]) {
      for (const { name, token } of stage.outsiders) {
        const status = await member.refused(path, token === undefined ? {} : { token })
        expect([path, name, status]).toEqual([path, name, 401])
      }
    }
    for (const person of [stranger, former]) {
      expect(await person.refused(`/ws/${chat_id}`)).toBe(404)
      expect(await person.refused("/ws/987654321")).toBe(404)
    }
  })
})

const hidden = inside("ChatNotFound", "ok")
const unseen = inside("MessageNotFound", "ok")
const chat = ({ chat_id }: Scene) => ({ chat_id })
const message = ({ message_id }: Scene) => ({ message_id })

const procedures: Readonly<
  Record<
    string,
    { readonly asks: (scene: Scene) => object | null; readonly gets: Row<string>; readonly removes?: boolean }
  >
> = {
  Authenticate: { asks: () => ({ token: "another's" }), gets: same("NotAllowed") },
  Me: { asks: () => null, gets: same("ok") },
  GetUser: { asks: ({ author_id }) => ({ id: author_id }), gets: same("ok") },
  SearchUsers: { asks: () => ({ query: "a" }), gets: same("ok") },
  CreateGroup: { asks: ({ guest_id }) => ({ name: "New", member_ids: [guest_id] }), gets: same("ok") },
  OpenPrivateChat: { asks: ({ guest_id }) => ({ user_id: guest_id }), gets: same("ok") },
  OpenSavedChat: { asks: () => null, gets: same("ok") },
  ListChats: { asks: () => ({}), gets: same("ok") },
  GetChat: { asks: chat, gets: hidden },
  Members: { asks: chat, gets: hidden },
  ChangeChat: {
    asks: (at) => ({ ...chat(at), name: "New" }),
    gets: ["ChatNotFound", "ChatNotFound", "NotAllowed", "ok", "ok"],
  },
  DeleteChat: { removes: true, asks: chat, gets: ["ChatNotFound", "ChatNotFound", "NotAllowed", "NotAllowed", "ok"] },
  AddMembers: {
    asks: (at) => ({ ...chat(at), user_ids: [at.guest_id] }),
    gets: ["ChatNotFound", "ChatNotFound", "NotAllowed", "ok", "ok"],
  },
  SetRole: {
    asks: (at) => ({ ...chat(at), user_id: at.author_id, role: "admin" }),
    gets: ["ChatNotFound", "ChatNotFound", "NotAllowed", "NotAllowed", "ok"],
  },
  RemoveMember: {
    removes: true,
    asks: (at) => ({ ...chat(at), user_id: at.author_id }),
    gets: ["ChatNotFound", "ChatNotFound", "NotAllowed", "ok", "ok"],
  },
  Unread: { asks: () => null, gets: same("ok") },
  ReadAll: { asks: () => null, gets: same("ok") },
  SendMessage: { asks: (at) => ({ ...chat(at), text: "Hello" }), gets: hidden },
  SendTo: { asks: ({ guest_id }) => ({ recipient_id: guest_id, text: "Hello" }), gets: same("ok") },
  EditMessage: { asks: (at) => ({ ...message(at), text: "Changed" }), gets: inside("MessageNotFound", "NotAllowed") },
  DeleteMessage: {
    removes: true,
    asks: message,
    gets: ["MessageNotFound", "MessageNotFound", "NotAllowed", "ok", "ok"],
  },
  MarkRead: { asks: message, gets: unseen },
  Readers: { asks: message, gets: unseen },
  Edits: { asks: message, gets: ["MessageNotFound", "MessageNotFound", "NotAllowed", "ok", "ok"] },
  Thread: { asks: message, gets: unseen },
  React: { asks: (at) => ({ ...message(at), emoji: "👍" }), gets: unseen },
  Reactions: { asks: message, gets: unseen },
  Pin: { asks: message, gets: ["MessageNotFound", "MessageNotFound", "NotAllowed", "ok", "ok"] },
  Pins: { asks: chat, gets: hidden },
  MessagePage: { asks: chat, gets: hidden },
  History: { asks: chat, gets: hidden },
  GetMessages: { asks: ({ message_id }) => ({ ids: [message_id] }), gets: same("ok") },
  GetMessage: { asks: message, gets: unseen },
  GetUsers: { asks: ({ author_id }) => ({ ids: [author_id] }), gets: same("ok") },
  RecentMessages: { asks: () => ({}), gets: same("ok") },
  Mentions: { asks: () => ({}), gets: same("ok") },
  State: { asks: () => ({}), gets: same("ok") },
  PutState: { asks: ({ chat_id }) => ({ key: `draft:${chat_id}`, value: {} }), gets: hidden },
  Schedule: { asks: ({ chat_id }) => ({ chat_id, ...later }), gets: hidden },
  DeleteState: { asks: ({ chat_id }) => ({ key: `draft:${chat_id}` }), gets: hidden },
  Events: { asks: () => ({}), gets: same("hello") },
}

describe("/rpc", () => {
  it("has a row for every procedure", () => {
    expect(Object.keys(procedures).sort()).toEqual([...ChatRpcs.requests.keys()].sort())
  })

  for (const [tag, { asks, gets, removes }] of Object.entries(procedures)) {
    it(`${tag} lets in whom it should`, async () => {
      const scenes = await scenesFor(removes === true)
      for (const [i, role] of roles.entries()) {
        const scene = scenes[i]!
        const got = await call(stage.people[role], tag, asks(scene))
        expect([role, got.outcome]).toEqual([role, gets[i]])
        if (role !== "stranger" && role !== "former") continue
        expect(JSON.stringify(got)).not.toContain("A secret")
        if (/NotFound$/.test(got.outcome)) {
          expect(await call(stage.people[role], tag, asks(nowhere(scene)))).toEqual(got)
        }
      }
    })
  }
})
