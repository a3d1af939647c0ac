// Scheduled messages from their schedule to the devices of the chat: once, at their time, by the rules of that moment.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { TestClock } from "effect/testing"
import type { Settings } from "../../src/config/Settings.ts"
import { Unavailable } from "../../src/domain/errors.ts"
import type { FileId } from "../../src/domain/File.ts"
import { ChatId, MessageId, type UserId } from "../../src/domain/Ids.ts"
import { maxAheadMillis } from "../../src/domain/Scheduled.ts"
import { timestamp } from "../../src/domain/Timestamp.ts"
import { done, type JobWork, type Works } from "../../src/jobs/JobOutcome.ts"
import { jobRunner } from "../../src/jobs/JobRunner.ts"
import { type JobName, jobNames } from "../../src/kinds/JobKinds.ts"
import { Chats } from "../../src/services/Chats.ts"
import { Messages } from "../../src/services/Messages.ts"
import { OwnState } from "../../src/services/OwnState.ts"
import { ScheduledDelivery } from "../../src/services/ScheduledDelivery.ts"
import { ScheduledMessages } from "../../src/services/ScheduledMessages.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { ScheduledStore } from "../../src/sql/scheduled/ScheduledStore.ts"
import { addGroup, addUsers, Faults } from "../support/chat.ts"
import { storedFile } from "../support/files.ts"
import { askRpc, connect, type FakeWire, layer as hub, openRpc, settled } from "../support/sockets.ts"

/** The hub, the delivery and a runner of its jobs alone. `around`: what stands between the delivery and its store. */
const layer = (
  around: Layer.Layer<ScheduledStore, never, ScheduledStore> = Layer.effect(ScheduledStore, ScheduledStore),
  settings: Partial<Settings["Service"]> = {},
) =>
  jobRunner({
    lookEveryMillis: 15_000,
    works: Effect.map(ScheduledDelivery, (delivery) => {
      const nothing: JobWork = () => Effect.succeed(done)
      const all = Object.fromEntries(jobNames.map((name) => [name, nothing])) as Record<JobName, JobWork>
      return {
        ...all,
        scheduled_message: ({ attempt, key, user_id }) => Effect.as(delivery.send(user_id!, key, attempt), done),
      } satisfies Works
    }),
  }).pipe(
    Layer.provideMerge(ScheduledDelivery.layer.pipe(Layer.provide(around))),
    Layer.provideMerge(JobStore.layerMemory),
    Layer.provideMerge(hub(settings)),
  )

/** Where the tests' clock begins: epoch milliseconds. */
const start = 0
const schedule = (by: UserId, chat_id: number, seconds: number, text = "Later", reply_to?: number) =>
  Effect.flatMap(ScheduledMessages, (scheduled) =>
    scheduled.schedule(by, ChatId.make(chat_id), {
      at: timestamp(start + seconds * 1_000),
      text,
      ...(reply_to === undefined ? {} : { reply_to: MessageId.make(reply_to) }),
    }),
  )
const put = (by: UserId, key: string, value: unknown) =>
  Effect.flatMap(OwnState, (state) => state.putUnlimited(by, key, value))
const pass = (seconds: number) => Effect.andThen(TestClock.adjust(seconds * 1_000), settled)
const texts = (wire: FakeWire) => wire.ofType("message").map(({ text }) => text)
const states = (wire: FakeWire) => wire.ofType("state").map(({ key, value, version }) => ({ key, value, version }))
const tagOf = <E extends { readonly _tag: string }>(effect: Effect.Effect<unknown, E, ScheduledMessages | OwnState>) =>
  Effect.map(Effect.flip(effect as Effect.Effect<unknown, E>), ({ _tag }) => _tag)

