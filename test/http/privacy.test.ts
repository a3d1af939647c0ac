// Going for good, taking one's data along, and what the audit log keeps of both.
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Export } from "../../src/contract/Export.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { Audit } from "../../src/services/Audit.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import * as Http from "../support/http.ts"

const deletion = (password: string) => ({ json: { password } })

const eventsOf = Effect.fnUntraced(function* (user_id: number) {
  yield* (yield* Audit).flush
  const entries = yield* (yield* AuditLog).ofUser(user_id as UserId, 0, 100)
  return entries.map(({ event }) => event)
})

describe("privacy", () => {
  layer(Http.layer())("of an account that is deleted", (it) => {
    it.effect("asks for the password, then nothing of the account is left to be used", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        const other = yield* Http.somebody
        const wrong = yield* me.send("DELETE", "/me", deletion("wrong"))
        assert.strictEqual(wrong.status, 403)
        assert.strictEqual(wrong.body._tag, "WrongPassword")
        assert.strictEqual((yield* me.send("DELETE", "/me", { json: {} })).status, 400)
        assert.strictEqual((yield* me.send("DELETE", "/me")).status, 415)
        assert.strictEqual((yield* me.send("GET", "/me")).status, 200)

        const gone = yield* me.send("DELETE", "/me", deletion(me.password))
        assert.strictEqual(gone.status, 204)
        assert.match(String(gone.headers["set-cookie"]), /confab_access=;/)
        assert.strictEqual((yield* me.send("GET", "/me")).status, 401)
        const refresh = { json: { refresh_token: me.refresh_token } }
        assert.strictEqual((yield* Http.send("POST", "/refresh", refresh)).status, 401)
        for (const username of [me.username, `${me.username}@example.org`, `deleted:${me.id}`]) {
          const form = { username, password: me.password }
          assert.strictEqual((yield* Http.send("POST", "/token", { form })).body.error, "invalid_grant")
        }
        assert.deepStrictEqual((yield* other.send("GET", `/users?query=${me.username}`)).body.items, [])
        const shown = (yield* other.send("GET", `/users/${me.id}`)).body
        assert.deepStrictEqual(
          { username: shown.username, display_name: shown.display_name },
          { username: `deleted:${me.id}`, display_name: "Deleted account" },
        )
        const again = { username: me.username, email: `${me.username}@example.org`, password: me.password }
        const made = yield* Http.send("POST", "/users", { json: again })
        assert.strictEqual(made.status, 201)
        assert.notStrictEqual(made.body.id, me.id)
        assert.deepStrictEqual(yield* eventsOf(me.id), [
          "signed_up",
          "logged_in",
          "password_refused",
          "account_deleted",
        ])
      }),
    )

    it.effect("leaves its groups to the others, and its messages where they were", () =>
      Effect.gen(function* () {
        const [me, peer, third] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const group = { type: "group", name: "Ours", member_ids: [peer.id, third.id] }
        const chat = (yield* me.send("POST", "/chats", { json: group })).body.id
        const alone = (yield* me.send("POST", "/chats", { json: { ...group, member_ids: [] } })).body.id
        const mine = (yield* me.send("POST", `/chats/${chat}/messages`, { json: { text: "From me" } })).body
        const theirs = (yield* peer.send("POST", `/chats/${chat}/messages`, { json: { text: "From them" } })).body
        yield* third.send("POST", `/messages/${theirs.id}/read`)
        const direct = { json: { recipient_id: peer.id, text: "To you alone" } }
        const pair = (yield* me.send("POST", "/messages", direct)).body.chat_id
        assert.strictEqual((yield* me.send("DELETE", "/me", deletion(me.password))).status, 204)

        const { members, ...left } = (yield* peer.send("GET", `/chats/${chat}`)).body
        assert.strictEqual(left.member_count, 2)
        assert.strictEqual(left.role, "owner")
        assert.deepStrictEqual(
          members.map(({ user }: { user: { id: number } }) => user.id),
          [peer.id, third.id],
        )
        const { items } = (yield* peer.send("GET", `/chats/${chat}/messages`)).body
        assert.deepStrictEqual(
          items.map((message: { text: string; sender_id: number }) => [message.text, message.sender_id]),
          [
            ["From me", me.id],
            ["From them", peer.id],
          ],
        )
        assert.isTrue(items[1].is_read, "by all who are left")
        assert.strictEqual((yield* peer.send("GET", `/chats/${alone}`)).status, 404)

        const kept = (yield* peer.send("GET", `/chats/${pair}`)).body
        assert.strictEqual(kept.peer.display_name, "Deleted account")
        assert.strictEqual(kept.member_count, 2)
        assert.strictEqual(kept.last_message.text, "To you alone")
        for (const [path, json] of [
          [`/chats/${pair}/messages`, { text: "Are you there?" }],
          ["/messages", { recipient_id: me.id, text: "Are you there?" }],
        ] as const) {
          const refused = yield* peer.send("POST", path, { json })
          assert.deepStrictEqual([refused.status, refused.body._tag], [409, "RecipientDeleted"])
        }
        const found = yield* peer.send("POST", "/chats", { json: { type: "private", member_ids: [me.id] } })
        assert.deepStrictEqual([found.status, found.body.id], [200, pair])
        // Users without a chat with them do not find the account.
        for (const [path, json] of [
          ["/chats", { type: "private", member_ids: [me.id] }],
          ["/chats", { type: "group", name: "New", member_ids: [me.id] }],
          ["/messages", { recipient_id: me.id, text: "Hello" }],
          [`/chats/${chat}/members`, { user_ids: [me.id] }],
        ] as const) {
          const sender = path === `/chats/${chat}/members` ? peer : third
          const refused = yield* sender.send("POST", path, { json })
          assert.deepStrictEqual([path, refused.status, refused.body._tag], [path, 404, "UserNotFound"])
        }
        assert.strictEqual((yield* peer.send("GET", `/messages/${mine.id}/readers`)).status, 200)
      }),
    )
  })

  layer(Http.layer({ failedLoginsPerMinute: 2 }))("of a guesser", (it) => {
    it.effect("counts wrong passwords as log-ins do", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        for (const status of [403, 403, 429]) {
          assert.strictEqual((yield* me.send("DELETE", "/me", deletion("wrong"))).status, status)
        }
        const refused = yield* me.send("DELETE", "/me", deletion(me.password))
        assert.strictEqual(refused.status, 429)
        assert.isAbove(Number(refused.headers["retry-after"]), 0)
      }),
    )
  })

  layer(Http.layer())("of one's data", (it) => {
    it.effect("gives all that is mine and nothing that is others'", () =>
      Effect.gen(function* () {
        const [me, peer] = [yield* Http.somebody, yield* Http.somebody]
        const group = { type: "group", name: "Ours", member_ids: [peer.id] }
        const chat = (yield* peer.send("POST", "/chats", { json: { ...group, member_ids: [me.id] } })).body.id
        const old = (yield* me.send("POST", "/chats", { json: group })).body.id
        const texts = ['Mine, with "quotes" \u2028 and 🦊', "Mine as well"]
        for (const text of texts) {
          yield* me.send("POST", `/chats/${chat}/messages`, {
            json: { text, dedup_key: text.slice(0, 9) + text.length },
          })
          yield* peer.send("POST", `/chats/${chat}/messages`, { json: { text: "Theirs" } })
        }
        yield* me.send("POST", `/chats/${old}/messages`, { json: { text: "Where I was" } })
        yield* me.send("DELETE", `/chats/${old}/members/${me.id}`)
        yield* peer.send("PATCH", `/chats/${old}`, { json: { name: "A new name, not for me" } })
        const pair = (yield* peer.send("POST", "/messages", { json: { recipient_id: me.id, text: "Theirs" } })).body
          .chat_id

        const answer = yield* me.send("GET", "/me/export")
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(answer.headers["content-disposition"], 'attachment; filename="confab-export.json"')
        assert.match(String(answer.headers["content-type"]), /^application\/json/)
        assert.strictEqual(answer.headers["cache-control"], "no-store")
        const data = yield* Schema.decodeUnknownEffect(Schema.toCodecJson(Export))(answer.body)
        assert.deepStrictEqual(data.profile, (yield* me.send("GET", "/me")).body)
        assert.strictEqual(data.sessions.length, 1)
        assert.deepStrictEqual(
          data.chats.map(({ id, name, member, role, peer }) => [id, name, member, role, peer?.id ?? null]),
          [
            [chat, "Ours", true, "member", null],
            [old, null, false, null, null],
            [pair, null, true, "member", peer.id],
          ],
        )
        assert.deepStrictEqual(
          data.messages.map(({ chat_id, dedup_key, seq, text }) => [chat_id, seq, text, dedup_key !== null]),
          [
            [chat, 1, texts[0], true],
            [chat, 3, texts[1], true],
            [old, 1, "Where I was", false],
          ],
        )
        assert.deepStrictEqual(
          data.security_events.map(({ event, address }) => [event, address]),
          ["signed_up", "logged_in", "data_exported"].map((event) => [event, "127.0.0.1"]),
        )
        assert.notInclude(answer.text, "Theirs")
        assert.notInclude(answer.text, "A new name")
      }),
    )

    it.effect("exists for a user without messages, and again afterwards", () =>
      Effect.gen(function* () {
        const me = yield* Http.somebody
        for (let i = 0; i < 6; i++) {
          const { body } = yield* me.send("GET", "/me/export")
          assert.deepStrictEqual([body.chats, body.messages], [[], []])
          assert.strictEqual((yield* me.send("HEAD", "/me/export")).status, 200)
        }
        yield* (yield* Audit).flush
        const entries = yield* (yield* AuditLog).ofUser(me.id as UserId, 0, 100)
        assert.strictEqual(entries.filter(({ event }) => event === "data_exported").length, 6, "HEAD takes nothing")
      }),
    )
  })
})
