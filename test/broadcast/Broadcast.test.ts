// What every Broadcast keeps, in the process and over Redis; and what the one over Redis does between nodes.
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, PubSub, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import {
  Broadcast,
  type ChatHead,
  type SessionsEnded,
  type Signal,
  type Typing,
} from "../../src/broadcast/Broadcast.ts"
import { RedisLink } from "../../src/broadcast/RedisLink.ts"
import type { ChatEvent, ChatEvents } from "../../src/domain/ChatEvent.ts"
import { ChatId, MessageId, SessionId, UserId } from "../../src/domain/Ids.ts"
import { hasRedis, ownPrefix, sharedRedis } from "../support/redis.ts"
import { Wire } from "../support/Wire.ts"

const chat = ChatId.make(7)
const other = ChatId.make(8)
const ada = UserId.make(1)
const at = "2026-11-21T09:30:00.123Z"

const message = (seq: number, text = `t${seq}`) => ({
  id: MessageId.make(seq),
  chat_id: chat,
  seq,
  sender_id: ada,
  text,
  created_at: at,
  edited_at: null,
  deleted: false,
  reply_to: null,
  is_read: false,
  dedup_key: "k",
})
const summary = { id: chat, type: "group", name: "Été 🎈", created_by: ada, created_at: at, member_count: 2 } as const
const user = { id: ada, username: "ada", display_name: "Ada", created_at: at }
const member = { user, role: "member", last_read_seq: 0, joined_at: at } as const

const sent = (version: number, text?: string): ChatEvent => ({
  _tag: "MessageSent",
  version,
  message: message(version, text),
})
const events = (...list: ReadonlyArray<ChatEvent>): ChatEvents => ({
  _tag: "ChatEvents",
  chat_id: chat,
  events: list,
  fully_read: [],
})

/** One of each event. */
const everything: ReadonlyArray<ChatEvent> = [
  { _tag: "ChatCreated", version: 1, chat: summary, member_ids: [ada] },
  sent(2),
  { _tag: "MessageUpdated", version: 3, message: { ...message(2), edited_at: at, reply_to: MessageId.make(1) } },
  { _tag: "MessageDeleted", version: 4, message: { ...message(2, ""), deleted: true, dedup_key: null } },
  { _tag: "ReadMarked", version: 5, user_id: ada, seq: 1, message_id: MessageId.make(2) },
  { _tag: "ChatUpdated", version: 6, chat: { ...summary, name: null } },
  { _tag: "MemberAdded", version: 7, member, chat: summary },
  { _tag: "MemberUpdated", version: 8, member: { ...member, role: "admin" } },
  { _tag: "MemberRemoved", version: 9, user_id: ada },
  { _tag: "ChatDeleted", version: 10 },
]
const head: ChatHead = { _tag: "ChatHead", chat_id: chat, version: 11 }
const typing: Typing = { _tag: "Typing", chat_id: chat, user_id: ada, is_typing: true }
const ended: SessionsEnded = {
  _tag: "SessionsEnded",
  session_ids: [SessionId.make("00000000-0000-4000-8000-000000000001")],
}

/** Everything that one listener receives, except losses. */
const ear = Effect.fnUntraced(function* (broadcast: Broadcast["Service"]) {
  const subscription = yield* broadcast.subscribe
  const heard: Array<Signal> = []
  let losses = 0
  yield* PubSub.take(subscription).pipe(
    Effect.map((signal) => (signal._tag === "SignalsLost" ? losses++ : heard.push(signal))),
    Effect.forever,
    Effect.forkScoped,
  )
  return { heard, losses: () => losses }
})

const until = (fact: () => boolean, what: string) =>
  Effect.gen(function* () {
    while (!fact()) yield* Effect.sleep("2 millis")
  }).pipe(
    Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.die(new Error(`Waited in vain for ${what}`)) }),
  )

const versionsOf = (heard: ReadonlyArray<Signal>): ReadonlyArray<number> =>
  heard.flatMap((signal) => (signal._tag === "ChatEvents" ? signal.events.map(({ version }) => version) : []))

/** Two ends of one broadcast: the same in one process, two nodes over Redis. */
type Ends = Effect.Effect<
  { readonly near: Broadcast["Service"]; readonly far: Broadcast["Service"] },
  never,
  Scope.Scope
>

const inProcess: Ends = Effect.map(Layer.build(Broadcast.layer), (context) => {
  const near = Context.get(context, Broadcast)
  return { near, far: near }
})

const node = (url: string, prefix: string) =>
  Effect.map(
    Layer.build(
      Broadcast.layerRedis.pipe(Layer.provide(RedisLink.layer({ url: Redacted.make(url), prefix })), Layer.orDie),
    ),
    (context) => Context.get(context, Broadcast),
  )

const overRedis: Ends = Effect.gen(function* () {
  const url = yield* Effect.promise(sharedRedis)
  const prefix = ownPrefix()
  const [near, far] = [yield* node(url, prefix), yield* node(url, prefix)]
  yield* until(() => near.isUp() && far.isUp(), "both nodes")
  return { near, far }
})