describe("A scheduled message", () => {
  it.effect("is sent once at its time, and then is gone on all devices of its sender", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const first = yield* (yield* Messages).send(bob, chat_id, { text: "Hello" })
      const [a, twin, b] = [yield* connect(ada), yield* connect(ada, { device: 2 }), yield* connect(bob)]
      const entry = yield* schedule(ada, chat_id, 10, "Later", first.message.id)
      const value = { chat_id, at: "1970-01-01T00:00:10.000Z", text: "Later", reply_to: first.message.id }
      assert.match(entry.key, /^scheduled:[0-9a-f-]{36}$/)
      assert.deepStrictEqual([entry.value, entry.version], [value, 1])
      yield* pass(9.999)
      assert.deepStrictEqual([texts(a), texts(b)], [[], []])
      assert.deepStrictEqual(states(twin), [{ key: entry.key, value, version: 1 }])
      yield* pass(0.001)
      const gone = { key: entry.key, value: null, version: 2 }
      assert.deepStrictEqual([states(a), states(twin), states(b)], [[states(twin)[0]!, gone], states(a), []])
      for (const [wire, key] of [
        [a, entry.key],
        [b, null],
      ] as const) {
        const [message] = wire.ofType("message")
        assert.deepInclude(message, { text: "Later", sender_id: ada, reply_to: first.message.id, dedup_key: key })
      }
      yield* pass(30)
      assert.deepStrictEqual([texts(a), texts(b)], [["Later"], ["Later"]])
      assert.deepStrictEqual((yield* (yield* OwnState).list(ada, { limit: 10 })).items, [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("can be changed by value, frame and call, and called off; the time in the past is now", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const [a, b, rpc] = [yield* connect(ada), yield* connect(bob), yield* openRpc(ada, { device: 2 })]
      const at = (seconds: number) => timestamp(start + seconds * 1_000)
      const { key } = (yield* askRpc(rpc, "Schedule", { chat_id, at: at(5), text: "One" })).value
      const two = yield* put(ada, key, { text: "Two", at: null, failed: "Nothing", other: 1 })
      assert.deepStrictEqual(two, { key, value: { chat_id, at: at(5), text: "Two" }, version: 2 })
      // Equal values change nothing.
      assert.strictEqual((yield* put(ada, key, two.value)).version, 2)
      assert.strictEqual((yield* put(ada, key, {})).version, 2)
      const ack = yield* a.ask({ type: "state", key, value: { at: at(8) } })
      assert.deepStrictEqual([ack.type, ack.version], ["ack", 3])
      yield* pass(7)
      assert.deepStrictEqual(texts(b), [])
      const now = yield* askRpc(rpc, "PutState", { key, value: { at: at(-100) } })
      assert.deepStrictEqual(now.value, { key, value: { chat_id, at: at(7), text: "Two" }, version: 4 })
      yield* pass(0)
      assert.deepStrictEqual(texts(b), ["Two"])

      const other = yield* schedule(ada, chat_id, 20)
      const off = yield* a.ask({ type: "state", key: other.key, value: null })
      assert.deepStrictEqual([off.type, off.version], ["ack", 7])
      // Again, and one that never existed.
      assert.strictEqual((yield* a.ask({ type: "state", key: other.key, value: null })).version, 7)
      assert.strictEqual((yield* a.ask({ type: "state", key: "scheduled:none", value: null })).version, 7)
      assert.strictEqual((yield* a.ask({ type: "state", key: other.key, value: { text: "x" } })).code, "not_found")
      const past = yield* schedule(ada, chat_id, -1_000, "Now")
      assert.deepInclude(past.value, { at: at(7) })
      yield* pass(1)
      assert.deepStrictEqual(texts(b), ["Two", "Now"])
      yield* pass(30)
      assert.deepStrictEqual(texts(b), ["Two", "Now"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is refused for strangers, foreign replies, times after a year and too many", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada] = ids as [UserId]
      const [eve] = (yield* addUsers(1)) as [UserId]
      const messages = yield* Messages
      const own = yield* messages.send(ada, chat_id, { text: "Mine" })
      const elsewhere = yield* addGroup(1)
      const foreign = yield* messages.send(elsewhere.ids[0]!, elsewhere.chat_id, { text: "Not in this chat" })
      assert.strictEqual(yield* tagOf(schedule(eve, chat_id, 1)), "ChatNotFound")
      assert.strictEqual(yield* tagOf(schedule(ada, 987_654, 1)), "ChatNotFound")
      assert.strictEqual(yield* tagOf(schedule(ada, chat_id, 1, "a", foreign.message.id)), "MessageNotFound")
      assert.strictEqual(yield* tagOf(schedule(ada, chat_id, maxAheadMillis / 1_000 + 1)), "InvalidInput")
      yield* schedule(ada, chat_id, maxAheadMillis / 1_000)
      const { key } = yield* schedule(ada, chat_id, 10, "a", own.message.id)
      for (const [value, tag] of [
        [{ text: "" }, "InvalidInput"],
        [{ text: " \n" }, "InvalidInput"],
        [{ text: "a".repeat(4_097) }, "InvalidInput"],
        [{ at: "tomorrow" }, "InvalidInput"],
        [{ at: timestamp(start + maxAheadMillis + 1_000) }, "InvalidInput"],
        [{ chat_id: elsewhere.chat_id }, "InvalidInput"],
        [{ reply_to: foreign.message.id }, "MessageNotFound"],
        [[], "InvalidInput"],
        ["Later", "InvalidInput"],
      ] as const)
        assert.strictEqual(yield* tagOf(put(ada, key, value)), tag, JSON.stringify(value))
      // Another user has no such key.
      assert.strictEqual(yield* tagOf(put(eve, key, { text: "Eve's" })), "ScheduledNotFound")
      yield* put(eve, key, null)
      const free = yield* put(ada, key, { reply_to: null })
      assert.deepStrictEqual(free.value, { chat_id, at: timestamp(start + 10_000), text: "a" })
      for (let i = 2; i < 100; i++) {
        yield* schedule(ada, chat_id, 1_000 + i)
      }
      assert.strictEqual(yield* tagOf(schedule(ada, chat_id, 1)), "StateFull")
      yield* put(ada, key, null)
      yield* schedule(ada, chat_id, 1)
    }).pipe(Effect.provide(layer())),
  )

  it.effect("that the chat refuses at its time stays with the refusal, and can be tried again", () =>
    Effect.gen(function* () {
      const [chats, state] = [yield* Chats, yield* OwnState]
      const { chat_id, ids } = yield* addGroup(3)
      const [owner, ada] = ids as [UserId, UserId]
      const [a, o] = [yield* connect(ada), yield* connect(owner)]
      const { key } = yield* schedule(ada, chat_id, 10)
      const { key: deleted } = yield* schedule(ada, (yield* chats.openSaved(ada)).chat.id, 15)
      yield* chats.removeMember(ada, chat_id, ada)
      // Nothing of it is lost by leaving.
      assert.strictEqual((yield* state.list(ada, { limit: 10, prefix: "scheduled:" })).items.length, 2)
      assert.strictEqual(yield* tagOf(put(ada, key, { text: "Changed" })), "ChatNotFound")
      yield* pass(10)
      const failed = { chat_id, at: timestamp(start + 10_000), text: "Later", failed: "ChatNotFound" }
      assert.deepStrictEqual(states(a).at(-1), { key, value: failed, version: 3 })
      yield* pass(30)
      assert.deepStrictEqual(texts(o), [])
      assert.deepStrictEqual(states(a).at(-1), { key: deleted, value: null, version: 4 })

      yield* chats.addMembers(owner, chat_id, [ada])
      const again = yield* put(ada, key, {})
      assert.deepStrictEqual(again.value, { chat_id, at: failed.at, text: "Later" })
      yield* pass(1)
      assert.deepStrictEqual(texts(o), ["Later"])
      assert.deepStrictEqual(states(a).at(-1), { key, value: null, version: 6 })

      const last = yield* schedule(ada, chat_id, 50)
      yield* chats.remove(owner, chat_id)
      yield* pass(20)
      assert.deepInclude(states(a).at(-1)?.value, { failed: "ChatNotFound" })
      yield* put(ada, last.key, null)
      assert.deepStrictEqual((yield* state.list(ada, { limit: 10 })).items, [])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("takes files with it, which may be its only content, and is refused if they are gone by then", () =>
    Effect.gen(function* () {
      const scheduled = yield* ScheduledMessages
      const files = yield* FileStore
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const at = timestamp(start + 10_000)
      const [sea, list, his] = [
        yield* storedFile(ada, { at: start }),
        yield* storedFile(ada, { at: start, kind: "file", name: "list.pdf" }),
        yield* storedFile(bob, { at: start }),
      ]
      const later = (attachments: ReadonlyArray<FileId>, text = "") =>
        scheduled.schedule(ada, chat_id, { at, text, attachments })
      assert.strictEqual(yield* tagOf(later([his.id])), "FileNotFound")
      const { key, value } = yield* later([list.id, sea.id])
      assert.deepStrictEqual(value, { chat_id, at, text: "", attachments: [list.id, sea.id] })
      assert.strictEqual(yield* tagOf(put(ada, key, { attachments: null })), "InvalidInput")
      assert.strictEqual(yield* tagOf(put(ada, key, { attachments: [his.id] })), "FileNotFound")
      yield* put(ada, key, { attachments: [sea.id] })
      const { key: other } = yield* later([list.id], "With a list")
      yield* put(ada, other, { text: "A list" })
      const { key: plain } = yield* later([list.id], "Without it")
      assert.notProperty((yield* put(ada, plain, { attachments: null })).value, "attachments")
      // Much later than an unused file is kept.
      const { key: missing } = yield* later([list.id], "Missing")
      yield* files.expire(2 * 86_400_000, 100)
      assert.isDefined(yield* files.byId(list.id))
      yield* pass(5)
      const tables = yield* Tables
      yield* put(ada, missing, { attachments: [sea.id, list.id] })
      tables.files.delete(list.id)
      yield* pass(10)
      const sent = b.ofType("message").map(({ attachments, dedup_key, text }) => [text, attachments, dedup_key])
      assert.sameDeepMembers(sent, [
        ["", [sea], null],
        ["Without it", undefined, null],
      ])
      const states_ = states(a)
      assert.isNull(states_.findLast((one) => one.key === key)?.value)
      for (const failed of [other, missing]) {
        assert.deepInclude(states_.findLast((one) => one.key === failed)?.value, { failed: "FileNotFound" })
      }
    }).pipe(Effect.provide(layer())),
  )

  it.effect("to a user who blocks its sender is refused at its time", () =>
    Effect.gen(function* () {
      const [ada, bob] = (yield* addUsers(2)) as [UserId, UserId]
      const { chat } = yield* (yield* Chats).openPrivate(ada, bob)
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const { key, value } = yield* schedule(ada, chat.id, 10)
      yield* put(bob, `block:${ada}`, {})
      yield* pass(10)
      assert.deepStrictEqual(states(a).at(-1), { key, value: { ...Object(value), failed: "Blocked" }, version: 2 })
      yield* put(bob, `block:${ada}`, null)
      yield* put(ada, key, {})
      yield* pass(1)
      assert.deepStrictEqual(texts(b), ["Later"])
    }).pipe(Effect.provide(layer())),
  )

  it.effect("of a suspended account is not sent", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const b = yield* connect(bob)
      yield* schedule(ada, chat_id, 10)
      const { users } = yield* Tables
      users.set(ada, { ...users.get(ada)!, suspended_at: 0 })
      yield* pass(10)
      assert.deepStrictEqual(texts(b), [])
      const [entry] = (yield* (yield* OwnState).list(ada, { limit: 10 })).items
      assert.deepInclude(entry?.value, { failed: "AccountSuspended" })
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is sent once, however its sending is interrupted", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const { next } = yield* Faults
      // Refused before the commit, the answer lost after it, broken code, and in the end good.
      const { key } = yield* schedule(ada, chat_id, 10)
      next.push("before", "after")
      yield* pass(10)
      yield* pass(30)
      assert.deepStrictEqual(texts(b), ["Later"])
      assert.deepStrictEqual(states(a).at(-1), { key, value: null, version: 2 })
    }).pipe(Effect.provide(layer())),
  )

  it.effect("is known as sent if the chat refuses it only after an attempt that succeeded", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [owner, ada] = ids as [UserId, UserId]
      const [a, o] = [yield* connect(ada), yield* connect(owner)]
      const { key } = yield* schedule(ada, chat_id, 10)
      yield* pass(10)
      assert.deepStrictEqual([texts(o), states(a).at(-1)?.value?.failed], [["Later"], undefined])
      yield* (yield* Chats).removeMember(owner, chat_id, ada)
      yield* pass(30)
      assert.deepStrictEqual(texts(o), ["Later"])
      assert.deepStrictEqual(states(a).at(-1), { key, value: null, version: 2 })
    }).pipe(Effect.provide(layer(endsLate))),
  )

  it.effect("cannot be called off or changed once sending has begun, and says what it became", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada, bob] = ids as [UserId, UserId]
      const [a, b] = [yield* connect(ada), yield* connect(bob)]
      const { key } = yield* schedule(ada, chat_id, 10)
      yield* pass(10)
      // Sent, but its end is not stored yet.
      const [message] = b.ofType("message")
      const scheduled = yield* ScheduledMessages
      const asks = [scheduled.callOff(ada, key), scheduled.change(ada, key, { text: "Other" })] as const
      for (const ask of asks) assert.deepInclude(yield* Effect.flip(ask), { _tag: "AlreadySent", message_id: null })
      assert.strictEqual((yield* a.ask({ type: "state", key, value: null })).code, "conflict")
      yield* pass(30)
      assert.deepStrictEqual(states(a).at(-1), { key, value: null, version: 2 })
      for (const ask of asks)
        assert.deepInclude(yield* Effect.flip(ask), { _tag: "AlreadySent", message_id: message?.id })
      assert.deepStrictEqual(texts(b), ["Later"])
    }).pipe(Effect.provide(layer(endsLate))),
  )

  it.effect("clears the sender's unread mark as any message does, and takes nothing from their limit", () =>
    Effect.gen(function* () {
      const { chat_id, ids } = yield* addGroup(2)
      const [ada] = ids as [UserId]
      const a = yield* connect(ada)
      yield* schedule(ada, chat_id, 10)
      yield* put(ada, `chat:${chat_id}`, { unread: true })
      yield* pass(10)
      const cleared = states(a).find(({ key, value }) => key === `chat:${chat_id}` && value === null)
      assert.strictEqual(cleared?.version, 4)
      for (let i = 0; i < 60; i++) yield* schedule(ada, chat_id, 60, `${i}`)
      assert.strictEqual(yield* tagOf(schedule(ada, chat_id, 60)), "TooManyRequests")
      yield* pass(49)
      const messages = yield* Messages
      for (let i = 0; i < 60; i++) yield* messages.send(ada, chat_id, { text: "Now" })
      yield* pass(1)
      assert.strictEqual(texts(a).length, 121)
    }).pipe(Effect.provide(layer(undefined, { messagesPerSecond: 30 }))),
  )
})

/** The first attempts to store the end of a sending fail. */
const endsLate = Layer.effect(
  ScheduledStore,
  Effect.gen(function* () {
    const rows = yield* ScheduledStore
    const failures = yield* Ref.make(0)
    return ScheduledStore.of({
      ...rows,
      end: (ended) =>
        Effect.flatMap(
          Ref.updateAndGet(failures, (n) => n + 1),
          (n) => (n <= 2 ? Effect.fail(new Unavailable()) : rows.end(ended)),
        ),
    })
  }),
)
