// Followers read every change of every chat, resume at their cursors, and keep each change exactly once.
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { ChatEvent } from "../../src/domain/ChatEvent.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { Follower } from "../../src/followers/Follower.ts"
import { makeFollowing } from "../../src/followers/follow.ts"
import { messageCount } from "../../src/followers/messageCount.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { FollowerStore } from "../../src/sql/followers/FollowerStore.ts"
import { edit } from "../support/chatLife.ts"
import { change, commit, databases, newGroup, send, standing } from "../support/sql.ts"

let followers = 0

/** Notes what it gets, and counts messages; `before` runs when it has noted the events of a page. */
const noting = (before: () => Effect.Effect<void, Unavailable> = () => Effect.void) => {
  const noted = new Map<ChatId, Array<ChatEvent>>()
  const follower: Follower<{ readonly messages: number }> = {
    name: `noting ${++followers}`,
    start: { messages: 0 },
    handle: (chat_id, events, { messages }) =>
      Effect.suspend(() => {
        noted.set(chat_id, [...(noted.get(chat_id) ?? []), ...events])
        return Effect.as(before(), {
          messages: messages + events.filter(({ _tag }) => _tag === "MessageSent").length,
        })
      }),
    onRound: Effect.void,
  }
  const counted = Effect.flatMap(FollowerStore, (store) => store.sum(follower.name, "messages"))
  return { follower, noted, counted }
}

const texts = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)
const seqs = (events: ReadonlyArray<ChatEvent> = []) =>
  events.flatMap((event) => (event._tag === "MessageSent" ? [event.message.seq] : []))

/** A round of a process; with `until`, it is killed after so many steps. */
const round = Effect.fnUntraced(function* (follower: Follower, size?: { chats: number; pages: number }, until = 1e9) {
  const following = yield* makeFollowing([follower], size)
  for (let steps = 0; steps < until; steps++) if (!(yield* following)) return
})

for (const database of databases) {
  layer(database.layer, { excludeTestServices: true })(`A follower ${database.name}`, (it) => {
    it.effect("reads each message of each chat once, however long the chat, and then what comes", () =>
      Effect.gen(function* () {
        const { counted, follower, noted } = noting()
        const long = yield* newGroup(2)
        const short = yield* newGroup(2)
        yield* send(long.chat_id, long.members[0]!, ...texts(1_200))
        const [id] = yield* send(short.chat_id, short.members[0]!, "one")
        yield* round(follower)
        assert.deepStrictEqual(
          seqs(noted.get(long.chat_id)),
          texts(1_200).map((i) => Number(i) + 1),
        )
        assert.deepStrictEqual(seqs(noted.get(short.chat_id)), [1])
        assert.strictEqual(yield* counted, 1_201)
        noted.clear()
        yield* round(follower)
        assert.strictEqual(noted.size, 0)
        yield* send(long.chat_id, long.members[1]!, "more")
        yield* edit(short.chat_id, id!, "one, better")
        yield* round(follower)
        assert.deepStrictEqual(seqs(noted.get(long.chat_id)), [1_201])
        assert.deepStrictEqual(
          noted.get(short.chat_id)?.map(({ _tag }) => _tag),
          ["MessageUpdated"],
        )
        assert.strictEqual(yield* counted, 1_202)
      }),
    )

    it.effect(
      "resumes at its cursors when it is killed after any step, and loses and repeats nothing that it keeps",
      () =>
        Effect.gen(function* () {
          const { counted, follower } = noting()
          const before = yield* counted
          assert.strictEqual(before, 0)
          const groups = yield* Effect.forEach([1, 2, 3], () => newGroup(2))
          for (const { chat_id, members } of groups) yield* send(chat_id, members[0]!, ...texts(30))
          for (let kills = 0; kills < 12; kills++) yield* round(follower, { chats: 2, pages: 1 }, 1)
          yield* round(follower, { chats: 2, pages: 1 })
          const all = noting()
          yield* round(all.follower)
          assert.strictEqual(yield* counted, yield* all.counted)
        }),
    )

    it.effect("gets the events again that it could not handle, and keeps them once", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, "one", "two")
        let failures = 0
        const { counted, follower, noted } = noting(() =>
          Effect.suspend(() => (failures++ < 2 ? Effect.fail(new Unavailable()) : Effect.void)),
        )
        for (let i = 0; i < 2; i++) assert.strictEqual((yield* Effect.flip(round(follower)))._tag, "Unavailable")
        yield* round(follower)
        const all = noting()
        yield* round(all.follower)
        assert.strictEqual(yield* counted, yield* all.counted)
        assert.isAbove([...noted.values()].flat().length, [...all.noted.values()].flat().length)
      }),
    )

    it.effect("that runs on two nodes at once keeps each change once", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, ...texts(20))
        // Both have read before one of them moves the cursor.
        const { counted, follower } = noting(() => Effect.yieldNow)
        yield* Effect.all([round(follower), round(follower)], { concurrency: "unbounded" })
        yield* round(follower)
        const all = noting()
        yield* round(all.follower)
        assert.strictEqual(yield* counted, yield* all.counted)
      }),
    )

    it.effect("moves a cursor only from where it is", () =>
      Effect.gen(function* () {
        const store = yield* FollowerStore
        const { chat_id, members } = yield* newGroup(1)
        yield* send(chat_id, members[0]!, "one")
        const name = noting().follower.name
        assert.isFalse(yield* store.advance(name, chat_id, 1, 2, { messages: 1 }))
        assert.isTrue(yield* store.advance(name, chat_id, 0, 1, { messages: 1 }))
        assert.isFalse(yield* store.advance(name, chat_id, 0, 2, { messages: 9 }))
        assert.isTrue(yield* store.advance(name, chat_id, 1, 2, { messages: 2 }))
        assert.strictEqual(yield* store.sum(name, "messages"), 2)
        assert.isFalse(yield* store.advance(name, 987_654_321 as ChatId, 0, 1, { messages: 1 }))
      }),
    )

    it.effect("passes over deleted chats, whose cursors go with them", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        const { follower, noted } = noting()
        yield* round(follower)
        yield* send(chat_id, members[0]!, "one")
        const at = yield* standing(chat_id)
        yield* commit(change(chat_id, at, { deleted: true }))
        noted.clear()
        yield* round(follower)
        assert.isUndefined(noted.get(chat_id))
        const chats = yield* ChatStore
        while ((yield* chats.purge(100)) > 0) {}
        assert.isFalse(yield* (yield* FollowerStore).advance(follower.name, chat_id, 1, 2, { messages: 1 }))
      }),
    )

    it.effect("that counts messages has as many as the chats have", () =>
      Effect.gen(function* () {
        const { chat_id, members } = yield* newGroup(2)
        yield* send(chat_id, members[0]!, ...texts(7))
        yield* round(yield* messageCount)
        const all = noting()
        yield* round(all.follower)
        assert.strictEqual(yield* (yield* FollowerStore).sum("message_count", "messages"), yield* all.counted)
      }),
    )
  })
}
