// How many chats a user may make and be in, and how many members they may add, over in-memory tables and the test's clock.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { TooManyChats } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { addUsers } from "../support/chat.ts"
import { services } from "../support/http.ts"

const hour = 3_600_000

const group = (by: UserId, ...members: ReadonlyArray<UserId>) =>
  Effect.flatMap(Chats, (chats) => chats.createGroup(by, "A group", members))

const chatsOf = Effect.fnUntraced(function* (user_id: UserId) {
  const chats = yield* Chats
  return (yield* chats.list(user_id, 200, undefined)).items.length
})

describe("making chats", () => {
  it.effect("is limited by the hour; a private chat that is there already costs nothing", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const [ada, ...others] = yield* addUsers(5)
      yield* group(ada!)
      for (const other of others.slice(0, 2)) {
        for (let i = 0; i < 5; i++) yield* chats.openPrivate(ada!, other)
      }
      const { retry_after_ms } = yield* Effect.flip(chats.openPrivate(ada!, others[2]!)).pipe(
        Effect.map((error) => (error._tag === "TooManyRequests" ? error : { retry_after_ms: 0 })),
      )
      assert.strictEqual(retry_after_ms, hour / 3)
      assert.strictEqual((yield* Effect.flip(group(ada!)))._tag, "TooManyRequests")
      assert.strictEqual((yield* chats.openPrivate(ada!, others[0]!)).created, false)
      assert.strictEqual((yield* group(others[0]!)).member_count, 1)
      yield* TestClock.adjust(retry_after_ms)
      yield* group(ada!)
      assert.strictEqual((yield* Effect.flip(group(ada!)))._tag, "TooManyRequests")
    }).pipe(Effect.provide(services({ chatsPerHour: 3 }))),
  )

  it.effect("writing to a user creates one, and is limited like it", () =>
    Effect.gen(function* () {
      const messages = yield* Messages
      const [ada, bob, cyd] = yield* addUsers(3)
      const write = (to: UserId) => messages.sendTo(ada!, to, { text: "Hello", dedup_key: null })
      yield* write(bob!)
      yield* write(bob!)
      assert.strictEqual((yield* Effect.flip(write(cyd!)))._tag, "TooManyRequests")
    }).pipe(Effect.provide(services({ chatsPerHour: 1 }))),
  )
})

describe("members", () => {
  it.effect("are in the chat up to 200 by user id, and in pages for its members", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const [stranger, ...ids] = yield* addUsers(206)
      const [owner] = ids as [UserId]
      const { id } = yield* group(owner, ...ids.slice(1).reverse())
      const shown = yield* chats.get(owner, id)
      assert.deepStrictEqual(
        shown.members.map(({ user }) => user.id),
        ids.slice(0, 200),
      )
      assert.strictEqual(shown.members_next, ids[199])
      const rest = yield* chats.members(owner, id, { limit: 200, after: shown.members_next! })
      assert.deepStrictEqual([rest.items.map(({ user }) => user.id), rest.next], [ids.slice(200), null])
      yield* chats.removeMember(owner, id, ids[3]!)
      for (let i = 200; i < 204; i++) yield* chats.removeMember(owner, id, ids[i]!)
      assert.notProperty(yield* chats.get(owner, id), "members_next")
      assert.strictEqual((yield* Effect.flip(chats.members(stranger!, id, { limit: 1 })))._tag, "ChatNotFound")
    }).pipe(Effect.provide(services({ membersPerHour: 0, messagesPerSecond: 0 }))),
  )
})

describe("the version of a member", () => {
  it.effect("is that of the last change of membership, role or read mark, from the actor as from the rows", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const messages = yield* Messages
      const [ada, bob, cyd] = yield* addUsers(3)
      const { id } = yield* group(ada!, bob!)
      const check = Effect.fnUntraced(function* (expected: ReadonlyArray<number>) {
        const rows = (yield* chats.get(ada!, id)).members
        assert.deepStrictEqual(
          rows.map(({ version }) => version),
          expected,
        )
        assert.deepStrictEqual((yield* chats.members(ada!, id, { limit: 9 })).items, rows)
        // Nobody is new: the actor answers with what it has.
        const ids = rows.map(({ user }) => user.id)
        assert.deepStrictEqual(yield* chats.addMembers(ada!, id, ids), rows)
      })
      const send = (by: UserId) => messages.send(by, id, { text: "Hello", dedup_key: null })
      yield* check([1, 1])
      const first = (yield* send(ada!)).message
      yield* send(bob!)
      yield* send(ada!)
      yield* check([1, 1])
      yield* messages.markRead(bob!, (yield* send(ada!)).message.id)
      yield* check([1, 6])
      yield* messages.markRead(bob!, first.id)
      yield* check([1, 6])
      yield* chats.addMembers(ada!, id, [cyd!])
      yield* check([1, 6, 7])
      assert.strictEqual((yield* chats.setRole(ada!, id, bob!, "admin")).version, 8)
      yield* send(bob!)
      yield* check([1, 8, 7])
      yield* chats.removeMember(ada!, id, bob!)
      yield* chats.addMembers(ada!, id, [bob!])
      yield* check([1, 11, 7])
      yield* chats.setRole(ada!, id, cyd!, "owner")
      yield* check([13, 11, 12])
    }).pipe(Effect.provide(services({}))),
  )
})