for (const [name, ends] of [
  ["in the process", inProcess],
  ["over Redis", overRedis],
] as const) {
  describe.skipIf(ends === overRedis && !hasRedis)(`Broadcast ${name}`, () => {
    it.live("delivers every kind of signal unchanged", () =>
      Effect.gen(function* () {
        const { near, far } = yield* ends
        const { heard } = yield* ear(far)
        yield* far.listen([chat])
        const fully_read = [{ user_id: ada, seq: 1, message_id: MessageId.make(2) }]
        const messages = { ...events(...everything.slice(1, 6)), fully_read }
        yield* near.publish(messages)
        yield* near.publish(head)
        yield* near.publish(typing)
        yield* near.publish(ended)
        yield* until(() => heard.length === 4, "four signals")
        assert.deepStrictEqual(heard, [messages, head, typing, ended])
      }),
    )

    it.live("keeps the order of a chat, over many turns of the event loop", () =>
      Effect.gen(function* () {
        const { near, far } = yield* ends
        const { heard } = yield* ear(far)
        yield* far.listen([chat])
        for (let version = 1; version <= 500; version++) {
          yield* near.publish(events(sent(version)))
          if (version % 50 === 0) yield* Effect.sleep("1 millis")
        }
        yield* until(() => versionsOf(heard).length >= 500, "all events")
        assert.deepStrictEqual(
          versionsOf(heard),
          Array.from({ length: 500 }, (_, i) => i + 1),
        )
      }),
    )

    it.live("a subscription is open once it is returned, and delivers nothing from before", () =>
      Effect.gen(function* () {
        const { near, far } = yield* ends
        yield* far.listen([chat])
        yield* near.publish(events(sent(1)))
        const witness = yield* ear(far)
        yield* near.publish(events(sent(2)))
        yield* until(() => versionsOf(witness.heard).includes(2), "the second")
        const late = yield* ear(far)
        yield* near.publish(events(sent(3)))
        yield* until(() => late.heard.length === 1, "the third")
        assert.deepStrictEqual(versionsOf(late.heard), [3])
      }),
    )

    it.live("a node receives its own signals once, without an echo", () =>
      Effect.gen(function* () {
        const { near, far } = yield* ends
        const [here, there] = [yield* ear(near), yield* ear(far)]
        yield* near.listen([chat])
        yield* far.listen([chat])
        yield* near.publish(events(...everything.slice(0, 2)))
        yield* near.publish(ended)
        yield* until(() => there.heard.length === 2, "both, there")
        // An echo would arrive before later signals.
        yield* far.publish(typing)
        yield* until(() => here.heard.includes(typing) || here.heard.length > 2, "the answer")
        assert.deepStrictEqual(here.heard, [events(...everything.slice(0, 2)), ended, typing])
      }),
    )
  })
}

