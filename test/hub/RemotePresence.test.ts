// How a node merges received and read presence of other nodes' users, in unfavourable orders. The test acts as the
// other nodes.
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type ChatPresence, Presence, type PresenceChange, type PresenceHost } from "../../src/broadcast/Presence.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { FrameDelays } from "../../src/hub/delivery/Flusher.ts"
import { Hub } from "../../src/hub/Hub.ts"
import { addGroup } from "../support/chat.ts"
import { atOnce, connect, open, services, settled, until } from "../support/sockets.ts"

/** The other nodes: what is published to them, when reads of them answer, and their changes. */
class Others extends Context.Service<
  Others,
  {
    readonly told: Array<string>
    /** The readings that wait for their answer. */
    readonly reading: Array<Deferred.Deferred<ChatPresence, Unavailable>>
    say(change: PresenceChange): void
    missed(): void
  }
>()("confab/test/Others") {
  static readonly layer = Layer.effectContext(
    Effect.sync(() => {
      const told: Array<string> = []
      const reading: Array<Deferred.Deferred<ChatPresence, Unavailable>> = []
      let host: PresenceHost | undefined
      return Context.make(Others, {
        told,
        reading,
        say: (change) => host?.onChange(change),
        missed: () => host?.onMissed(),
      }).pipe(
        Context.add(Presence, {
          alone: false,
          absence: 10_000,
          connect: (it) =>
            Effect.sync(() => {
              host = it
            }),
          admit: () => Effect.succeed(true),
          counted: () => {},
          online: (user_id, chat_ids) => told.push(`${user_id} online in ${chat_ids}`),
          offline: (user_id, chat_ids) => told.push(`${user_id} offline in ${chat_ids}`),
          left: (user_id, chat_id) => told.push(`${user_id} left ${chat_id}`),
          read: () => {
            const answer = Deferred.makeUnsafe<ChatPresence, Unavailable>()
            reading.push(answer)
            return Deferred.await(answer)
          },
        }),
      )
    }),
  )
}

const layer = () =>
  Hub.layer.pipe(
    Layer.provide(Layer.succeed(FrameDelays, atOnce)),
    Layer.provideMerge(Others.layer),
    Layer.provideMerge(services()),
  )

const presenceOf = (chat_id: ChatId, ...user_ids: ReadonlyArray<UserId>): ChatPresence => ({
  nodes: new Set(["x"]),
  there: new Map([[chat_id, user_ids.map((user_id) => ({ node: "x", user_id }))]]),
})
const answer = (reading: Deferred.Deferred<ChatPresence, Unavailable> | undefined, presence: ChatPresence) =>
  Effect.sync(() => {
    assert.isDefined(reading)
    if (reading !== undefined) Deferred.doneUnsafe(reading, Exit.succeed(presence))
  })
const online = (user_id: UserId, chat_id: ChatId): PresenceChange => ({
  _tag: "Online",
  node: "x",
  user_id,
  chat_ids: [chat_id],
})
const offline = (user_id: UserId): PresenceChange => ({
  _tag: "Offline",
  node: "x",
  user_id,
  last_seen_at: "2026-01-01T00:00:00.000Z",
})
const heard = (wire: { ofType: (type: string) => ReadonlyArray<{ readonly [field: string]: unknown }> }) =>
  wire.ofType("presence").map(({ status, user_id }) => `${user_id} ${status}`)

