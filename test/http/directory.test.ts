// Whom users can find and name, by DIRECTORY: everybody else is as if they did not exist, over HTTP and RPC.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { call } from "../security/matrix/Stage.ts"
import { layer as edges } from "../support/edges.ts"
import * as Http from "../support/http.ts"

type Somebody = Effect.Success<typeof Http.somebody>

const unknown = 987_654_321

const idsIn = ({ body }: Http.Answer): ReadonlyArray<number> => body.items.map(({ id }: { id: number }) => id)
const find = (by: Somebody, query: string) =>
  Effect.map(by.send("GET", `/users?query=${encodeURIComponent(query)}`), idsIn)
const byIds = (by: Somebody, ...ids: ReadonlyArray<number>) =>
  Effect.map(by.send("GET", `/users?ids=${ids.join(",")}`), idsIn)

const group = (by: Somebody, ...members: ReadonlyArray<number>) =>
  by.send("POST", "/chats", { json: { type: "group", name: "A group", member_ids: members } })

const remote = (by: Somebody, tag: string, payload: object | null) =>
  Effect.flatMap(Http.port, (port) =>
    Effect.promise(() => call({ base: `http://127.0.0.1:${port}`, access_token: by.token } as never, tag, payload)),
  )

/** All ways to name a user for a chat. */
const ways = (by: Somebody, chat_id: number) => ({
  group: (id: number) => group(by, id),
  privately: (id: number) => by.send("POST", "/chats", { json: { type: "private", member_ids: [id] } }),
  message: (id: number) => by.send("POST", "/messages", { json: { recipient_id: id, text: "Hello" } }),
  member: (id: number) => by.send("POST", `/chats/${chat_id}/members`, { json: { user_ids: [id] } }),
})

const procedures = (chat_id: number) => ({
  GetUser: (id: number) => ({ id }),
  CreateGroup: (id: number) => ({ name: "New", member_ids: [id] }),
  OpenPrivateChat: (id: number) => ({ user_id: id }),
  SendTo: (id: number) => ({ recipient_id: id, text: "Hello" }),
  AddMembers: (id: number) => ({ chat_id, user_ids: [id] }),
})

const sameButFor = (id: number, text: string) => text.replaceAll(String(id), "…")

/** No answer shows that this user exists: each is that for a user who does not. */
const hidden = Effect.fnUntraced(function* (by: Somebody, other: Somebody) {
  const own = yield* group(by)
  for (const [way, name] of Object.entries(ways(by, own.body.id))) {
    const [real, invented] = [yield* name(other.id), yield* name(unknown)]
    assert.deepStrictEqual([way, real.status, real.body._tag], [way, 404, "UserNotFound"])
    assert.strictEqual(sameButFor(other.id, real.text), sameButFor(unknown, invented.text), way)
  }
  const [real, invented] = [yield* by.send("GET", `/users/${other.id}`), yield* by.send("GET", `/users/${unknown}`)]
  assert.deepStrictEqual([real.status, sameButFor(other.id, real.text)], [404, sameButFor(unknown, invented.text)])
  assert.deepStrictEqual(yield* byIds(by, other.id, by.id, unknown), [by.id])
  const block = (id: number) => by.send("PUT", `/me/state/block:${id}`, { json: {} })
  const [blocked, nobody] = [yield* block(other.id), yield* block(unknown)]
  assert.deepStrictEqual([blocked.status, sameButFor(other.id, blocked.text)], [404, sameButFor(unknown, nobody.text)])
  for (const [tag, payload] of Object.entries(procedures(own.body.id))) {
    const [real, invented] = [yield* remote(by, tag, payload(other.id)), yield* remote(by, tag, payload(unknown))]
    assert.strictEqual(real.outcome, "UserNotFound", tag)
    assert.strictEqual(sameButFor(other.id, JSON.stringify(real)), sameButFor(unknown, JSON.stringify(invented)), tag)
  }
  assert.deepStrictEqual((yield* remote(by, "GetUsers", { ids: [other.id] })).exit, {
    _tag: "Success",
    value: [],
  })
})

