// The content of one message, and how it is shown.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

type Person = Effect.Success<typeof Http.somebody>

const refused = (answer: Http.Answer, status: number, tag: string, path?: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
  if (path !== undefined) assert.strictEqual(answer.body.issues[0].path, path, answer.text)
}

/** A group of these, the first its owner. */
const group = Effect.fnUntraced(function* (owner: Person, ...others: ReadonlyArray<Person>) {
  const json = { type: "group", name: "A group", member_ids: others.map(({ id }) => id) }
  const chat_id: number = (yield* owner.send("POST", "/chats", { json })).body.id
  return { chat_id, path: `/chats/${chat_id}/messages` }
})

const say = Effect.fnUntraced(function* (person: Person, path: string, json: unknown, status = 201) {
  const answer = yield* person.send("POST", path, { json })
  assert.strictEqual(answer.status, status, answer.text)
  return answer.body
})

describe("What is written in one message", () => {
  layer(Http.layer())("over HTTP", (it) => {
    it.effect("is text and what clients put beside it, which is kept as it is", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const custom = { color: "red", n: [1, 2.5, null, { deep: "é" }], "": true }
        const sent = yield* say(ada, path, { text: "one", custom })
        assert.deepStrictEqual(sent.custom, custom)
        const { body } = yield* bob.send("GET", `/messages/${sent.id}`)
        assert.deepStrictEqual(body.custom, custom)
        for (const none of [null, {}]) {
          const plain = yield* say(ada, path, { text: "two", custom: none })
          for (const field of ["custom", "thread_id", "forwarded"]) assert.notProperty(plain, field)
        }
        const edited = yield* ada.send("PATCH", `/messages/${sent.id}`, { json: { text: "changed" } })
        assert.deepStrictEqual([edited.body.text, edited.body.custom], ["changed", custom])
        yield* ada.send("DELETE", `/messages/${sent.id}`)
        assert.notProperty((yield* bob.send("GET", `/messages/${sent.id}`)).body, "custom")
        const direct = yield* say(ada, "/messages", { recipient_id: bob.id, text: "to you", custom })
        assert.deepStrictEqual(direct.custom, custom)
      }),
    )

    it.effect("has at most 4 KiB beside its text, an object that a database can keep", () =>
      Effect.gen(function* () {
        const ada = yield* Http.somebody
        const { path } = yield* group(ada)
        const most = "x".repeat(4_096 - '{"x":""}'.length)
        yield* say(ada, path, { text: "most", custom: { x: most } })
        const deep = (depth: number) => `{"x":${"[".repeat(depth)}${"]".repeat(depth)}}`
        yield* say(ada, path, { text: "deep", custom: JSON.parse(deep(30)) })
        for (const custom of [{ x: `${most}x` }, { x: most.replace("xxx", "xéé") }, [], "x", 1, true]) {
          refused(yield* ada.send("POST", path, { json: { text: "x", custom } }), 400, "InvalidInput")
        }
        const raw = (custom: string) => ({
          raw: `{"text":"x","custom":${custom}}`,
          headers: { "content-type": "application/json" },
        })
        const bad = ['{"x":"\\u0000"}', '{"\\u0000":1}', '{"x":"\\ud800"}', '{"\\udc00":[]}', '{"x":1e999}']
        for (const custom of [...bad, deep(40), deep(200_000)]) {
          refused(yield* ada.send("POST", path, raw(custom)), 400, "InvalidInput")
        }
      }),
    )

    it.effect("has a key in the body or in the header Idempotency-Key, which are the same", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const keyed = (key: string, json: unknown, to = path) =>
          ada.send("POST", to, { json, headers: { "idempotency-key": key } })
        const first = yield* keyed("k-1", { text: "one" })
        assert.deepStrictEqual([first.status, first.body.dedup_key], [201, "k-1"])
        for (const again of [
          yield* keyed("k-1", { text: "one" }),
          yield* keyed("k-1", { text: "one", dedup_key: "k-1" }),
          yield* ada.send("POST", path, { json: { text: "one", dedup_key: "k-1" } }),
        ]) {
          assert.deepStrictEqual([again.status, again.body.id], [200, first.body.id])
        }
        refused(yield* keyed("k-1", { text: "two" }), 409, "DedupKeyReused")
        refused(yield* keyed("k-1", { text: "one", dedup_key: "k-2" }), 400, "InvalidInput", "dedup_key")
        refused(yield* keyed("", { text: "one" }), 400, "InvalidInput", "Idempotency-Key")
        refused(yield* keyed("k".repeat(65), { text: "one" }), 400, "InvalidInput", "Idempotency-Key")
        const direct = { recipient_id: bob.id, text: "one" }
        const sent = yield* keyed("k-1", direct, "/messages")
        assert.strictEqual(sent.status, 201)
        const repeated = yield* keyed("k-1", direct, "/messages")
        assert.deepStrictEqual([repeated.status, repeated.body.id], [200, sent.body.id])
      }),
    )
  })

  layer(Http.layer())("in answer to others", (it) => {
    it.effect("belongs to the thread of what is at the root", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const root = yield* say(ada, path, { text: "root" })
        const reply = yield* say(bob, path, { text: "reply", reply_to: root.id })
        const further = yield* say(ada, path, { text: "further", reply_to: reply.id })
        assert.deepStrictEqual([root.thread_id, reply.thread_id, further.thread_id], [undefined, root.id, root.id])
        yield* say(ada, path, { text: "aside" })
        yield* bob.send("DELETE", `/messages/${reply.id}`)
        const late = yield* say(ada, path, { text: "late", reply_to: reply.id })
        const { body } = yield* bob.send("GET", `/messages/${further.id}/thread`)
        assert.deepStrictEqual([body.root.id, body.count, body.has_more], [root.id, 3, false])
        assert.deepStrictEqual(
          body.items.map((one: { id: number; text: string }) => [one.id, one.text]),
          [
            [reply.id, ""],
            [further.id, "further"],
            [late.id, "late"],
          ],
        )
        const thread = `/messages/${root.id}/thread`
        const page = yield* bob.send("GET", `${thread}?limit=1&before=${late.seq}`)
        assert.deepStrictEqual([page.body.items[0].id, page.body.has_more], [further.id, true])
        const onward = yield* bob.send("GET", `${thread}?limit=2&after=${reply.seq}`)
        assert.deepStrictEqual([onward.body.items.length, onward.body.has_more], [2, false])
        refused(yield* bob.send("GET", `${thread}?before=1&after=1`), 400, "InvalidInput", "after")
        refused(yield* bob.send("GET", `${thread}?limit=201`), 400, "InvalidInput", "limit")
        refused(yield* eve.send("GET", thread), 404, "MessageNotFound")
        refused(yield* bob.send("GET", "/messages/x/thread"), 404, "NotFound")
      }),
    )
  })

  layer(Http.layer())("and edited", (it) => {
    it.effect("shows its former texts to its sender, the owner and admins, until it is deleted", () =>
      Effect.gen(function* () {
        const [owner, admin, sender] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const [other, stranger] = [yield* Http.somebody, yield* Http.somebody]
        const { chat_id, path } = yield* group(owner, admin, sender, other)
        const role = { json: { role: "admin" } }
        yield* owner.send("PATCH", `/chats/${chat_id}/members/${admin.id}`, role)
        const sent = yield* say(sender, path, { text: "first" })
        const edits = `/messages/${sent.id}/edits`
        assert.deepStrictEqual((yield* sender.send("GET", edits)).body, { items: [] })
        const change = (text: string) => sender.send("PATCH", `/messages/${sent.id}`, { json: { text } })
        const { body: edited } = yield* change("second")
        yield* change("second")
        yield* change("third")
        const items = [
          { text: "first", at: sent.created_at },
          { text: "second", at: edited.edited_at },
        ]
        for (const reader of [sender, owner, admin]) {
          const answer = yield* reader.send("GET", edits)
          assert.deepStrictEqual([answer.status, answer.body], [200, { items }])
        }
        refused(yield* other.send("GET", edits), 403, "NotAllowed")
        refused(yield* stranger.send("GET", edits), 404, "MessageNotFound")
        refused(yield* sender.send("GET", "/messages/987654321/edits"), 404, "MessageNotFound")
        refused(yield* sender.send("GET", "/messages/x/edits"), 404, "NotFound")
        const exported = (yield* sender.send("GET", "/me/export")).body
        assert.deepStrictEqual(
          exported.edits,
          items.map((item) => ({ message_id: sent.id, ...item })),
        )
        assert.deepStrictEqual((yield* owner.send("GET", "/me/export")).body.edits, [])
        yield* sender.send("DELETE", `/messages/${sent.id}`)
        for (const reader of [sender, owner]) {
          assert.deepStrictEqual((yield* reader.send("GET", edits)).body, { items: [] })
        }
        refused(yield* other.send("GET", edits), 403, "NotAllowed")
      }),
    )

    it.effect("shows those of a private chat to its sender alone", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { id } = yield* say(ada, "/messages", { recipient_id: bob.id, text: "first" })
        yield* ada.send("PATCH", `/messages/${id}`, { json: { text: "second" } })
        assert.strictEqual((yield* ada.send("GET", `/messages/${id}/edits`)).body.items[0].text, "first")
        refused(yield* bob.send("GET", `/messages/${id}/edits`), 403, "NotAllowed")
      }),
    )
  })

  layer(Http.layer())("forwarded", (it) => {
    it.effect("is a copy that names its first author and nothing of where it came from", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const source = yield* group(ada, bob)
        const target = yield* group(bob, eve)
        const original = yield* say(ada, source.path, { text: "said once", custom: { mine: true } })
        const forwarded = { sender_id: ada.id, created_at: original.created_at }
        const copy = yield* say(bob, target.path, { forward: original.id })
        assert.deepStrictEqual([copy.text, copy.sender_id, copy.forwarded], ["said once", bob.id, forwarded])
        assert.notProperty(copy, "custom")
        const { body } = yield* eve.send("GET", `/messages/${copy.id}`)
        assert.deepStrictEqual(body.forwarded, forwarded)
        const again = yield* say(eve, target.path, { forward: copy.id })
        assert.deepStrictEqual([again.text, again.forwarded], ["said once", forwarded])
        const direct = yield* say(bob, "/messages", { recipient_id: eve.id, forward: original.id })
        assert.deepStrictEqual(direct.forwarded, forwarded)
        refused(yield* bob.send("PATCH", `/messages/${copy.id}`, { json: { text: "never said" } }), 403, "NotAllowed")
        yield* ada.send("DELETE", `/messages/${original.id}`)
        assert.strictEqual((yield* eve.send("GET", `/messages/${copy.id}`)).body.text, "said once")
        yield* bob.send("DELETE", `/messages/${copy.id}`)
        assert.notProperty((yield* eve.send("GET", `/messages/${copy.id}`)).body, "forwarded")
      }),
    )

    it.effect("does not name an author who has set `forward_link: false`, however often it is forwarded", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const source = yield* group(ada, bob)
        const target = yield* group(bob, eve)
        const original = yield* say(ada, source.path, { text: "said once" })
        const named = yield* say(bob, target.path, { forward: original.id })
        assert.strictEqual(named.forwarded.sender_id, ada.id)
        const set = (value: unknown) => ada.send("PUT", "/me/state/settings", { json: value })
        assert.strictEqual((yield* set({ forward_link: false, language: "en" })).status, 200)
        const unnamed = { sender_id: null, created_at: original.created_at }
        for (const id of [original.id, named.id]) {
          const copy = yield* say(bob, target.path, { forward: id })
          assert.deepStrictEqual(copy.forwarded, unnamed)
          assert.deepStrictEqual((yield* eve.send("GET", `/messages/${copy.id}`)).body.forwarded, unnamed)
        }
        const saved = (yield* bob.send("POST", "/chats", { json: { type: "saved" } })).body.id
        const kept = yield* say(bob, `/chats/${saved}/messages`, { forward: original.id })
        assert.deepStrictEqual(kept.forwarded, { ...unnamed, chat_id: source.chat_id, message_id: original.id })
        const own = yield* say(ada, source.path, { forward: original.id })
        assert.deepStrictEqual(own.forwarded, unnamed)
        // What was forwarded without a name has none later.
        yield* set({ forward_link: true })
        assert.deepStrictEqual((yield* say(ada, source.path, { forward: own.id })).forwarded, unnamed)
        assert.strictEqual((yield* say(bob, target.path, { forward: original.id })).forwarded.sender_id, ada.id)
      }),
    )

    it.effect("was a message that the sender sees, whole, and comes with nothing else", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const source = yield* group(ada, bob)
        const target = yield* group(bob, eve)
        const { id } = yield* say(ada, source.path, { text: "said once" })
        refused(yield* eve.send("POST", target.path, { json: { forward: id } }), 404, "MessageNotFound")
        refused(yield* bob.send("POST", target.path, { json: { forward: 987_654_321 } }), 404, "MessageNotFound")
        refused(yield* ada.send("POST", target.path, { json: { forward: id } }), 404, "ChatNotFound")
        for (const [field, value] of Object.entries({ text: "x", reply_to: id, custom: {} })) {
          const answer = yield* bob.send("POST", target.path, { json: { forward: id, [field]: value } })
          refused(answer, 400, "InvalidInput", field)
        }
        refused(yield* bob.send("POST", target.path, { json: {} }), 400, "InvalidInput", "text")
        refused(yield* bob.send("POST", target.path, { json: { forward: "x" } }), 400, "InvalidInput", "forward")
        yield* ada.send("DELETE", `/messages/${id}`)
        refused(yield* bob.send("POST", target.path, { json: { forward: id } }), 409, "MessageDeleted")
      }),
    )

    it.effect("is known again by what was forwarded, also once that is gone", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const one = yield* say(ada, path, { text: "same" })
        const two = yield* say(ada, path, { text: "same" })
        const forward = (id: number) => bob.send("POST", path, { json: { forward: id, dedup_key: "k" } })
        const first = yield* forward(one.id)
        assert.strictEqual(first.status, 201)
        refused(yield* forward(two.id), 409, "DedupKeyReused")
        refused(yield* bob.send("POST", path, { json: { text: "same", dedup_key: "k" } }), 409, "DedupKeyReused")
        yield* ada.send("PATCH", `/messages/${one.id}`, { json: { text: "other" } })
        yield* ada.send("DELETE", `/messages/${one.id}`)
        const again = yield* forward(one.id)
        assert.deepStrictEqual([again.status, again.body.id, again.body.text], [200, first.body.id, "same"])
        yield* say(bob, path, { text: "same", dedup_key: "l" })
        refused(yield* bob.send("POST", path, { json: { forward: two.id, dedup_key: "l" } }), 409, "DedupKeyReused")
      }),
    )

    it.effect("mentions other members by their user names, who count what is unread and list all of it", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const { chat_id, path } = yield* group(ada, bob)
        const counts = Effect.fnUntraced(function* (person: Person) {
          const unread = (yield* person.send("GET", "/me/unread")).body.mentions
          const { body } = yield* person.send("GET", `/chats/${chat_id}`)
          assert.deepStrictEqual(
            (yield* person.send("GET", "/chats")).body.items[0].unread_mention_count,
            body.unread_mention_count,
          )
          return [unread, body.unread_mention_count]
        })
        const listed = Effect.fnUntraced(function* (person: Person, query = "") {
          const { body } = yield* person.send("GET", `/me/mentions${query}`)
          return [body.items.map(({ id }: { readonly id: number }) => id), body.next]
        })
        const plain = yield* say(ada, path, { text: `mail to x@${bob.username} and \`@${bob.username}\`` })
        for (const field of ["mentions", "mentions_all"]) assert.notProperty(plain, field)
        assert.deepStrictEqual(yield* counts(bob), [0, undefined])
        // What a client claims is not read.
        const text = `@${bob.username.toUpperCase()}, @${eve.username}, @${ada.username}: hello`
        const first = yield* say(ada, path, { text, mentions: [eve.id], mentions_all: true })
        assert.deepStrictEqual([first.mentions, first.mentions_all], [[bob.id], undefined])
        assert.deepStrictEqual((yield* bob.send("GET", `/messages/${first.id}`)).body.mentions, [bob.id])
        const all = yield* say(ada, path, { text: "@all" })
        assert.deepStrictEqual([all.mentions, all.mentions_all], [undefined, true])
        assert.deepStrictEqual(yield* counts(bob), [2, 2])
        assert.deepStrictEqual(yield* counts(ada), [0, undefined])
        assert.notProperty(yield* say(bob, path, { text: "@all from a member" }), "mentions_all")
        const reply = yield* say(ada, path, { text: "a reply", reply_to: (yield* say(bob, path, { text: "mine" })).id })
        assert.notProperty(reply, "mentions")
        assert.deepStrictEqual(yield* counts(bob), [1, 1])
        const page = [reply.id, all.id, first.id]
        assert.deepStrictEqual(yield* listed(bob), [page, null])
        assert.deepStrictEqual(yield* listed(bob, "?limit=2"), [page.slice(0, 2), all.id])
        assert.deepStrictEqual(yield* listed(bob, `?limit=2&before=${all.id}`), [[first.id], null])
        assert.deepStrictEqual(yield* listed(ada), [[], null])
        for (const query of ["limit=0", "limit=201", "limit=x", "before=0", "before=-1", "before=x"]) {
          refused(yield* bob.send("GET", `/me/mentions?${query}`), 400, "InvalidInput", query.split("=")[0])
        }
        // An edit decides anew.
        const edited = yield* ada.send("PATCH", `/messages/${first.id}`, { json: { text: "nobody" } })
        assert.notProperty(edited.body, "mentions")
        const again = yield* ada.send("PATCH", `/messages/${plain.id}`, { json: { text: `@${bob.username}!` } })
        assert.deepStrictEqual(again.body.mentions, [bob.id])
        assert.deepStrictEqual(yield* listed(bob), [[reply.id, all.id, plain.id], null])
        // A copy mentions whom its text names in the chat that it comes to.
        const other = yield* group(eve, ada)
        const source = yield* say(ada, other.path, { text: `@${bob.username} @${eve.username}` })
        assert.deepStrictEqual(source.mentions, [eve.id])
        assert.deepStrictEqual((yield* say(ada, path, { forward: source.id })).mentions, [bob.id])
        yield* ada.send("DELETE", `/messages/${reply.id}`)
        assert.notProperty((yield* bob.send("GET", `/messages/${reply.id}`)).body, "mentions")
        assert.deepStrictEqual(yield* counts(bob), [1, 1])
        yield* ada.send("DELETE", `/chats/${chat_id}/members/${bob.id}`)
        assert.deepStrictEqual(yield* listed(bob), [[], null])
        assert.notProperty(yield* say(ada, path, { text: `@${bob.username} has left` }), "mentions")
      }),
    )
  })
})
