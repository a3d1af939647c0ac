import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

const refused = (answer: Http.Answer, status: number, tag: string, path?: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
  if (path !== undefined) assert.strictEqual(answer.body.issues[0].path, path)
}
const at = (key: string) => `/me/state/${key}`

describe("My own state over HTTP", () => {
  layer(Http.layer())("state", (it) => {
    it.effect("is stored under keys, changed, removed and listed, separately for each user", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const empty = yield* ada.send("GET", "/me/state")
        assert.deepStrictEqual([empty.status, empty.body], [200, { items: [], next: null, version: 0 }])
        const set = yield* ada.send("PUT", at("app:b"), { json: { z: 1, a: [true, null, "x"] } })
        assert.deepStrictEqual(
          [set.status, set.body],
          [200, { key: "app:b", value: { a: [true, null, "x"], z: 1 }, version: 1 }],
        )
        const again = yield* ada.send("PUT", at("app:b"), { json: { a: [true, null, "x"], z: 1 } })
        assert.deepStrictEqual([again.status, again.body], [200, set.body])
        assert.strictEqual((yield* ada.send("PUT", at("app%3Aa"), { json: "text" })).body.version, 2)
        const page = (yield* ada.send("GET", "/me/state?limit=1")).body
        assert.deepStrictEqual(page, {
          items: [{ key: "app:a", value: "text", version: 2 }],
          next: "app:a",
          version: 2,
        })
        const rest = (yield* ada.send("GET", `/me/state?prefix=app:&after=${page.next}`)).body
        assert.deepStrictEqual(rest, { items: [set.body], next: null, version: 2 })
        assert.strictEqual((yield* ada.send("DELETE", at("app:a"))).status, 204)
        assert.strictEqual((yield* ada.send("DELETE", at("app:a"))).status, 204)
        const taken = yield* ada.send("PUT", at("app:b"), { json: null })
        assert.deepStrictEqual([taken.status, taken.body], [200, { key: "app:b", value: null, version: 4 }])
        assert.deepStrictEqual((yield* ada.send("GET", "/me/state")).body, { items: [], next: null, version: 4 })
        assert.strictEqual((yield* bob.send("GET", "/me/state")).body.version, 0)
      }),
    )

    it.effect("keeps the fields that it knows of, and refuses others' chats, wrong keys and wrong values", () =>
      Effect.gen(function* () {
        const [ada, eve] = [yield* Http.somebody, yield* Http.somebody]
        const json = { type: "group", name: "A group", member_ids: [] }
        const chat_id: number = (yield* ada.send("POST", "/chats", { json })).body.id
        const own = {
          level: "none",
          muted_until: "2026-12-01T00:00:00.000Z",
          unread: true,
          pinned_at: null,
          read_seq: 7,
        }
        const kept = yield* ada.send("PUT", at(`chat:${chat_id}`), { json: own })
        assert.deepStrictEqual(kept.body.value, { level: "none", muted_until: own.muted_until, unread: true })
        const shown = Effect.fnUntraced(function* (user: typeof ada) {
          const listed: ReadonlyArray<{ readonly id: number; readonly settings?: object }> = (yield* user.send(
            "GET",
            "/chats",
          )).body.items
          const settings = listed.find(({ id }) => id === chat_id)?.settings
          assert.deepStrictEqual((yield* user.send("GET", `/chats/${chat_id}`)).body.settings, settings)
          return settings
        })
        assert.deepStrictEqual(yield* shown(ada), kept.body.value)
        yield* ada.send("POST", `/chats/${chat_id}/members`, { json: { user_ids: [eve.id] } })
        assert.isUndefined(yield* shown(eve))
        yield* ada.send("DELETE", `/chats/${chat_id}/members/${eve.id}`)
        assert.strictEqual((yield* ada.send("PUT", at(`chat:${chat_id}`), { json: {} })).status, 200)
        assert.isUndefined(yield* shown(ada))
        yield* ada.send("PUT", at(`chat:${chat_id}`), { json: own })
        assert.strictEqual((yield* ada.send("PUT", at(`draft:${chat_id}`), { json: { text: " " } })).status, 200)
        assert.strictEqual((yield* ada.send("PUT", at("settings"), { json: { notify: "name" } })).status, 200)
        for (const chat of [chat_id, 987_654_321]) {
          refused(yield* eve.send("PUT", at(`chat:${chat}`), { json: {} }), 404, "ChatNotFound")
          refused(yield* eve.send("DELETE", at(`draft:${chat}`)), 404, "ChatNotFound")
        }
        const long = `app:${"a".repeat(61)}`
        for (const key of [
          "x",
          "settings2",
          "chat:0",
          "chat:01",
          "chat:x",
          "app:",
          "App:a",
          "app:%C3%A9",
          "block:0",
          long,
        ]) {
          refused(yield* ada.send("PUT", at(key), { json: {} }), 400, "InvalidInput", "key")
          refused(yield* ada.send("DELETE", at(key)), 400, "InvalidInput", "key")
        }
        const wrong = [
          ["settings", [], ""],
          ["settings", "full", ""],
          ["settings", { notify: "loud" }, "notify"],
          [`chat:${chat_id}`, { muted_until: "2026-13-01T00:00:00.000Z" }, "muted_until"],
          [`chat:${chat_id}`, { archived: 1 }, "archived"],
          [`draft:${chat_id}`, { text: "" }, "text"],
          [`draft:${chat_id}`, { text: "a".repeat(4097) }, "text"],
          [`draft:${chat_id}`, { attachments: [] }, "attachments"],
          [`draft:${chat_id}`, { reply_to: 1.5 }, "reply_to"],
          ["app:a", "a\0b", ""],
          ["app:a", { "a\0": 1 }, ""],
        ] as const
        for (const [key, value, path] of wrong) {
          refused(yield* ada.send("PUT", at(key), { json: value }), 400, "InvalidInput", path)
        }
        const deep = yield* ada.send("PUT", at("app:a"), {
          raw: "[".repeat(200_000) + "]".repeat(200_000),
          headers: { "content-type": "application/json" },
        })
        refused(deep, 400, "InvalidInput")
        refused(yield* ada.send("PUT", at("app:a"), { json: "a".repeat(16_383) }), 413, "ValueTooLarge")
        assert.strictEqual((yield* ada.send("PUT", at("app:a"), { json: "a".repeat(16_382) })).status, 200)
        refused(yield* ada.send("PUT", at("app:a"), { raw: "1" }), 415, "UnsupportedMediaType")
        refused(yield* ada.send("GET", "/me/state?limit=0"), 400, "InvalidInput")
        refused(yield* ada.send("GET", "/me/state?prefix=A"), 400, "InvalidInput")
        const { body } = yield* ada.send("GET", "/me/export")
        assert.deepStrictEqual(
          body.state.map(({ key }: { key: string }) => key),
          ["app:a", `chat:${chat_id}`, `draft:${chat_id}`, "settings"],
        )
      }),
    )

    it.effect("loses what is about a chat with the chat", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const json = { type: "group", name: "A group", member_ids: [bob.id] }
        const group = Effect.map(ada.send("POST", "/chats", { json }), ({ body }): number => body.id)
        const [left, deleted] = [yield* group, yield* group]
        for (const one of [ada, bob])
          for (const chat_id of [left, deleted]) yield* one.send("PUT", at(`draft:${chat_id}`), { json: { text: "a" } })
        const keys = (one: typeof ada) =>
          Effect.map(one.send("GET", "/me/state"), ({ body }) => body.items.map(({ key }: { key: string }) => key))
        assert.strictEqual((yield* bob.send("DELETE", `/chats/${left}/members/${bob.id}`)).status, 204)
        assert.deepStrictEqual(yield* keys(bob), [`draft:${deleted}`])
        assert.strictEqual((yield* ada.send("DELETE", `/chats/${deleted}`)).status, 204)
        assert.deepStrictEqual([yield* keys(ada), yield* keys(bob)], [[`draft:${left}`], []])
      }),
    )
  })
})