describe("RemotePresence", () => {
  it.effect("hello waits for the read, and concurrent changes are newer", () =>
    Effect.gen(function* () {
      const others = yield* Others
      const { chat_id, ids } = yield* addGroup(5)
      const [ada, stays, goes, comes, passes] = ids as [UserId, UserId, UserId, UserId, UserId]
      const { greet, wire } = yield* open(ada)
      const greeting = yield* Effect.forkChild(greet)
      yield* until(() => others.reading.length === 1)
      others.say(offline(goes))
      others.say(online(comes, chat_id))
      others.say(online(passes, chat_id))
      others.say(offline(passes))
      yield* settled
      assert.deepStrictEqual(wire.frames, [])
      yield* answer(others.reading[0], presenceOf(chat_id, stays, goes))
      yield* until(() => wire.frames.length > 0)
      assert.sameMembers([...wire.frames[0]!.online], [stays, comes])
      assert.deepStrictEqual(heard(wire), [])
      others.say(offline(stays))
      assert.strictEqual(greeting.pollUnsafe() === undefined, false)
      yield* settled
      assert.deepStrictEqual(heard(wire), [`${stays} offline`])
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )

  it.effect("hello is sent also when the read fails; what is read later is published", () =>
    Effect.gen(function* () {
      const others = yield* Others
      const { chat_id, ids } = yield* addGroup(3)
      const [ada, bob, eve] = ids as [UserId, UserId, UserId]
      const { greet, wire } = yield* open(ada)
      yield* Effect.forkChild(greet)
      yield* until(() => others.reading.length === 1)
      Deferred.doneUnsafe(others.reading[0]!, Exit.fail(new Unavailable({})))
      yield* until(() => wire.frames.length > 0)
      assert.deepStrictEqual(wire.frames[0]?.online, [])
      others.missed()
      yield* until(() => others.reading.length === 2)
      others.say(online(eve, chat_id))
      yield* answer(others.reading[1], presenceOf(chat_id, bob))
      yield* settled
      // Eve's change arrived during a read without her.
      assert.deepStrictEqual(heard(wire), [`${eve} online`, `${bob} online`])
      others.missed()
      yield* until(() => others.reading.length === 3)
      yield* answer(others.reading[2], presenceOf(chat_id, eve))
      yield* settled
      assert.deepStrictEqual(heard(wire), [`${eve} online`, `${bob} online`, `${bob} offline`])
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )

  it.effect("a user online on two nodes goes offline only when both end, and the others receive each", () =>
    Effect.gen(function* () {
      const others = yield* Others
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const a = yield* open(ada)
      yield* Effect.forkChild(a.greet)
      yield* until(() => others.reading.length === 1)
      yield* answer(others.reading[0], presenceOf(chat_id))
      const b = yield* connect(bob)
      yield* settled
      assert.deepStrictEqual(others.told, [`${ada} online in ${chat_id}`, `${bob} online in ${chat_id}`])
      others.say(online(bob, chat_id))
      b.device?.gone(1006)
      yield* TestClock.adjust("11 seconds")
      assert.deepStrictEqual(heard(a.wire), [`${bob} online`])
      others.say({ _tag: "Gone", node: "x", last_seen_at: "2026-01-01T00:00:00.000Z" })
      yield* settled
      assert.deepStrictEqual(heard(a.wire), [`${bob} online`, `${bob} offline`])
      assert.strictEqual(a.wire.ofType("presence")[1]?.last_seen_at, "2026-01-01T00:00:00.000Z")
      assert.strictEqual(others.told[2], `${bob} offline in ${chat_id}`)
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )

  it.effect("users without observers here are not kept", () =>
    Effect.gen(function* () {
      const others = yield* Others
      const { state } = yield* Hub
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const elsewhere = state.ports.elsewhere.users
      others.say(online(bob, chat_id))
      assert.isFalse(elsewhere.isOnline(bob))
      const { greet, wire } = yield* open(ada)
      yield* Effect.forkChild(greet)
      yield* until(() => others.reading.length === 1)
      yield* answer(others.reading[0], presenceOf(chat_id, bob))
      yield* until(() => wire.frames.length > 0)
      assert.isTrue(elsewhere.isOnline(bob))
      wire.device?.gone(1006)
      yield* TestClock.adjust("11 seconds")
      assert.isFalse(elsewhere.isOnline(bob))
      assert.deepStrictEqual(elsewhere.followed(), [])
    }).pipe(Effect.scoped, Effect.provide(layer())),
  )
})
