import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

const block = (user: { readonly id: number }) => `/me/state/block:${user.id}`
const refused = (answer: Http.Answer, by: { readonly id: number }) =>
  assert.deepStrictEqual(
    [answer.status, answer.body?._tag, answer.body?.user_ids],
    [403, "Blocked", [by.id]],
    answer.text,
  )

describe("Blocking over HTTP", () => {
  layer(Http.layer())("blocks", (it) => {
    it.effect(
      "refuses what the blocked one sends to, makes or adds the other to, and nothing else, until it ends",
      () =>
        Effect.gen(function* () {
          const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
          const direct = (from: typeof ada, to: typeof ada, text: string, dedup_key?: string) =>
            from.send("POST", "/messages", { json: { recipient_id: to.id, text, dedup_key } })
          const group = (from: typeof ada, ...members: ReadonlyArray<typeof ada>) =>
            from.send("POST", "/chats", { json: { type: "group", name: "A", member_ids: members.map(({ id }) => id) } })
          const open = (from: typeof ada, to: typeof ada) =>
            from.send("POST", "/chats", { json: { type: "private", member_ids: [to.id] } })
          const first = yield* direct(bob, ada, "Hello", "key")
          const chat_id: number = first.body.chat_id
          const shared: number = (yield* group(eve, ada, bob)).body.id
          const own: number = (yield* group(bob, eve)).body.id
          const set = yield* ada.send("PUT", block(bob), { json: { any: "field" } })
          assert.deepStrictEqual([set.status, set.body], [200, { key: `block:${bob.id}`, value: {}, version: 1 }])
          assert.deepStrictEqual((yield* ada.send("PUT", block(bob), { json: {} })).body, set.body)
          refused(yield* bob.send("POST", `/chats/${chat_id}/messages`, { json: { text: "Again" } }), ada)
          refused(yield* direct(bob, ada, "Again"), ada)
          assert.deepStrictEqual((yield* direct(bob, ada, "Hello", "key")).status, 200)
          refused(yield* bob.send("PATCH", `/messages/${first.body.id}`, { json: { text: "Again" } }), ada)
          refused(yield* bob.send("PUT", `/messages/${first.body.id}/reactions/%F0%9F%91%8D`), ada)
          refused(yield* bob.send("PUT", `/messages/${first.body.id}/pin`), ada)
          refused(yield* open(bob, ada), ada)
          refused(yield* group(bob, eve, ada), ada)
          refused(yield* bob.send("POST", `/chats/${own}/members`, { json: { user_ids: [eve.id, ada.id] } }), ada)
          // In a group, of others, and in the other direction all goes on.
          assert.strictEqual(
            (yield* bob.send("POST", `/chats/${shared}/messages`, { json: { text: "All" } })).status,
            201,
          )
          assert.strictEqual((yield* eve.send("POST", `/chats/${own}/members`, { json: { user_ids: [] } })).status, 403)
          assert.strictEqual((yield* direct(eve, ada, "Hello")).status, 201)
          assert.strictEqual((yield* direct(ada, bob, "Hello")).status, 201)
          assert.strictEqual((yield* group(ada, bob)).status, 201)
          assert.strictEqual((yield* open(ada, bob)).status, 200)
          assert.strictEqual((yield* bob.send("GET", `/chats/${chat_id}/messages`)).body.items.length, 2)
          assert.strictEqual((yield* bob.send("DELETE", `/messages/${first.body.id}`)).status, 204)
          // Before there is a private chat of the two.
          yield* eve.send("PUT", block(bob), { json: {} })
          refused(yield* direct(bob, eve, "Hello"), eve)
          refused(yield* open(bob, eve), eve)
          assert.strictEqual((yield* direct(eve, bob, "Hello")).status, 201)
          refused(yield* direct(bob, eve, "Hello"), eve)
          assert.strictEqual((yield* ada.send("DELETE", block(bob))).status, 204)
          assert.strictEqual((yield* ada.send("DELETE", block(bob))).status, 204)
          assert.strictEqual((yield* direct(bob, ada, "Again")).status, 201)
          assert.strictEqual(
            (yield* bob.send("POST", `/chats/${own}/members`, { json: { user_ids: [ada.id] } })).status,
            200,
          )
          yield* ada.send("PUT", block(bob), { json: {} })
          // Members who are there already are named, not added.
          assert.strictEqual(
            (yield* bob.send("POST", `/chats/${own}/members`, { json: { user_ids: [ada.id] } })).status,
            200,
          )
          const { body } = yield* ada.send("GET", "/me/export")
          assert.deepStrictEqual(body.state, [{ key: `block:${bob.id}`, value: {} }])
        }),
    )

    it.effect("names another user who exists, with an object", () =>
      Effect.gen(function* () {
        const [ada, gone] = [yield* Http.somebody, yield* Http.somebody]
        const put = (key: string, json: unknown) => ada.send("PUT", `/me/state/${key}`, { json })
        yield* ada.send("PUT", block(gone), { json: {} })
        yield* gone.send("DELETE", "/me", { json: { password: gone.password } })
        // It ends with the account.
        assert.deepStrictEqual((yield* ada.send("GET", "/me/state")).body, { items: [], next: null, version: 2 })
        for (const id of [gone.id, 987_654_321]) {
          const unknown = yield* put(`block:${id}`, {})
          assert.deepStrictEqual(
            [unknown.status, unknown.body._tag, unknown.body.user_ids],
            [404, "UserNotFound", [id]],
          )
          assert.strictEqual((yield* ada.send("DELETE", `/me/state/block:${id}`)).status, 204)
        }
        for (const [key, value, path] of [
          [`block:${ada.id}`, {}, "key"],
          ["block:", {}, "key"],
          ["block:0", {}, "key"],
          ["block:01", {}, "key"],
          ["block:x", {}, "key"],
          [`block:${gone.id}`, [], ""],
          [`block:${gone.id}`, true, ""],
        ] as const) {
          const wrong = yield* put(key, value)
          assert.deepStrictEqual([wrong.status, wrong.body.issues?.[0]?.path], [400, path], `${key} ${value}`)
        }
      }),
    )
  })
})
