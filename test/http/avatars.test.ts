// Avatars of users and groups: photos of those who set them, which everybody who is signed in may see.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { File, FileKind } from "../../src/domain/File.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { storedFile } from "../support/files.ts"
import * as Http from "../support/http.ts"

type Person = Effect.Success<typeof Http.somebody>

const refused = (answer: Http.Answer, status: number, tag: string, path?: string) => {
  assert.deepStrictEqual([answer.status, answer.body?._tag], [status, tag], answer.text)
  if (path !== undefined) assert.strictEqual(answer.body.issues[0].path, path, answer.text)
}

const fileOf = ({ id }: Person, kind: FileKind = "photo") => storedFile(id as UserId, { kind })

const mayFind = Effect.fnUntraced(function* ({ id: reader }: Person, { id }: File) {
  return (yield* (yield* FileStore).find(id, reader as UserId)) !== undefined
})

/** Late enough for `remove` and `expire` to do what they do in the end. */
const removal = Effect.fnUntraced(function* ({ id: owner }: Person, { id }: File) {
  return yield* (yield* FileStore).remove(id, owner as UserId, Date.now() + 120_000)
})

const wrong = [0, -1, 1.5, "1", {}, []]

describe("Avatars over HTTP", () => {
  layer(Http.layer())("of a", (it) => {
    it.effect("user is a photo of their own, shown with them and taken away by null", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const [first, second] = [yield* fileOf(ada), yield* fileOf(ada)]
        const change = (json: object) => ada.send("PATCH", "/me", { json })
        assert.isFalse(yield* mayFind(bob, first))
        assert.strictEqual((yield* change({ avatar: first.id })).body.avatar, first.id)
        assert.isTrue(yield* mayFind(bob, first))
        const avatars = [
          (yield* ada.send("GET", "/me")).body,
          (yield* bob.send("GET", `/users/${ada.id}`)).body,
          (yield* bob.send("GET", `/users?query=${ada.username}`)).body.items[0],
          (yield* bob.send("POST", "/chats", { json: { type: "private", member_ids: [ada.id] } })).body.peer,
          (yield* ada.send("GET", "/me/export")).body.profile,
        ].map(({ avatar }) => avatar)
        assert.deepStrictEqual(avatars, Array(5).fill(first.id))
        // Others stay as they are, and a file in use stays too.
        const { body } = yield* change({ custom: { a: 1 } })
        assert.deepStrictEqual([body.avatar, body.custom], [first.id, { a: 1 }])
        assert.deepStrictEqual((yield* change({ avatar: first.id })).status, 200)
        assert.strictEqual(yield* removal(ada, first), "InUse")
        const replaced = yield* change({ avatar: second.id, display_name: "Ada" })
        assert.deepStrictEqual(
          [replaced.body.avatar, replaced.body.custom, replaced.body.display_name],
          [second.id, { a: 1 }, "Ada"],
        )
        assert.deepStrictEqual([yield* mayFind(bob, first), yield* mayFind(bob, second)], [false, true])
        assert.strictEqual(yield* removal(ada, first), "Removed")
        assert.notProperty((yield* change({ avatar: null })).body, "avatar")
        assert.isFalse(yield* mayFind(bob, second))
        assert.notProperty((yield* bob.send("GET", `/users/${ada.id}`)).body, "avatar")
      }),
    )

    it.effect("user is none of somebody else's, and nothing but a photo", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const change = (avatar: unknown) => ada.send("PATCH", "/me", { json: { avatar, custom: {} } })
        for (const { id } of [yield* fileOf(bob), yield* fileOf(ada, "file"), yield* fileOf(ada, "voice")]) {
          refused(yield* change(id), 404, "FileNotFound")
        }
        refused(yield* change(987_654_321), 404, "FileNotFound")
        for (const avatar of wrong) refused(yield* change(avatar), 400, "InvalidInput", "avatar")
        const { body } = yield* ada.send("GET", "/me")
        assert.notProperty(body, "avatar")
        assert.notProperty(body, "custom")
      }),
    )

    it.effect("group is a photo of the owner or admin who sets it", () =>
      Effect.gen(function* () {
        const [ada, admin, member] = [yield* Http.somebody, yield* Http.somebody, yield* Http.somebody]
        const stranger = yield* Http.somebody
        const [hers, his, theirs] = [yield* fileOf(ada), yield* fileOf(admin), yield* fileOf(member)]
        const make = (avatar: unknown) =>
          ada.send("POST", "/chats", {
            json: { type: "group", name: "A group", member_ids: [admin.id, member.id], avatar },
          })
        refused(yield* make(his.id), 404, "FileNotFound")
        refused(yield* make((yield* fileOf(ada, "file")).id), 404, "FileNotFound")
        for (const avatar of wrong) refused(yield* make(avatar), 400, "InvalidInput")
        const made = yield* make(hers.id)
        assert.deepStrictEqual([made.status, made.body.avatar], [201, hers.id])
        const { id, version } = made.body
        const path = `/chats/${id}`
        const change = (by: Person, json: object) => by.send("PATCH", path, { json })
        yield* ada.send("PATCH", `${path}/members/${admin.id}`, { json: { role: "admin" } })
        assert.isTrue(yield* mayFind(stranger, hers))
        // Hers, sent back by another, is no new one.
        const same = yield* change(admin, { avatar: hers.id, description: "About it" })
        assert.deepStrictEqual([same.body.avatar, same.body.description], [hers.id, "About it"])
        refused(yield* change(admin, { avatar: theirs.id }), 404, "FileNotFound")
        refused(yield* change(member, { avatar: theirs.id }), 403, "NotAllowed")
        refused(yield* change(stranger, { avatar: (yield* fileOf(stranger)).id }), 404, "ChatNotFound")
        assert.strictEqual((yield* change(admin, { avatar: his.id })).body.avatar, his.id)
        assert.deepStrictEqual([yield* mayFind(stranger, hers), yield* mayFind(stranger, his)], [false, true])
        assert.strictEqual(yield* removal(admin, his), "InUse")
        assert.strictEqual((yield* member.send("GET", path)).body.avatar, his.id)
        const taken = yield* change(ada, { avatar: null })
        assert.notProperty(taken.body, "avatar")
        assert.strictEqual(taken.body.description, "About it")
        assert.isAbove(taken.body.version, version)
        assert.strictEqual(yield* removal(admin, his), "Removed")
        const last = yield* fileOf(ada)
        yield* change(ada, { avatar: last.id })
        yield* ada.send("DELETE", path)
        assert.deepStrictEqual([yield* mayFind(member, last), yield* removal(ada, last)], [false, "Removed"])
      }),
    )

    it.effect("private or saved chat is none", () =>
      Effect.gen(function* () {
        const [ada, bob] = [yield* Http.somebody, yield* Http.somebody]
        const file = yield* fileOf(ada)
        for (const json of [{ type: "private", member_ids: [bob.id] }, { type: "saved" }]) {
          const { id } = (yield* ada.send("POST", "/chats", { json })).body
          refused(yield* ada.send("PATCH", `/chats/${id}`, { json: { avatar: file.id } }), 403, "NotAllowed")
        }
      }),
    )
  })
})
