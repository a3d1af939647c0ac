// Digests of first texts from before keys existed: found, keyed, and still able to distinguish texts.
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { bareDigest, OriginalDigests } from "../../src/actors/memory/OriginalDigests.ts"
import { keyDigests } from "../../src/services/keyDigests.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { BareDigests } from "../../src/sql/journal/BareDigests.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { digestsOf } from "../support/digests.ts"
import { change, commit, embedded, newGroup, now, postgres, repositories, send, standing } from "../support/sql.ts"

const digests = digestsOf()

for (const [name, database] of [
  ["PGlite", embedded],
  ["PostgreSQL", postgres],
] as const) {
  const tables = Layer.mergeAll(repositories, BareDigests.layer, Layer.succeed(OriginalDigests, digests)).pipe(
    Layer.provideMerge(database),
  )
  layer(tables, { excludeTestServices: true })(`Digests from before they were keyed, on ${name}`, (it) => {
    it.effect("are keyed a part at a time, and none that an edit has replaced in the meantime", () =>
      Effect.gen(function* () {
        const journal = yield* Journal
        const bare = yield* BareDigests
        const { query } = yield* Database
        const { chat_id, members } = yield* newGroup(1)
        const ids = yield* send(chat_id, members[0]!, "one", "two", "three", { text: "four", dedup_key: "k" })
        for (const [i, text] of ["one", "two", "three"].entries()) {
          const at = yield* standing(chat_id)
          const original_digest = i < 2 ? bareDigest(text) : digests.of(text)
          const edit = {
            id: ids[i]!,
            text: "edited",
            edited_at: now,
            deleted: false,
            original_digest,
            mentioned: null,
            detached: false,
          }
          yield* commit(change(chat_id, at, { messages: [{ ...edit, version: at.version + 1 }] }))
        }
        const stored = (i: number) =>
          Effect.map(journal.messages(chat_id, [ids[i]!]), ([message]) => message?.original_digest)

        const found = yield* bare.some(10)
        assert.deepStrictEqual(found, [
          { id: ids[0]!, digest: bareDigest("one") },
          { id: ids[1]!, digest: bareDigest("two") },
        ])
        // It was replaced after it was found.
        yield* bare.replace([{ id: ids[0]!, digest: "another", keyed: "wrong" }])
        assert.strictEqual(yield* stored(0), bareDigest("one"))

        const part = yield* keyDigests(1)
        assert.deepStrictEqual([yield* part, yield* part, yield* part], [1, 1, 0])
        assert.deepStrictEqual(yield* Effect.forEach([0, 1, 2, 3], stored), [
          digests.of("one"),
          digests.of("two"),
          digests.of("three"),
          null,
        ])
        const plan = yield* query<{ readonly "QUERY PLAN": string }>(
          `explain select id from messages where length(original_digest) = 43 order by id limit 1`,
        )
        assert.include(plan.map((row) => row["QUERY PLAN"]).join("\n"), "messages_bare_digest")
      }),
    )
  })
}
