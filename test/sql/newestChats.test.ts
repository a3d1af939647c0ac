// How often all chats of a user are read while a client pages through the list.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { makeNewestChats, type Newest } from "../../src/sql/chats/newestChats.ts"
import { boundMillis } from "../../src/sql/journal/activityBound.ts"
import { sequence } from "../support/sequence.ts"

interface Chat extends Newest {
  /** undefined: no bound. */
  readonly bound?: number
}

/** Chats of which every third has the same time as the one before it. */
const chats = Array.from({ length: 600 }, (_, i): Chat => ({ id: (i + 1) as ChatId, at: (i * 7919) % 400 }))
const inOrder = (all: ReadonlyArray<Chat>): ReadonlyArray<Newest> =>
  all.map(({ at, id }) => ({ id, at })).sort((a, b) => b.at - a.at || b.id - a.id)
const newest = inOrder(chats)

type Params = readonly [
  unknown,
  { readonly value: number | null },
  { readonly value: number },
  { readonly value: number },
]

/** The table, and a count of the rows that were read. */
const table = (all: ReadonlyArray<Chat> = chats) => {
  const asked = { count: 0 }
  const boundOf = ({ bound }: Chat) => bound ?? Infinity
  const walk = [...all].sort((a, b) => (boundOf(a) === boundOf(b) ? b.id - a.id : boundOf(b) - boundOf(a)))
  const rows = ([, { value }, { value: after }, { value: limit }]: Params) => {
    const bound = value ?? Infinity
    const some = walk
      .filter((chat) => boundOf(chat) < bound || (boundOf(chat) === bound && chat.id < after))
      .slice(0, limit)
      .map(({ at, bound, id }) => ({ id, at, active_at: at, active_before: bound ?? null }))
    asked.count += some.length
    return some
  }
  const query = (_: string, params: ReadonlyArray<unknown> = []) =>
    // The parameters of the one statement.
    Effect.sync(() => rows(params as unknown as Params) as ReadonlyArray<object> as ReadonlyArray<never>)
  return { asked, find: makeNewestChats(query) }
}

/** `above`: how far its bound is above its activity, as an actor may have left it; null: no bound. */
const Membership = Schema.Struct({
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 * boundMillis })),
  above: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: boundMillis }))),
})

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
      assert.strictEqual(asked.count, 600)
      yield* TestClock.adjust("31 seconds")
      assert.deepStrictEqual(yield* find("activity", ada, 9, seen[99]), newest.slice(100, 109))
      assert.strictEqual(asked.count, 1_200)
    }),
  )

  it.effect("are looked through for each first page, and for each user", () =>
    Effect.gen(function* () {
      const { asked, find } = table()
      yield* find("activity", ada, 50)
      yield* find("activity", ada, 50)
      assert.strictEqual(asked.count, 1_200)
      assert.deepStrictEqual(yield* find("activity", bob, 2, newest[9]), newest.slice(10, 12))
      assert.strictEqual(asked.count, 1_800)
      // An order by messages is another one.
      yield* find("message", ada, 2, newest[9])
      assert.strictEqual(asked.count, 2_400)
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
      assert.strictEqual(asked.count, before + 600)
    }),
  )

  it.effect.prop(
    "are found in their order from page to page, whatever bounds their chats have",
    [sequence(Membership, 200, 400), Schema.Int.check(Schema.isBetween({ minimum: 5, maximum: 60 }))],
    ([memberships, limit]) =>
      Effect.gen(function* () {
        const all = memberships.map(({ at, above }, i): Chat => {
          const chat = { id: (i + 1) as ChatId, at }
          return above === null ? chat : { ...chat, bound: at + above }
        })
        const { find } = table(all)
        const seen: Array<Newest> = []
        for (;;) {
          const page = yield* find("activity", ada, limit, seen.at(-1))
          seen.push(...page)
          if (page.length < limit) break
        }
        assert.deepStrictEqual(seen, inOrder(all))
        assert.deepStrictEqual(yield* find("message", bob, limit), inOrder(all).slice(0, limit))
      }),
    { arbitrary: { runs: 40 } },
  )

  it.effect("cost what a page has, and not all chats, when they have bounds", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 20_000 }, (_, i): Chat => {
        const chat = { id: (i + 1) as ChatId, at: i * 60_000 }
        return i < 256 ? chat : { ...chat, bound: chat.at + boundMillis - 1 }
      })
      const { asked, find } = table(all)
      const first = yield* find("activity", ada, 50)
      assert.deepStrictEqual(first, inOrder(all).slice(0, 50))
      assert.isAtMost(asked.count, 257 + 100)
      const before = asked.count
      assert.deepStrictEqual(yield* find("activity", ada, 50, first.at(-1)), inOrder(all).slice(50, 100))
      assert.isAtMost(asked.count - before, 100)
      yield* find("message", bob, 50)
      assert.isAtMost(asked.count - before, 100 + 257 + 150)
    }),
  )
})
