// Messages with files of their sender: what is accepted, who sees them, and how a repetition is recognised.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { File } from "../../src/domain/File.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { storedFile } from "../support/files.ts"
import * as Http from "../support/http.ts"

type Person = Effect.Success<typeof Http.somebody>

const refused = (answer: Http.Answer, status: number, tag: string, path?: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
  if (path !== undefined) assert.strictEqual(answer.body.issues[0].path, path, answer.text)
}

const fileOf = ({ id }: Person, name = "sea.jpg") => storedFile(id as UserId, { name })

const mayFind = Effect.fnUntraced(function* ({ id: reader }: Person, { id }: File) {
  return (yield* (yield* FileStore).find(id, reader as UserId)) !== undefined
})

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

describe("Attachments over HTTP", () => {
  layer(Http.layer())("of a message", (it) => {
    it.effect("are shown wherever the message is, and stay when its text changes", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { chat_id, path } = yield* group(ada, bob)
        const [one, two] = [yield* fileOf(ada, "one"), yield* fileOf(ada, "two")]
        const attachments = [two, one]
        const sent = yield* say(ada, path, { text: "", attachments: [two.id, one.id] })
        assert.deepStrictEqual([sent.text, sent.attachments], ["", attachments])
        const shown = [
          (yield* bob.send("GET", `/messages/${sent.id}`)).body,
          (yield* bob.send("GET", path)).body.items[0],
          (yield* bob.send("GET", `/history/${chat_id}`)).body[0],
          (yield* bob.send("GET", "/messages/recent")).body.items[0],
          (yield* bob.send("GET", `/chats/${chat_id}`)).body.last_message,
          (yield* bob.send("GET", "/chats")).body.items[0].last_message,
          (yield* ada.send("GET", "/me/export")).body.messages[0],
        ]
        assert.deepStrictEqual(
          shown.map((message) => message.attachments),
          shown.map(() => attachments),
        )
        const edited = yield* ada.send("PATCH", `/messages/${sent.id}`, { json: { text: "a caption" } })
        assert.deepStrictEqual([edited.body.text, edited.body.attachments], ["a caption", attachments])
        refused(yield* ada.send("PATCH", `/messages/${sent.id}`, { json: { text: "" } }), 400, "InvalidInput", "text")
        assert.deepStrictEqual((yield* ada.send("GET", `/messages/${sent.id}/edits`)).body.items[0].text, "")
        const reply = yield* say(bob, path, { text: "mine", reply_to: sent.id, attachments: [(yield* fileOf(bob)).id] })
        const thread = (yield* ada.send("GET", `/messages/${reply.id}/thread`)).body
        assert.deepStrictEqual([thread.root.attachments, thread.items[0].attachments.length], [attachments, 1])
        const direct = yield* say(ada, "/messages", { recipient_id: bob.id, text: "to you", attachments: [one.id] })
        assert.deepStrictEqual(direct.attachments, [one])
        assert.notProperty(yield* say(ada, path, { text: "plain", attachments: null }), "attachments")
      }),
    )

    it.effect("are 1 to 10 files of the sender, beside a text that may be empty only then", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const files = yield* Effect.forEach(Array.from({ length: 11 }), () => fileOf(ada))
        const ids = files.map(({ id }) => id)
        const [mine = 0] = ids
        const post = (json: object) => ada.send("POST", path, { json })
        assert.lengthOf((yield* say(ada, path, { text: "", attachments: ids.slice(0, 10) })).attachments, 10)
        for (const attachments of [[], ids, [mine, mine], mine, "1", {}]) {
          refused(yield* post({ text: "x", attachments }), 400, "InvalidInput", "attachments")
        }
        for (const id of [0, -1, 1.5, "1", null, 2 ** 53]) {
          refused(yield* post({ text: "x", attachments: [id] }), 400, "InvalidInput", "attachments.0")
        }
        refused(yield* post({ text: "" }), 400, "InvalidInput", "text")
        refused(yield* post({ text: "", attachments: null }), 400, "InvalidInput", "text")
        refused(yield* post({ text: " \n", attachments: [mine] }), 400, "InvalidInput", "text")
        refused(yield* post({ attachments: [mine] }), 400, "InvalidInput", "text")
        const theirs = yield* fileOf(bob)
        for (const id of [theirs.id, 987_654_321]) {
          refused(yield* post({ text: "x", attachments: [mine, id] }), 404, "FileNotFound")
          refused(
            yield* ada.send("POST", "/messages", { json: { recipient_id: bob.id, text: "x", attachments: [id] } }),
            404,
            "FileNotFound",
          )
        }
        // Who is not in the chat learns nothing of it.
        const eve = yield* Http.somebody
        const json = { text: "", attachments: [(yield* fileOf(eve)).id] }
        refused(yield* eve.send("POST", path, { json }), 404, "ChatNotFound")
        const { id } = yield* say(bob, path, { text: "said" })
        refused(yield* post({ forward: id, attachments: [mine] }), 400, "InvalidInput", "attachments")
      }),
    )

    it.effect("are out of others' sight with the deletion of their message, and free again for their sender", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const file = yield* fileOf(ada)
        assert.isFalse(yield* mayFind(bob, file))
        const { id } = yield* say(ada, path, { text: "", attachments: [file.id] })
        assert.isTrue(yield* mayFind(bob, file))
        yield* ada.send("DELETE", `/messages/${id}`)
        const { body } = yield* bob.send("GET", `/messages/${id}`)
        assert.deepStrictEqual([body.deleted, body.text], [true, ""])
        assert.notProperty(body, "attachments")
        assert.deepStrictEqual([yield* mayFind(bob, file), yield* mayFind(ada, file)], [false, true])
        refused(yield* ada.send("PATCH", `/messages/${id}`, { json: { text: "x" } }), 409, "MessageDeleted")
      }),
    )

    it.effect("are copied by forwarding, for whoever may see them there", () =>
      Effect.gen(function* () {
        const [ada, bob, eve] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const source = yield* group(ada, bob)
        const target = yield* group(bob, eve)
        const file = yield* fileOf(ada)
        const original = yield* say(ada, source.path, { text: "", attachments: [file.id], custom: {} })
        const copy = yield* say(bob, target.path, { forward: original.id })
        assert.deepStrictEqual([copy.text, copy.attachments, copy.forwarded.sender_id], ["", [file], ada.id])
        assert.deepStrictEqual((yield* eve.send("GET", `/messages/${copy.id}`)).body.attachments, [file])
        // A copy gives no right to send the file as one's own.
        refused(
          yield* bob.send("POST", target.path, { json: { text: "", attachments: [file.id] } }),
          404,
          "FileNotFound",
        )
        yield* ada.send("DELETE", `/messages/${original.id}`)
        assert.isTrue(yield* mayFind(eve, file))
        const saved = (yield* eve.send("POST", "/chats", { json: { type: "saved" } })).body.id
        const kept = yield* say(eve, `/chats/${saved}/messages`, { forward: copy.id })
        assert.deepStrictEqual([kept.attachments, kept.forwarded.message_id], [[file], copy.id])
        yield* bob.send("DELETE", `/messages/${copy.id}`)
        assert.deepStrictEqual([yield* mayFind(eve, file), yield* mayFind(bob, file)], [true, false])
      }),
    )

    it.effect("are part of the content by which a dedup_key recognises a repetition", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const { path } = yield* group(ada, bob)
        const [one, two] = [yield* fileOf(ada), yield* fileOf(ada)]
        const post = (attachments: ReadonlyArray<number> | undefined, text = "x") =>
          ada.send("POST", path, { json: { text, attachments, dedup_key: "k" } })
        const first = yield* post([one.id, two.id])
        assert.strictEqual(first.status, 201)
        const again = yield* post([one.id, two.id])
        assert.deepStrictEqual([again.status, again.body.id, again.body.attachments], [200, first.body.id, [one, two]])
        const others = [[two.id, one.id], [one.id], undefined]
        for (const other of others) refused(yield* post(other), 409, "DedupKeyReused")
        refused(yield* post([one.id, two.id], "y"), 409, "DedupKeyReused")
        // The other way round: a text is no message with attachments.
        yield* say(ada, path, { text: "x", dedup_key: "l" })
        const json = { text: "x", attachments: [one.id], dedup_key: "l" }
        refused(yield* ada.send("POST", path, { json }), 409, "DedupKeyReused")
        // After an edit, a deletion, and once the files are gone.
        yield* ada.send("PATCH", `/messages/${first.body.id}`, { json: { text: "edited" } })
        assert.deepStrictEqual((yield* post([one.id, two.id])).body.text, "edited")
        yield* ada.send("DELETE", `/messages/${first.body.id}`)
        const files = yield* FileStore
        const late = Date.now() + 120_000
        for (const { id } of [one, two]) assert.strictEqual(yield* files.remove(id, ada.id as UserId, late), "Removed")
        const tombstone = yield* post([one.id, two.id])
        assert.deepStrictEqual([tombstone.status, tombstone.body.deleted], [200, true])
        refused(yield* post([one.id]), 409, "DedupKeyReused")
      }),
    )

    it.effect("of files that another request deletes meanwhile are either kept or refused", () =>
      Effect.gen(function* () {
        const ada = yield* Http.somebody
        const { path } = yield* group(ada)
        const files = yield* FileStore
        const file = yield* fileOf(ada)
        // As it is while the message is on its way.
        yield* files.hold([file.id], ada.id as UserId, Date.now())
        assert.strictEqual(yield* files.remove(file.id, ada.id as UserId, Date.now()), "InUse")
        yield* say(ada, path, { text: "", attachments: [file.id] })
        assert.strictEqual(yield* files.remove(file.id, ada.id as UserId, Date.now() + 120_000), "InUse")
      }),
    )
  })
})