describe.skipIf(!hasRedis)("Broadcast between nodes", () => {
  it.live("events of a chat without listeners on a node do not reach it, but new members do, once", () =>
    Effect.gen(function* () {
      const { near, far } = yield* overRedis
      const { heard } = yield* ear(far)
      yield* far.listen([other])
      yield* near.publish(events(...everything))
      yield* near.publish({ ...events(sent(1)), chat_id: other })
      yield* until(() => heard.length === 2, "both")
      const [first, second] = heard[0]?._tag === "ChatEvents" && heard[0].chat_id === other ? heard.toReversed() : heard
      assert.deepStrictEqual(first, events(...[0, 6, 8, 9].map((i) => everything[i]!)))
      assert.deepStrictEqual(second, { ...events(sent(1)), chat_id: other })
    }),
  )

  it.live("a node that listens to the chat receives its members in their order, and not again", () =>
    Effect.gen(function* () {
      const { near, far } = yield* overRedis
      const { heard } = yield* ear(far)
      yield* far.listen([chat])
      yield* near.publish(events(...everything))
      yield* near.publish(ended)
      yield* until(() => heard.length >= 2, "both")
      assert.deepStrictEqual(heard, [events(...everything), ended])
    }),
  )

  it.live("a batch that is too large for one message is delivered in parts, without a hole", () =>
    Effect.gen(function* () {
      const { near, far } = yield* overRedis
      const { heard } = yield* ear(far)
      yield* far.listen([chat])
      const text = "🎈".repeat(2_000)
      const many = events(...Array.from({ length: 200 }, (_, i) => sent(i + 1, text)))
      yield* near.publish(many)
      yield* until(() => versionsOf(heard).length >= 200, "all events")
      assert.isAbove(heard.length, 1)
      assert.deepStrictEqual(
        heard.flatMap((signal) => (signal._tag === "ChatEvents" ? signal.events : [])),
        [...many.events],
      )
    }),
  )

  it.live("a signal that cannot be decoded counts as lost, and the others are delivered", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(sharedRedis)
      const prefix = ownPrefix()
      const far = yield* node(url, prefix)
      yield* until(far.isUp, "the node")
      const { heard, losses } = yield* ear(far)
      const before = losses()
      const link = Context.get(yield* Layer.build(RedisLink.layer({ url: Redacted.make(url), prefix })), RedisLink)
      const say = (text: string) => link.use((client) => client.publish(link.key("everybody"), text))
      yield* say(`abcdefabcdef[{"_tag":"FromTheFuture"},${JSON.stringify(ended)}]`)
      yield* until(() => heard.length === 1 && losses() === before + 1, "what is understood")
      yield* say("abcdefabcdef[{")
      yield* until(() => losses() === before + 2, "the loss")
      assert.deepStrictEqual(heard, [ended])
    }),
  )

  it.live(
    "publishing continues while Redis is down, also on this node; afterwards all nodes check their position",
    () =>
      Effect.gen(function* () {
        const wire = yield* Effect.acquireRelease(
          Effect.promise(async () => Wire.to(await sharedRedis())),
          (made) => Effect.promise(() => made.close()),
        )
        const prefix = ownPrefix()
        const near = yield* node(wire.url, prefix)
        const far = yield* node(yield* Effect.promise(sharedRedis), prefix)
        yield* until(() => near.isUp() && far.isUp(), "both nodes")
        const [here, there] = [yield* ear(near), yield* ear(far)]
        yield* far.listen([chat])
        yield* near.listen([chat])
        const [nearBefore, farBefore] = [here.losses(), there.losses()]
        wire.cut()
        yield* until(() => !near.isUp(), "the cut")
        assert.isTrue(far.isUp())
        yield* near.publish(events(sent(1)))
        yield* near.publish(events(sent(2)))
        yield* near.listen([other])
        yield* until(() => here.heard.length === 2, "this node's own")
        assert.deepStrictEqual(there.heard, [])
        wire.heal()
        yield* until(near.isUp, "the return")
        // This node cannot know what it has missed; the other one only has to know of that chat.
        yield* until(() => here.losses() > nearBefore && there.heard.length === 1, "the losses")
        assert.deepStrictEqual(there.heard, [{ _tag: "ChatHead", chat_id: chat, version: 2 }])
        assert.strictEqual(there.losses(), farBefore)
        // Channels that were wanted before and during the outage are subscribed again.
        yield* far.publish(events(sent(3)))
        yield* far.publish({ ...events(sent(1)), chat_id: other })
        yield* until(() => here.heard.length === 4, "what came after")
      }),
  )

  it.live("a lost signal to all nodes makes all nodes check everything", () =>
    Effect.gen(function* () {
      const wire = yield* Effect.acquireRelease(
        Effect.promise(async () => Wire.to(await sharedRedis())),
        (made) => Effect.promise(() => made.close()),
      )
      const prefix = ownPrefix()
      const near = yield* node(wire.url, prefix)
      const far = yield* node(yield* Effect.promise(sharedRedis), prefix)
      yield* until(() => near.isUp() && far.isUp(), "both nodes")
      const there = yield* ear(far)
      const before = there.losses()
      wire.cut()
      yield* until(() => !near.isUp(), "the cut")
      yield* near.publish(ended)
      wire.heal()
      yield* until(() => there.losses() === before + 1, "the loss")
      assert.deepStrictEqual(there.heard, [])
    }),
  )

  it.effect("a channel that is no longer wanted is dropped after a while, one that is wanted again is not", () =>
    Effect.gen(function* () {
      const url = yield* Effect.promise(sharedRedis)
      const prefix = ownPrefix()
      const far = yield* node(url, prefix)
      const link = Context.get(yield* Layer.build(RedisLink.layer({ url: Redacted.make(url), prefix })), RedisLink)
      const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      while (!far.isUp()) yield* turn
      const [left, kept] = [link.key(`chat:${chat}`), link.key(`chat:${other}`)]
      const heard = Effect.map(
        link.use((client) => client.pubSubNumSub([left, kept])),
        (counts) => [counts[left], counts[kept]],
      )
      yield* far.listen([chat, other])
      far.unlisten(chat)
      far.unlisten(other)
      yield* far.listen([other])
      assert.deepStrictEqual(yield* heard, [1, 1])
      // Second by second, so that each ping of the connections is answered in its time.
      for (let second = 0; second < 25; second++) {
        yield* TestClock.adjust("1 second")
        yield* Effect.repeat(heard, { times: 3 })
      }
      assert.deepStrictEqual(yield* heard, [0, 1])
      assert.isTrue(far.isUp())
      const { heard: signals } = yield* ear(far)
      yield* far.listen([chat])
      const near = yield* node(url, prefix)
      while (!near.isUp()) yield* turn
      yield* near.publish({ ...events(sent(1)), chat_id: other })
      yield* near.publish(events(sent(1)))
      while (signals.length < 2) yield* turn
    }),
  )
})
