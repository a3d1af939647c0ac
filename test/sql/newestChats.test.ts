// How often all chats of a user are read while a client pages through the list.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { makeNewestChats, type Newest } from "../../src/sql/chats/newestChats.ts"

/** Chats of which every third has the same time as the one before it. */
const chats = Array.from({ length: 600 }, (_, i): Newest => ({ id: (i + 1) as ChatId, at: (i * 7919) % 400 }))
const newest = [...chats].sort((a, b) => b.at - a.at || b.id - a.id)

/** The table, with 256 rows a statement, and a count of the rows that were requested. */
const table = () => {
  const asked = { count: 0 }
  const rows = (after: number) => {
    asked.count++
    return chats.filter(({ id }) => id > after).slice(0, 256)
  }
  const query = (_: string, params: ReadonlyArray<unknown> = []) =>
    Effect.sync(() => rows((params[1] as { value: number }).value) as ReadonlyArray<object> as ReadonlyArray<never>)
  return { asked, find: makeNewestChats(query) }
}

const [ada, bob] = [1 as UserId, 2 as UserId]

describe("The newest chats of a user with many", () => {
  it.effect("are looked through once for all pages, for a while", () =>
    Effect.gen(function* () {
      const { asked, find } = table()
      const seen: Array<Newest> = []
      for (let before: Newest | undefined; seen.length < 600; before = seen.at(-1)) {
        const page = yield* find("activity", ada, 50, before)
        assert.strictEqual(page.length, 50)
        seen.push(...page)
      }
      assert.deepStrictEqual(seen, newest)
      assert.deepStrictEqual(yield* find("activity", ada, 50, seen.at(-1)), [])
      assert.strictEqual(asked.count, 3)
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual(yield* find("activity", ada, 9, seen[99]), newest.slice(100, 109))
      assert.strictEqual(asked.count, 6)
    }),
  )

  it.effect("are looked through for each first page, and for each user", () =>
    Effect.gen(function* () {
      const { asked, find } = table()
      yield* find("activity", ada, 50)
      yield* find("activity", ada, 50)
      assert.strictEqual(asked.count, 6)
      assert.deepStrictEqual(yield* find("activity", bob, 2, newest[9]), newest.slice(10, 12))
      assert.strictEqual(asked.count, 9)
      // An order by messages is another one.
      yield* find("message", ada, 2, newest[9])
      assert.strictEqual(asked.count, 12)
    }),
  )

  it.effect("make room for those of others", () =>
    Effect.gen(function* () {
      const { asked, find } = table()
      for (let user = 1; user <= 334; user++) yield* find("activity", user as UserId, 1)
      const before = asked.count
      yield* find("activity", 334 as UserId, 1, newest[9])
      assert.strictEqual(asked.count, before)
      yield* find("activity", ada, 1, newest[9])
      assert.strictEqual(asked.count, before + 3)
    }),
  )
})