describe("the directory", () => {
  layer(edges())("of all", (it) => {
    it.effect("has everybody", () =>
      Effect.gen(function* () {
        const [ann, bob] = [yield* Http.somebody, yield* Http.somebody]
        assert.include(yield* find(ann, bob.username.slice(0, -1)), bob.id)
        assert.deepStrictEqual(yield* byIds(ann, bob.id), [bob.id])
        assert.strictEqual((yield* group(ann, bob.id)).status, 201)
        assert.strictEqual((yield* Http.send("GET", "/service")).body.directory, "all")
      }),
    )
  })

  layer(edges({ directory: "shared" }))("of those who share a chat", (it) => {
    it.effect("hides strangers in every answer", () =>
      Effect.gen(function* () {
        const [ann, bob] = [yield* Http.somebody, yield* Http.somebody]
        yield* hidden(ann, bob)
        assert.notInclude(yield* find(ann, bob.username.slice(0, -1)), bob.id)
        assert.notInclude(yield* find(ann, ""), bob.id)
        assert.strictEqual((yield* Http.send("GET", "/service")).body.directory, "shared")
      }),
    )

    it.effect("shows those of one's chats, and whoever's full user name one gives", () =>
      Effect.gen(function* () {
        const [ann, bob, cleo] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        assert.deepStrictEqual(yield* find(ann, bob.username.toUpperCase()), [bob.id])
        assert.deepStrictEqual(yield* byIds(ann, bob.id), [bob.id])
        const { body } = yield* ann.send("GET", "/me/export")
        assert.deepStrictEqual(
          body.found_users.map(({ user_id }: { user_id: number }) => user_id),
          [bob.id],
        )
        // Finding is one-sided until they share a chat.
        yield* hidden(bob, ann)
        const made = yield* group(ann, bob.id)
        assert.strictEqual(made.status, 201)
        assert.strictEqual((yield* bob.send("GET", `/users/${ann.id}`)).status, 200)
        assert.include(yield* find(bob, ann.username.slice(0, -1)), ann.id)
        assert.strictEqual((yield* group(bob, ann.id)).status, 201)
        yield* hidden(ann, cleo)
        // A message keeps its author's name after they have left; who has left names nobody any more.
        yield* bob.send("DELETE", `/chats/${made.body.id}/members/${bob.id}`)
        assert.strictEqual((yield* ann.send("GET", `/users/${bob.id}`)).status, 200)
      }),
    )

    it.effect("names all that are missing alike", () =>
      Effect.gen(function* () {
        const [ann, bob] = [yield* Http.somebody, yield* Http.somebody]
        const answer = yield* group(ann, bob.id, unknown)
        assert.deepStrictEqual([answer.status, answer.body.user_ids], [404, [bob.id, unknown]])
      }),
    )
  })

  layer(edges({ directory: "off" }))("that is off", (it) => {
    it.effect("knows only full user names", () =>
      Effect.gen(function* () {
        const [ann, bob, cleo] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        yield* hidden(ann, bob)
        assert.deepStrictEqual(yield* find(ann, ""), [])
        assert.deepStrictEqual(yield* find(ann, bob.username.slice(0, -1)), [])
        assert.deepStrictEqual(yield* find(ann, ` ${bob.username} `), [bob.id])
        const made = yield* group(ann, bob.id)
        assert.strictEqual(made.status, 201)
        // The chat shows its members, but they are not for other chats.
        assert.strictEqual((yield* bob.send("GET", `/users/${ann.id}`)).status, 200)
        assert.deepStrictEqual(yield* find(bob, ann.username.slice(0, -1)), [])
        assert.strictEqual((yield* group(bob, ann.id)).status, 404)
        const again = yield* ann.send("POST", `/chats/${made.body.id}/members`, { json: { user_ids: [bob.id] } })
        assert.strictEqual(again.status, 200)
        const private_ = { type: "private", member_ids: [bob.id] }
        assert.strictEqual((yield* ann.send("POST", "/chats", { json: private_ })).status, 201)
        const back = yield* bob.send("POST", "/messages", { json: { recipient_id: ann.id, text: "Hello back" } })
        assert.strictEqual(back.status, 201)
        yield* hidden(cleo, ann)
      }),
    )
  })
})