describe("adding members", () => {
  it.effect("counts added users, also in a new group, and not present members", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const [ada, ...others] = yield* addUsers(9)
      const { id } = yield* group(ada!, ada!, ...others.slice(0, 3), others[0]!)
      const add = (...ids: ReadonlyArray<UserId>) => chats.addMembers(ada!, id, ids)
      yield* add(...others.slice(0, 4), others[3]!)
      // One is left, and these are two: neither comes in.
      const refused = yield* Effect.flip(add(...others.slice(3, 6)))
      assert.deepInclude(refused, { _tag: "TooManyRequests", retry_after_ms: hour / 5 })
      assert.strictEqual((yield* chats.get(ada!, id)).member_count, 5)
      yield* add(others[4]!)
      assert.strictEqual((yield* Effect.flip(group(ada!, others[0]!)))._tag, "TooManyRequests")
      assert.strictEqual((yield* add(...others.slice(0, 5))).length, 5)
      yield* group(ada!)
      yield* TestClock.adjust(hour / 5)
      yield* add(others[5]!)
    }).pipe(Effect.provide(services({ membersPerHour: 5 }))),
  )

  it.effect("never allows more at once than in an hour", () =>
    Effect.gen(function* () {
      const [ada, ...others] = yield* addUsers(4)
      assert.deepInclude(yield* Effect.flip(group(ada!, ...others)), { _tag: "TooManyRequests", retry_after_ms: hour })
    }).pipe(Effect.provide(services({ membersPerHour: 2 }))),
  )

  it.effect("refuses users who may not add members before it reports who would have room", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const [ada, bob, cyd] = yield* addUsers(3)
      const { id } = yield* group(ada!, bob!)
      yield* group(cyd!)
      assert.strictEqual((yield* Effect.flip(chats.addMembers(bob!, id, [cyd!])))._tag, "NotAllowed")
      assert.strictEqual((yield* Effect.flip(chats.addMembers(cyd!, id, [cyd!])))._tag, "ChatNotFound")
    }).pipe(Effect.provide(services({ maxChats: 1 }))),
  )
})

describe("a user who is in as many chats as there may be", () => {
  it.effect("makes none and is added to none; those named with them are not added either", () =>
    Effect.gen(function* () {
      const chats = yield* Chats
      const messages = yield* Messages
      const [full, ada, bob] = yield* addUsers(3)
      const first = yield* group(full!, ada!)
      yield* group(full!)
      const refusal = new TooManyChats({ user_ids: [full!], max_chats: 2 })
      assert.deepStrictEqual(yield* Effect.flip(group(full!, bob!)), refusal)
      assert.deepStrictEqual(yield* Effect.flip(group(ada!, full!, bob!)), refusal)
      assert.deepStrictEqual(yield* Effect.flip(chats.openPrivate(full!, bob!)), refusal)
      assert.deepStrictEqual(yield* Effect.flip(chats.openPrivate(bob!, full!)), refusal)
      assert.deepStrictEqual(
        yield* Effect.flip(messages.sendTo(bob!, full!, { text: "Hello", dedup_key: null })),
        refusal,
      )
      const { id } = yield* group(ada!)
      assert.deepStrictEqual(yield* Effect.flip(chats.addMembers(ada!, id, [bob!, full!])), refusal)
      assert.strictEqual((yield* chats.get(ada!, id)).member_count, 1)
      assert.deepStrictEqual([yield* chatsOf(full!), yield* chatsOf(bob!)], [2, 0])
      // To be named again where one is already takes no place.
      assert.strictEqual((yield* chats.addMembers(full!, first.id, [ada!, full!])).length, 2)
      yield* chats.removeMember(full!, first.id, full!)
      yield* chats.addMembers(ada!, id, [bob!, full!])
      assert.deepStrictEqual([yield* chatsOf(full!), yield* chatsOf(bob!)], [2, 1])
    }).pipe(Effect.provide(services({ maxChats: 2 }))),
  )

  it.effect("gets no more by making many at once", () =>
    Effect.gen(function* () {
      const [ada] = yield* addUsers(1)
      const made = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.match(group(ada!), { onSuccess: () => "made", onFailure: ({ _tag }) => _tag }),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(made.filter((how) => how === "made").length, 5)
      assert.strictEqual(made.filter((how) => how === "TooManyChats").length, 15)
      assert.strictEqual(yield* chatsOf(ada!), 5)
    }).pipe(Effect.provide(services({ maxChats: 5 }))),
  )

  it.effect("keeps what they have when the limit sinks", () =>
    Effect.gen(function* () {
      const messages = yield* Messages
      const [ada, bob] = yield* addUsers(2)
      const ids: Array<ChatId> = []
      for (let i = 0; i < 3; i++) ids.push((yield* group(ada!, bob!)).id)
      const write = messages.send(ada!, ids[2]!, { text: "Hello", dedup_key: null, reply_to: null })
      assert.strictEqual((yield* write).message.seq, 1)
    }).pipe(Effect.provide(services({ maxChats: 3 }))),
  )
})
