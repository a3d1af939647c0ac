// The length of an answer has a limit that callers cannot raise.
import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Http from "../support/http.ts"

const ids = (count: number) => Array.from({ length: count }, (_, i) => 1_000_000 + i)

describe("unknown users", () => {
  layer(Http.layer({ maxGroupMembers: 500 }))("named by the thousand", (it) => {
    it.effect("are reported up to a hundred, and more than a group may have are not even looked up", () =>
      Effect.gen(function* () {
        const owner = yield* Http.somebody
        const create = (member_ids: ReadonlyArray<number>) =>
          owner.send("POST", "/chats", { json: { type: "group", name: "Crowd", member_ids } })
        const { id } = (yield* create([])).body
        const add = (user_ids: ReadonlyArray<number>) =>
          owner.send("POST", `/chats/${id}/members`, { json: { user_ids } })
        for (const ask of [create, add]) {
          const some = yield* ask(ids(450))
          assert.deepStrictEqual([some.status, some.body.user_ids], [404, ids(100)])
          const all = yield* ask(ids(130_000))
          assert.deepStrictEqual([all.status, all.body._tag, all.body.max_members], [409, "ChatFull", 500])
        }
      }),
    )
  })
})
