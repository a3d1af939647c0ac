// Every route once successfully and once for each refusal. The rules themselves are tested below the edge.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

const refused = (answer: Http.Answer, status: number, tag: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag])
  assert.strictEqual(answer.headers["content-type"], "application/problem+json")
  assert.strictEqual(answer.body.status, status)
  assert.isString(answer.body.title)
  assert.isString(answer.body.detail)
}

/** A group with its owner and one member, and a user outside of it. */
const group = Effect.gen(function* () {
  const owner = yield* Http.somebody
  const member = yield* Http.somebody
  const stranger = yield* Http.somebody
  const made = yield* owner.send("POST", "/chats", { json: { type: "group", name: "Group", member_ids: [member.id] } })
  assert.strictEqual(made.status, 201)
  return { owner, member, stranger, chat: made.body as { id: number } }
})

describe("the API", () => {
  layer(Http.layer())("of accounts", (it) => {
    it.effect("signs users up, each name and address once", () =>
      Effect.gen(function* () {
        const ada = { username: "Ada", email: "ada@example.org", password: "correct horse" }
        const made = yield* Http.send("POST", "/users", { json: ada })
        assert.strictEqual(made.status, 201)
        assert.hasAllKeys(made.body, ["id", "username", "display_name", "created_at", "email"])
        refused(yield* Http.send("POST", "/users", { json: { ...ada, username: "ADA" } }), 409, "UsernameTaken")
        refused(yield* Http.send("POST", "/users", { json: { ...ada, username: "Ada2" } }), 409, "EmailTaken")
      }),
    )

    it.effect("shows the custom data of a user wherever the user is shown, until it is removed", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const custom = { pronouns: "she", nested: [null, { a: 1 }] }
        const patched = yield* ada.send("PATCH", "/me", { json: { custom, display_name: "Ada Countess" } })
        assert.deepStrictEqual([patched.status, patched.body.custom], [200, custom], patched.text)
        assert.deepStrictEqual((yield* ada.send("PATCH", "/me", { json: {} })).body, patched.body)
        const { email: _, ...user } = patched.body
        const json = { type: "private", member_ids: [user.id] }
        const chat = (yield* bob.send("POST", "/chats", { json })).body
        const sent = yield* bob.send("POST", `/chats/${chat.id}/messages`, { json: { text: "Hello" } })
        yield* ada.send("POST", `/messages/${sent.body.id}/read`)
        yield* ada.send("PUT", `/messages/${sent.body.id}/reactions/${encodeURIComponent("👍")}`)
        type Item = { readonly id: number }
        type Page = { readonly items: ReadonlyArray<Item> }
        const shown = Effect.fnUntraced(function* () {
          const get = (path: string) => Effect.map(bob.send("GET", path), ({ body }) => body)
          const found = ({ items }: Page) => items.find(({ id }) => id === user.id)
          return [
            yield* get(`/users/${user.id}`),
            found(yield* get(`/users?ids=${user.id}`)),
            found(yield* get(`/users?query=${user.username}`)),
            found(yield* get(`/users?query=countess%20${user.username}`)),
            (yield* get(`/chats/${chat.id}`)).peer,
            (yield* get("/chats")).items.find(({ id }: Item) => id === chat.id).peer,
            (yield* get(`/chats/${chat.id}`)).members.find((one: { readonly user: Item }) => one.user.id === user.id)
              .user,
            (yield* get(`/chats/${chat.id}/members?query=countess`)).items[0].user,
            (yield* get(`/messages/${sent.body.id}/readers`)).items[0].user,
            (yield* get(`/messages/${sent.body.id}/reactions`)).items[0].user,
            (yield* get("/me/export")).chats.find(({ id }: Item) => id === chat.id).peer,
          ]
        })
        for (const each of yield* shown()) assert.deepStrictEqual(each, user)
        assert.deepStrictEqual((yield* ada.send("GET", "/me/export")).body.profile, patched.body)
        const deep = Array.from({ length: 40 }).reduce<object>((inside) => ({ inside }), {})
        for (const bad of [[], "text", 1, { a: "x".repeat(4_096) }, { a: "\0" }, deep]) {
          refused(yield* ada.send("PATCH", "/me", { json: { custom: bad } }), 400, "InvalidInput")
        }
        assert.deepStrictEqual((yield* ada.send("GET", "/me")).body, patched.body)
        const emptied = yield* ada.send("PATCH", "/me", { json: { custom: {} } })
        assert.notProperty(emptied.body, "custom")
        yield* ada.send("PATCH", "/me", { json: { custom } })
        const removed = yield* ada.send("PATCH", "/me", { json: { custom: null } })
        assert.notProperty(removed.body, "custom")
        const { custom: _custom, ...without } = user
        for (const each of yield* shown()) assert.deepStrictEqual(each, without)
      }),
    )

    it.effect("stores names in one form, and takes none that hide something", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const renamed = yield* me.send("PATCH", "/me", { json: { display_name: "E\u0301lodie" } })
        assert.deepStrictEqual([renamed.status, renamed.body.display_name], [200, "\u00c9lodie"])
        const json = (name: string) => ({ json: { type: "group", name, member_ids: [] } })
        const made = yield* me.send("POST", "/chats", json("Cafe\u0301"))
        assert.deepStrictEqual([made.status, made.body.name], [201, "Caf\u00e9"])
        const again = yield* me.send("PATCH", `/chats/${made.body.id}`, { json: { name: "The\u0301" } })
        assert.deepStrictEqual([again.status, again.body.name], [200, "Th\u00e9"])
        for (const name of ["\u200b", "Ada\u202egpj", "Ada\nAdmin", "A\u200dda", " "]) {
          refused(yield* me.send("PATCH", "/me", { json: { display_name: name } }), 400, "InvalidInput")
          refused(yield* me.send("POST", "/chats", json(name)), 400, "InvalidInput")
          refused(yield* me.send("PATCH", `/chats/${made.body.id}`, { json: { name } }), 400, "InvalidInput")
          const account = {
            username: `n${me.username}`,
            email: "n@example.org",
            password: "correct horse",
            display_name: name,
          }
          refused(yield* Http.send("POST", "/users", { json: account }), 400, "InvalidInput")
        }
      }),
    )

    it.effect("shows and finds users, without their addresses", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const user = yield* me.send("GET", `/users/${me.id}`)
        assert.hasAllKeys(user.body, ["id", "username", "display_name", "created_at"])
        const found = yield* me.send("GET", `/users?query=${me.username.toUpperCase()}&limit=1`)
        assert.deepStrictEqual(found.body, { items: [user.body] })
        const other = yield* Http.somebody
        const both = yield* me.send("GET", `/users?ids=${other.id},4711,${me.id},${other.id}`)
        assert.deepStrictEqual(
          both.body.items.map((one: { id: number }) => one.id),
          [me.id, other.id],
        )
        const many = Array.from({ length: 101 }, (_, i) => i + 1).join()
        for (const query of ["ids=", "ids=1,,2", "ids=01", "ids=a", `ids=${many}`, "ids=1&query=a", "ids=1&limit=2"]) {
          refused(yield* me.send("GET", `/users?${query}`), 400, "InvalidInput")
        }
        const missing = yield* me.send("GET", "/users/4711")
        refused(missing, 404, "UserNotFound")
        assert.deepStrictEqual(missing.body.user_ids, [4711])
      }),
    )

    it.effect("changes a password and ends the other sessions", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const other = yield* Http.send("POST", "/token", { form: { username: me.username, password: me.password } })
        const change = (current_password: string) =>
          me.send("POST", "/me/password", { json: { current_password, new_password: "battery staple" } })
        refused(yield* change("wrong"), 403, "WrongPassword")
        assert.strictEqual((yield* me.send("GET", "/me/sessions")).body.items.length, 2)
        assert.strictEqual((yield* change(me.password)).status, 204)
        refused(yield* Http.send("GET", "/me", { token: other.body.access_token }), 401, "Unauthorized")
        const sessions = yield* me.send("GET", "/me/sessions")
        assert.deepStrictEqual(
          sessions.body.items.map((session: { current: boolean }) => session.current),
          [true],
        )
      }),
    )

    it.effect("signs a device out, one's own only", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const other = yield* Http.somebody
        const [session] = (yield* me.send("GET", "/me/sessions")).body.items
        refused(yield* other.send("DELETE", `/me/sessions/${session.id}`), 404, "SessionNotFound")
        assert.strictEqual((yield* me.send("DELETE", `/me/sessions/${session.id}`)).status, 204)
        refused(yield* me.send("GET", "/me"), 401, "Unauthorized")
      }),
    )
  })

  layer(Http.layer({ maxGroupMembers: 3 }))("of chats", (it) => {
    it.effect("makes a private chat once, and gives it back after that", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const peer = yield* Http.somebody
        const open = (ids: ReadonlyArray<number>) =>
          me.send("POST", "/chats", { json: { type: "private", member_ids: ids } })
        const first = yield* open([peer.id])
        assert.strictEqual(first.status, 201)
        assert.strictEqual(first.body.peer.id, peer.id)
        const again = yield* open([peer.id, me.id, peer.id])
        assert.deepStrictEqual([again.status, again.body.id], [200, first.body.id])
        refused(yield* open([me.id]), 400, "PrivateChatWithOneself")
        refused(yield* open([]), 400, "InvalidInput")
        refused(yield* open([peer.id, 4711]), 400, "InvalidInput")
        refused(yield* open([4711]), 404, "UserNotFound")
        for (const [method, path, json] of [
          ["PATCH", "", { name: "x" }],
          ["DELETE", "", undefined],
          ["POST", "/members", { user_ids: [peer.id] }],
          ["DELETE", `/members/${me.id}`, undefined],
        ] as const) {
          const options = json === undefined ? {} : { json }
          refused(yield* me.send(method, `/chats/${first.body.id}${path}`, options), 403, "NotAllowed")
        }
      }),
    )

    it.effect("makes one saved chat a user, which stays as it is and alone says where a forward is from", () =>
      Effect.gen(function* () {
        const [me, peer] = [yield* Http.somebody, yield* Http.somebody]
        const open = me.send("POST", "/chats", { json: { type: "saved" } })
        const first = yield* open
        assert.strictEqual(first.status, 201, first.text)
        const { id, ...chat } = first.body
        assert.deepInclude(chat, { type: "saved", name: null, peer: null, role: "owner", member_count: 1 })
        const again = yield* open
        assert.deepStrictEqual([again.status, again.body], [200, first.body])
        assert.notStrictEqual((yield* peer.send("POST", "/chats", { json: { type: "saved" } })).body.id, id)
        for (const [method, path, json] of [
          ["PATCH", "", { name: "x" }],
          ["PATCH", "", { custom: { a: 1 } }],
          ["DELETE", "", undefined],
          ["POST", "/members", { user_ids: [peer.id] }],
          ["POST", "/members", { user_ids: [4711] }],
          ["PATCH", `/members/${me.id}`, { role: "member" }],
          ["DELETE", `/members/${me.id}`, undefined],
        ] as const) {
          const options = json === undefined ? {} : { json }
          refused(yield* me.send(method, `/chats/${id}${path}`, options), 403, "NotAllowed")
          refused(yield* peer.send(method, `/chats/${id}${path}`, options), 404, "ChatNotFound")
        }
        refused(yield* peer.send("GET", `/chats/${id}`), 404, "ChatNotFound")
        const json = { type: "private", member_ids: [peer.id] }
        const pair = (yield* me.send("POST", "/chats", { json })).body.id
        const say = (chat_id: number, json: object) => me.send("POST", `/chats/${chat_id}/messages`, { json })
        const said = (yield* peer.send("POST", `/chats/${pair}/messages`, { json: { text: "Keep this" } })).body
        const origin = { sender_id: peer.id, created_at: said.created_at }
        const kept = yield* say(id, { forward: said.id, dedup_key: "k" })
        assert.deepStrictEqual(kept.body.forwarded, { ...origin, chat_id: pair, message_id: said.id }, kept.text)
        const repeated = yield* say(id, { forward: said.id, dedup_key: "k" })
        assert.deepStrictEqual([repeated.status, repeated.body.id], [200, kept.body.id])
        assert.deepStrictEqual((yield* say(pair, { forward: said.id })).body.forwarded, origin)
        assert.deepStrictEqual((yield* say(pair, { forward: kept.body.id })).body.forwarded, origin)
        assert.strictEqual((yield* me.send("PUT", `/messages/${kept.body.id}/pin`)).status, 204)
        const shown = (yield* me.send("GET", `/chats/${id}/messages`)).body.items
        assert.deepStrictEqual([shown.length, shown[0].forwarded], [1, kept.body.forwarded])
        const exported = (yield* me.send("GET", "/me/export")).body
        assert.deepInclude(
          exported.chats.find((one: { readonly id: number }) => one.id === id),
          { type: "saved", peer: null, role: "owner" },
        )
      }),
    )

    it.effect("lists mine, a page at a time", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        for (const name of ["a", "b", "c"]) {
          yield* me.send("POST", "/chats", { json: { type: "group", name, member_ids: [] } })
        }
        const first = yield* me.send("GET", "/chats?limit=2")
        assert.strictEqual(first.body.items.length, 2)
        const second = yield* me.send("GET", `/chats?limit=2&before=${encodeURIComponent(first.body.next)}`)
        assert.deepStrictEqual([second.body.items.length, second.body.next], [1, null])
        for (const before of ["nonsense", "", "1-", "1-2-3", "1e3-1"]) {
          const refused = yield* me.send("GET", `/chats?before=${before}`)
          assert.deepStrictEqual([refused.status, refused.body.issues?.[0]?.path], [400, "before"])
        }
      }),
    )

    it.effect("keeps description and custom with the name, and says when any of them changed", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const custom = { ticket: 4711, tags: ["a", null], deep: { "é 🎈": true } }
        const make = (json: object) => me.send("POST", "/chats", { json: { type: "group", member_ids: [], ...json } })
        const plain = yield* make({ name: "Plain", custom: {} })
        assert.notProperty(plain.body, "description")
        assert.notProperty(plain.body, "custom")
        const made = yield* make({ name: "Full", description: "E\u0301tudes", custom })
        assert.strictEqual(made.status, 201)
        assert.deepInclude(made.body, { description: "\u00c9tudes", custom, version: 1 })

        const path = `/chats/${made.body.id}`
        const change = (json: unknown) => me.send("PATCH", path, { json })
        const shown = (body: Record<string, unknown>) => [body.name, body.description, body.custom, body.version]
        assert.deepStrictEqual(shown((yield* change({})).body), ["Full", "\u00c9tudes", custom, 1])
        const same = {
          name: "Full",
          description: "E\u0301tudes",
          custom: { deep: custom.deep, tags: custom.tags, ticket: 4711 },
        }
        assert.deepStrictEqual(shown((yield* change(same)).body), ["Full", "\u00c9tudes", custom, 1])
        assert.deepStrictEqual(shown((yield* change({ description: null })).body), ["Full", undefined, custom, 2])
        yield* me.send("POST", `${path}/messages`, { json: { text: "Takes a version of its own" } })
        const last = yield* change({ name: "Bare", custom: null })
        assert.deepStrictEqual(shown(last.body), ["Bare", undefined, undefined, 4])
        assert.deepStrictEqual(shown((yield* change({ custom: {} })).body), ["Bare", undefined, undefined, 4])
        const [listed] = (yield* me.send("GET", "/chats")).body.items
        assert.deepStrictEqual(shown(listed), ["Bare", undefined, undefined, 4])

        const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) })
        for (const wrong of [
          { name: "" },
          { name: null },
          { description: "" },
          { description: "\u200b" },
          { description: "a\u202eb" },
          { description: "x".repeat(513) },
          { description: 1 },
          { custom: [] },
          { custom: "text" },
          { custom: { a: "x".repeat(4090) } },
          { custom: { a: "\0" } },
          { custom: { "\ud800": 1 } },
          { custom: deep(33) },
          { custom: deep(2_000) },
        ]) {
          refused(yield* change(wrong), 400, "InvalidInput")
          if (!("name" in wrong)) refused(yield* make({ name: "Wrong", ...wrong }), 400, "InvalidInput")
        }
        const longest = { description: "x".repeat(512), custom: { a: "x".repeat(4088) } }
        assert.deepInclude((yield* change(longest)).body, longest)
        const peer = yield* Http.somebody
        const pair = yield* me.send("POST", "/chats", { json: { type: "private", member_ids: [peer.id] } })
        refused(yield* me.send("PATCH", `/chats/${pair.body.id}`, { json: { description: "Us" } }), 403, "NotAllowed")
      }),
    )

    it.effect("lets each role do what it may, and hides the chat from all other users", () =>
      Effect.gen(function* () {
        const { owner, member, stranger, chat } = yield* group
        const path = `/chats/${chat.id}`
        const shown = yield* member.send("GET", path)
        assert.strictEqual(shown.body.members.length, 2)
        refused(yield* stranger.send("GET", path), 404, "ChatNotFound")
        refused(yield* stranger.send("PATCH", path, { json: { name: "Mine" } }), 404, "ChatNotFound")
        refused(yield* stranger.send("DELETE", path), 404, "ChatNotFound")
        refused(yield* member.send("PATCH", path, { json: { name: "Mine" } }), 403, "NotAllowed")
        assert.strictEqual((yield* owner.send("PATCH", path, { json: { name: "Ours" } })).body.name, "Ours")

        const add = (ids: ReadonlyArray<number>) => owner.send("POST", `${path}/members`, { json: { user_ids: ids } })
        refused(yield* add([4711]), 404, "UserNotFound")
        const added = yield* add([stranger.id, member.id])
        assert.deepStrictEqual([added.status, added.body.items.length], [200, 2])
        refused(yield* add([(yield* Http.somebody).id]), 409, "ChatFull")

        const role = (id: number, role: string) => owner.send("PATCH", `${path}/members/${id}`, { json: { role } })
        assert.strictEqual((yield* role(member.id, "admin")).body.role, "admin")
        refused(yield* role(4711, "admin"), 404, "MemberNotFound")
        refused(yield* role(member.id, "king"), 400, "InvalidInput")
        assert.strictEqual((yield* member.send("DELETE", `${path}/members/${stranger.id}`)).status, 204)
        assert.strictEqual((yield* member.send("DELETE", `${path}/members/${member.id}`)).status, 204)
        refused(yield* member.send("GET", path), 404, "ChatNotFound")
        assert.strictEqual((yield* owner.send("DELETE", path)).status, 204)
        refused(yield* owner.send("GET", path), 404, "ChatNotFound")
      }),
    )
  })

  layer(Http.layer())("of messages", (it) => {
    it.effect("sends once for a dedup_key, and says which it was", () =>
      Effect.gen(function* () {
        const { owner, stranger, chat } = yield* group
        const send = (json: object) => owner.send("POST", `/chats/${chat.id}/messages`, { json })
        const first = yield* send({ text: "hello", dedup_key: "k" })
        assert.strictEqual(first.status, 201)
        assert.deepInclude(first.body, { seq: 1, text: "hello", dedup_key: "k", reply_to: null, deleted: false })
        const again = yield* send({ text: "hello", dedup_key: "k" })
        assert.deepStrictEqual([again.status, again.body.id], [200, first.body.id])
        refused(yield* send({ text: "other", dedup_key: "k" }), 409, "DedupKeyReused")
        refused(yield* send({ text: "x", reply_to: 4711 }), 404, "MessageNotFound")
        refused(yield* send({ text: " \n" }), 400, "InvalidInput")
        assert.strictEqual((yield* send({ text: "x", dedup_key: null, reply_to: null })).status, 201)
        refused(
          yield* stranger.send("POST", `/chats/${chat.id}/messages`, { json: { text: "x" } }),
          404,
          "ChatNotFound",
        )
      }),
    )

    it.effect("sends to a user, creating the chat when there is none", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const peer = yield* Http.somebody
        const send = (recipient_id: number, dedup_key?: string) =>
          me.send("POST", "/messages", { json: { recipient_id, text: "hi", dedup_key } })
        const first = yield* send(peer.id, "k")
        assert.strictEqual(first.status, 201)
        assert.strictEqual((yield* send(peer.id, "k")).status, 200)
        assert.strictEqual((yield* peer.send("GET", "/chats")).body.items[0].unread_count, 1)
        refused(yield* send(4711), 404, "UserNotFound")
        refused(yield* send(me.id), 400, "PrivateChatWithOneself")
      }),
    )

    it.effect("pages through a chat from both ends and from the beginning", () =>
      Effect.gen(function* () {
        const { owner, member, stranger, chat } = yield* group
        for (let i = 1; i <= 5; i++)
          yield* owner.send("POST", `/chats/${chat.id}/messages`, { json: { text: `m${i}` } })
        const seqs = (items: ReadonlyArray<{ seq: number }>) => items.map(({ seq }) => seq)
        const page = (query: string) => member.send("GET", `/chats/${chat.id}/messages${query}`)
        const newest = yield* page("?limit=2")
        assert.deepStrictEqual([seqs(newest.body.items), newest.body.has_more], [[4, 5], true])
        assert.strictEqual(newest.headers["content-type"], "application/json")
        assert.deepStrictEqual(seqs((yield* page("?limit=2&before=4")).body.items), [2, 3])
        const oldest = yield* page("?limit=5&after=0")
        assert.deepStrictEqual([seqs(oldest.body.items), oldest.body.has_more], [[1, 2, 3, 4, 5], false])
        const around = yield* page("?limit=3&around=3")
        assert.deepStrictEqual(
          [seqs(around.body.items), around.body.has_more, around.body.has_newer],
          [[2, 3, 4], true, true],
        )
        for (const query of ["before=2&after=1", "around=2&after=1", "around=2&before=1", "around=-1", "around=x"]) {
          refused(yield* page(`?${query}`), 400, "InvalidInput")
        }
        const [first, , third] = oldest.body.items
        const byIds = yield* member.send("GET", `/messages?ids=${third.id},${first.id},999999`)
        assert.deepStrictEqual(byIds.body, { items: [first, third] })
        assert.deepStrictEqual((yield* member.send("GET", `/messages/${third.id}`)).body, third)
        assert.deepStrictEqual((yield* stranger.send("GET", `/messages?ids=${third.id}`)).body, { items: [] })
        refused(yield* stranger.send("GET", `/messages/${third.id}`), 404, "MessageNotFound")
        refused(yield* member.send("GET", "/messages/999999"), 404, "MessageNotFound")
        refused(yield* member.send("GET", "/messages"), 400, "InvalidInput")
        const history = yield* member.send("GET", `/history/${chat.id}?limit=2&offset=3`)
        assert.deepStrictEqual(seqs(history.body), [4, 5])
        assert.deepStrictEqual(seqs((yield* member.send("GET", "/messages/recent?limit=2")).body.items), [5, 4])
        refused(yield* stranger.send("GET", `/chats/${chat.id}/messages`), 404, "ChatNotFound")
        refused(yield* stranger.send("GET", `/history/${chat.id}`), 404, "ChatNotFound")
      }),
    )

    it.effect("edits, deletes and marks as read", () =>
      Effect.gen(function* () {
        const { owner, member, stranger, chat } = yield* group
        const { body } = yield* owner.send("POST", `/chats/${chat.id}/messages`, { json: { text: "one" } })
        const path = `/messages/${body.id}`
        const edit = { json: { text: "two" } }
        assert.strictEqual((yield* owner.send("PATCH", path, edit)).body.text, "two")
        refused(yield* member.send("PATCH", path, edit), 403, "NotAllowed")
        refused(yield* stranger.send("PATCH", path, edit), 404, "MessageNotFound")
        const read = yield* member.send("POST", `${path}/read`)
        assert.deepStrictEqual(read.body, { chat_id: chat.id, last_read_seq: 1 })
        const readers = yield* owner.send("GET", `${path}/readers`)
        assert.deepStrictEqual(
          readers.body.items.map(({ user }: { user: { id: number } }) => user.id),
          [member.id],
        )
        refused(yield* stranger.send("POST", `${path}/read`), 404, "MessageNotFound")
        refused(yield* member.send("DELETE", path), 403, "NotAllowed")
        assert.strictEqual((yield* owner.send("DELETE", path)).status, 204)
        assert.strictEqual((yield* owner.send("DELETE", path)).status, 204)
        refused(yield* owner.send("PATCH", path, edit), 409, "MessageDeleted")
      }),
    )
  })

  layer(Http.layer({ messagesPerSecond: 1 }))("of somebody in a hurry", (it) => {
    it.effect("answers 429 with Retry-After in whole seconds", () =>
      Effect.gen(function* () {
        const { owner, chat } = yield* group
        const send = owner.send("POST", `/chats/${chat.id}/messages`, { json: { text: "x" } })
        const answers = [yield* send, yield* send, yield* send]
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          [201, 201, 429],
        )
        assert.strictEqual(answers[2]?.headers["retry-after"], "1")
        assert.isAbove(answers[2]?.body.retry_after_ms, 0)
        // What is left of two at once and one a second; then, when the next one may be sent.
        assert.deepStrictEqual(
          answers.map(({ headers }) => [headers["ratelimit-policy"], headers.ratelimit]),
          [
            ['"messages";q=2;w=2', '"messages";r=1;t=1'],
            ['"messages";q=2;w=2', '"messages";r=0;t=2'],
            ['"messages";q=2;w=2', '"messages";r=0;t=1'],
          ],
        )
      }),
    )
  })

  layer(Http.layer({ requestsPerSecond: 100, messagesPerSecond: 30, chatsPerHour: 10, signupsPerMinute: 5 }))(
    "with limits that nobody reaches",
    (it) => {
      const limitsOf = ({ headers }: Http.Answer) => [headers["ratelimit-policy"], headers.ratelimit]

      it.effect("answers with what is left of each limit that the request took from", () =>
        Effect.gen(function* () {
          const signUp = { username: "limited", email: "limited@example.org", password: "correct horse" }
          const first = yield* Http.send("POST", "/users", { json: signUp })
          assert.deepStrictEqual([first.status, ...limitsOf(first)], [201, '"signups";q=5;w=60', '"signups";r=4;t=60'])
          const { body } = yield* Http.send("POST", "/token", { form: signUp })
          const token = String(body.access_token)
          const chat = yield* Http.send("POST", "/chats", {
            token,
            json: { type: "group", name: "One", member_ids: [] },
          })
          assert.deepStrictEqual(limitsOf(chat), [
            '"requests";q=400;w=4, "chats";q=10;w=3600',
            '"requests";r=399;t=1, "chats";r=9;t=360',
          ])
          // The shortcut and the router; a refusal too.
          for (const path of [`/history/${chat.body.id}`, `/history/${chat.body.id}?limit=%35`, "/chats/999999"]) {
            const read = yield* Http.send("GET", path, { token })
            assert.strictEqual(read.headers["ratelimit-policy"], '"requests";q=400;w=4', path)
            assert.match(String(read.headers.ratelimit), /^"requests";r=39\d;t=1$/, path)
          }
        }),
      )

      it.effect("shows nothing where nothing is counted for the caller, nor how many log-ins may fail", () =>
        Effect.gen(function* () {
          const failed = { form: { username: "limited", password: "wrong" } }
          for (const answer of [
            yield* Http.send("GET", "/health"),
            yield* Http.send("GET", "/me"),
            yield* Http.send("POST", "/token", failed),
          ]) {
            assert.deepStrictEqual(limitsOf(answer), [undefined, undefined])
          }
        }),
      )
    },
  )

  layer(Http.layer())("without limits", (it) => {
    it.effect("shows no limits", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        assert.isUndefined((yield* me.send("GET", "/me")).headers.ratelimit)
      }),
    )
  })
})
