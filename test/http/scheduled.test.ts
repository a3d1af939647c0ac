import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

const refused = (answer: Http.Answer, status: number, tag: string, path?: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
  if (path !== undefined) assert.strictEqual(answer.body.issues[0].path, path)
}
/** The tests' clock stands at 1970. */
const at = "1970-01-01T00:01:00.000Z"

describe("Scheduled messages over HTTP", () => {
  layer(Http.layer())("scheduled", (it) => {
    it.effect("are listed, changed and called off as the sender's own state, and are in the export", () =>
      Effect.gen(function* () {
        const [ada, eve] = [yield* Http.somebody, yield* Http.somebody]
        const group = { type: "group", name: "A group", member_ids: [] }
        const chat_id: number = (yield* ada.send("POST", "/chats", { json: group })).body.id
        const path = `/chats/${chat_id}/scheduled`
        const made = yield* ada.send("POST", path, { json: { at, text: "Later", failed: "x", other: 1 } })
        const { key, value, version } = made.body
        assert.deepStrictEqual([made.status, value, version], [201, { at, chat_id, text: "Later" }, 1])
        const state = `/me/state/${key}`
        const changed = yield* ada.send("PUT", state, { json: { ...value, text: "Changed", reply_to: null } })
        assert.deepStrictEqual(
          [changed.status, changed.body],
          [200, { key, value: { at, chat_id, text: "Changed" }, version: 2 }],
        )
        const listed = (yield* ada.send("GET", "/me/state?prefix=scheduled:")).body
        assert.deepStrictEqual(listed.items, [changed.body])
        assert.deepInclude((yield* ada.send("GET", "/me/export")).body.state, { key, value: changed.body.value })
        assert.deepStrictEqual((yield* eve.send("GET", "/me/state?prefix=scheduled:")).body.items, [])
        refused(yield* eve.send("PUT", state, { json: { text: "Eve's" } }), 404, "ScheduledNotFound")
        assert.strictEqual((yield* eve.send("DELETE", state)).status, 204)
        assert.strictEqual((yield* ada.send("DELETE", state)).status, 204)
        assert.strictEqual((yield* ada.send("DELETE", state)).status, 204)
        refused(yield* ada.send("PUT", state, { json: { text: "Again" } }), 404, "ScheduledNotFound")
        for (const name of ["scheduled:1", "scheduled:a-name"])
          refused(yield* ada.send("PUT", `/me/state/${name}`, { json: { at, text: "a" } }), 404, "ScheduledNotFound")
        refused(yield* ada.send("PUT", "/me/state/scheduled:", { json: {} }), 400, "InvalidInput", "key")
      }),
    )

    it.effect("are refused for bad input and for chats and messages that are not one's own", () =>
      Effect.gen(function* () {
        const [ada, eve] = [yield* Http.somebody, yield* Http.somebody]
        const group = { type: "group", name: "A group", member_ids: [] }
        const chat_id: number = (yield* ada.send("POST", "/chats", { json: group })).body.id
        const path = `/chats/${chat_id}/scheduled`
        const ok = { at, text: "Later" }
        for (const [json, issue] of [
          [{ text: "Later" }, "at"],
          [{ at }, "text"],
          [{ at, text: " " }, "text"],
          [{ at, text: "a\0" }, "text"],
          [{ at, text: "a".repeat(4_097) }, "text"],
          [{ at: 1, text: "a" }, "at"],
          [{ at: "1970-01-01", text: "a" }, "at"],
          [{ at: "1970-13-01T00:00:00.000Z", text: "a" }, "at"],
          [{ at: "1971-01-02T00:00:00.000Z", text: "a" }, "at"],
          [{ ...ok, reply_to: 1.5 }, "reply_to"],
          [{ at, text: "" }, "text"],
          [{ at, text: "", attachments: null }, "text"],
          [{ ...ok, attachments: [] }, "attachments"],
          [{ ...ok, attachments: [1, 1] }, "attachments"],
          [{ ...ok, attachments: Array.from({ length: 11 }, (_, i) => i + 1) }, "attachments"],
          [[], ""],
        ] as const)
          refused(yield* ada.send("POST", path, { json }), 400, "InvalidInput", issue)
        refused(yield* ada.send("POST", path, { json: { ...ok, reply_to: 987_654 } }), 404, "MessageNotFound")
        refused(yield* ada.send("POST", path, { json: { ...ok, attachments: [987_654] } }), 404, "FileNotFound")
        refused(yield* ada.send("POST", path, { raw: "{}" }), 415, "UnsupportedMediaType")
        for (const other of [path, "/chats/987654321/scheduled"])
          refused(yield* eve.send("POST", other, { json: ok }), 404, "ChatNotFound")
        refused(yield* ada.send("POST", "/chats/0/scheduled", { json: ok }), 404, "NotFound")
        assert.deepStrictEqual((yield* ada.send("GET", "/me/state")).body.items, [])
      }),
    )
  })
})
