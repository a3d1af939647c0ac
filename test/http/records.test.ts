import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

type Person = Effect.Success<typeof Http.somebody>

const refused = (answer: Http.Answer, status: number, tag: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
}

const path = (id: number, emoji: string) => `/messages/${id}/reactions/${encodeURIComponent(emoji)}`

/** A group of these, the first its owner, and a message of the owner's. */
const group = Effect.fnUntraced(function* (owner: Person, ...others: ReadonlyArray<Person>) {
  const json = { type: "group", name: "A group", member_ids: others.map(({ id }) => id) }
  const chat_id: number = (yield* owner.send("POST", "/chats", { json })).body.id
  const message = (yield* owner.send("POST", `/chats/${chat_id}/messages`, { json: { text: "one" } })).body
  return { chat_id, message, id: message.id as number }
})

describe("Reactions and pins over HTTP", () => {
  layer(Http.layer())("reactions", (it) => {
    it.effect("are given and taken back, again and again, and shown with their message", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { chat_id, id, message } = yield* group(ada, bob)
        assert.deepStrictEqual([message.reactions, message.my_reactions], [undefined, undefined])
        const given = yield* ada.send("PUT", path(id, "\u2764"))
        const heart = { emoji: "❤️", count: 1 }
        assert.deepStrictEqual([given.status, given.body], [200, { reactions: [heart], my_reactions: ["❤️"] }])
        const again = yield* ada.send("PUT", path(id, "❤️"))
        assert.deepStrictEqual([again.status, again.body], [200, given.body])
        const other = yield* bob.send("PUT", path(id, "❤️"))
        assert.deepStrictEqual(other.body, { reactions: [{ ...heart, count: 2 }], my_reactions: ["❤️"] })
        const shown = yield* ada.send("GET", `/messages/${id}`)
        assert.deepStrictEqual(shown.body, {
          ...message,
          version: message.version + 2,
          reactions: [{ ...heart, count: 2 }],
          my_reactions: ["❤️"],
        })
        const [chat] = (yield* ada.send("GET", "/chats")).body.items
        assert.deepStrictEqual([chat.id, chat.last_message], [chat_id, shown.body])
        const back = yield* ada.send("DELETE", path(id, "❤️"))
        assert.deepStrictEqual([back.status, back.body], [200, { reactions: [heart], my_reactions: [] }])
        const nothing = yield* ada.send("DELETE", path(id, "🎉"))
        assert.deepStrictEqual([nothing.status, nothing.body], [200, { reactions: [heart], my_reactions: [] }])
        const edited = yield* ada.send("PATCH", `/messages/${id}`, { json: { text: "two" } })
        assert.deepStrictEqual([edited.body.text, edited.body.reactions], ["two", [heart]])
        const { body: chatNow } = yield* bob.send("GET", `/chats/${chat_id}`)
        assert.deepStrictEqual([chatNow.unread_count, chatNow.last_read_seq], [1, 0])
      }),
    )

    it.effect("are one emoji each, at most 20 different ones, on a message that is there and not deleted", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const { id } = yield* group(ada, bob)
        for (const emoji of ["a", "👍👍", "🏽", "🇺", "❤\uFE0E", "1", ":+1:"]) {
          const answer = yield* ada.send("PUT", path(id, emoji))
          refused(answer, 400, "InvalidInput")
          assert.strictEqual(answer.body.issues[0].path, "emoji")
          refused(yield* ada.send("DELETE", path(id, emoji)), 400, "InvalidInput")
        }
        refused(yield* eve.send("PUT", path(id, "👍")), 404, "MessageNotFound")
        refused(yield* eve.send("GET", `/messages/${id}/reactions`), 404, "MessageNotFound")
        refused(yield* ada.send("PUT", path(4711_000, "👍")), 404, "MessageNotFound")
        refused(yield* ada.send("PUT", `/messages/x/reactions/${encodeURIComponent("👍")}`), 404, "NotFound")
        for (let i = 0; i < 20; i++) {
          assert.strictEqual((yield* ada.send("PUT", path(id, String.fromCodePoint(0x1f600 + i)))).status, 200)
        }
        refused(yield* bob.send("PUT", path(id, "👍")), 409, "TooManyReactions")
        assert.strictEqual((yield* bob.send("PUT", path(id, "😀"))).status, 200)
        assert.strictEqual((yield* ada.send("DELETE", `/messages/${id}`)).status, 204)
        refused(yield* bob.send("PUT", path(id, "😀")), 409, "MessageDeleted")
        refused(yield* bob.send("DELETE", path(id, "😀")), 409, "MessageDeleted")
        const { body } = yield* ada.send("GET", `/messages/${id}`)
        assert.deepStrictEqual([body.deleted, body.reactions, body.my_reactions], [true, undefined, undefined])
        assert.deepStrictEqual((yield* ada.send("GET", `/messages/${id}/reactions`)).body, { items: [], next: null })
      }),
    )

    it.effect("are listed with who gave them, newest first, in pages", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { id } = yield* group(ada, bob)
        yield* ada.send("PUT", path(id, "👍"))
        yield* bob.send("PUT", path(id, "👍"))
        yield* bob.send("PUT", path(id, "🎉"))
        const all = (yield* ada.send("GET", `/messages/${id}/reactions`)).body
        assert.sameDeepMembers(
          all.items.map(({ emoji, user }: { emoji: string; user: { id: number } }) => [user.id, emoji]),
          [
            [ada.id, "👍"],
            [bob.id, "👍"],
            [bob.id, "🎉"],
          ],
        )
        assert.isNull(all.next)
        assert.hasAllKeys(all.items[0], ["user", "emoji", "at"])
        const paged: Array<unknown> = []
        let next: string | null = ""
        while (next !== null) {
          const { body }: Http.Answer = yield* ada.send("GET", `/messages/${id}/reactions?limit=1${next}`)
          paged.push(...body.items)
          next = body.next === null ? null : `&before=${encodeURIComponent(body.next)}`
        }
        assert.deepStrictEqual(paged, all.items)
        const thumbs = yield* ada.send("GET", `/messages/${id}/reactions?emoji=${encodeURIComponent("👍")}`)
        assert.strictEqual(thumbs.body.items.length, 2)
        for (const query of ["limit=0", "limit=201", "before=x", "emoji=a", `before=${btoa('["a",1,"b"]')}`]) {
          refused(yield* ada.send("GET", `/messages/${id}/reactions?${query}`), 400, "InvalidInput")
        }
      }),
    )
  })

  layer(Http.layer())("pins", (it) => {
    it.effect("are for owner and admins of a group, and for both in a private chat", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const { chat_id, id, message } = yield* group(ada, bob)
        refused(yield* bob.send("PUT", `/messages/${id}/pin`), 403, "NotAllowed")
        refused(yield* eve.send("PUT", `/messages/${id}/pin`), 404, "MessageNotFound")
        refused(yield* eve.send("GET", `/chats/${chat_id}/pins`), 404, "ChatNotFound")
        const pinned = yield* ada.send("PUT", `/messages/${id}/pin`)
        assert.deepStrictEqual([pinned.status, pinned.text], [204, ""])
        assert.strictEqual((yield* ada.send("PUT", `/messages/${id}/pin`)).status, 204)
        const { items } = (yield* bob.send("GET", `/chats/${chat_id}/pins`)).body
        assert.strictEqual(items.length, 1)
        assert.match(items[0].at, /^\d{4}-.*Z$/)
        assert.deepStrictEqual([items[0].user_id, items[0].message], [ada.id, { ...message, dedup_key: null }])
        refused(yield* bob.send("DELETE", `/messages/${id}/pin`), 403, "NotAllowed")
        assert.strictEqual((yield* ada.send("DELETE", `/messages/${id}/pin`)).status, 204)
        assert.strictEqual((yield* ada.send("DELETE", `/messages/${id}/pin`)).status, 204)
        assert.deepStrictEqual((yield* bob.send("GET", `/chats/${chat_id}/pins`)).body, { items: [] })
        const sent = yield* ada.send("POST", "/messages", { json: { recipient_id: bob.id, text: "hello" } })
        assert.strictEqual((yield* bob.send("PUT", `/messages/${sent.body.id}/pin`)).status, 204)
      }),
    )

    it.effect("are 50 at most, and go with a deleted message", () =>
      Effect.gen(function* () {
        const ada = yield* Http.somebody
        const { chat_id } = yield* group(ada)
        const ids: Array<number> = []
        for (let i = 0; i < 51; i++) {
          ids.push((yield* ada.send("POST", `/chats/${chat_id}/messages`, { json: { text: `${i}` } })).body.id)
        }
        for (const id of ids.slice(0, 50)) {
          assert.strictEqual((yield* ada.send("PUT", `/messages/${id}/pin`)).status, 204)
        }
        refused(yield* ada.send("PUT", `/messages/${ids[50]}/pin`), 409, "TooManyPins")
        assert.strictEqual((yield* ada.send("DELETE", `/messages/${ids[3]}`)).status, 204)
        const pins = (yield* ada.send("GET", `/chats/${chat_id}/pins`)).body.items
        assert.sameMembers(
          pins.map(({ message }: { message: { id: number } }) => message.id),
          ids.slice(0, 50).filter((id) => id !== ids[3]),
        )
        refused(yield* ada.send("PUT", `/messages/${ids[3]}/pin`), 409, "MessageDeleted")
        assert.strictEqual((yield* ada.send("PUT", `/messages/${ids[50]}/pin`)).status, 204)
      }),
    )
  })
})
