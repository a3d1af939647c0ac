// The Broadcast of many nodes. A chat has a channel, which a node hears while somebody listens to the chat there; what every
// node has to know (who came into which chat, and out of it; ended sessions) goes over one that all hear. What a node publishes
// reaches its own hub directly; what comes back of it from Redis is left out.
import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import type { ChatEvent } from "../domain/ChatEvent.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Broadcast, Signal } from "./Broadcast.ts"
import { isAboutSessions, type LocalSignals } from "./LocalSignals.ts"
import { makeRedisChannels } from "./RedisChannels.ts"
import { RedisLink } from "./RedisLink.ts"
import { RedisOutbox } from "./RedisOutbox.ts"
import { decode } from "./SignalWire.ts"

/** Characters that name a node in its messages. */
const senderLength = 12
/** How long a node that ends waits till the last it has said is taken. */
const drainWithin = "500 millis"

/** How long a device that connects waits to hear the other nodes. */
const listenWithin = "1 second"

/** Concerns people whose node may not listen to the chat. */
const isMembership = ({ _tag }: ChatEvent): boolean =>
  _tag === "ChatCreated" || _tag === "MemberAdded" || _tag === "MemberRemoved" || _tag === "ChatDeleted"

const send = (outbox: RedisOutbox, signal: Signal): void => {
  if (isAboutSessions(signal)) outbox.toEverybody(signal)
  else outbox.toListeners(signal.chat_id, signal)
  if (signal._tag !== "ChatEvents") return
  const events = signal.events.filter(isMembership)
  if (events.length === 0) return
  outbox.toEverybody({ _tag: "ChatEvents", chat_id: signal.chat_id, events, fully_read: [] })
}

export const makeRedisBroadcast = Effect.fnUntraced(function* (local: LocalSignals) {
  const link = yield* RedisLink
  const everybody = link.key("everybody")
  const channelOf = (chat_id: ChatId): string => link.key(`chat:${chat_id}`)
  // Not from the Random of tests, which is the same for two nodes of one process.
  const sender = randomBytes(senderLength / 2).toString("hex")
  const senderBytes = Buffer.from(sender)
  const everybodyBytes = Buffer.from(everybody)
  const fork = Effect.runForkWith(yield* Effect.context<never>())

  let tellingOfLoss = false
  const tellOfLoss = Effect.andThen(local.publish({ _tag: "SignalsLost" }), () =>
    Effect.sync(() => {
      tellingOfLoss = false
    }),
  )
  const lost = () => {
    if (tellingOfLoss) return
    tellingOfLoss = true
    fork(tellOfLoss)
  }

  const hear = (message: Buffer, channel: Buffer) => {
    if (senderBytes.compare(message, 0, senderLength) === 0) return
    const { signals, whole } = decode(message.toString("utf8", senderLength))
    if (!whole) lost()
    const toAll = channel.equals(everybodyBytes)
    for (const signal of signals) {
      // Whoever hears the chat itself has this already, in its place among the others.
      if (toAll && signal._tag === "ChatEvents" && channels.hears(channelOf(signal.chat_id))) continue
      // Nothing waits here: a hub that is so far behind reads what it misses.
      if (!local.publishUnsafe(signal)) lost()
    }
  }
  const channels = yield* makeRedisChannels(link, { listener: hear, always: everybody, onUp: lost })

  const outbox = new RedisOutbox({ sender, client: link.client, channelOf, everybody })
  yield* link.onUp(() => outbox.makeUp())
  yield* Effect.addFinalizer(() =>
    Effect.timeoutOption(
      Effect.callback<void>((resume) => outbox.drain(() => resume(Effect.void))),
      drainWithin,
    ),
  )

  return {
    publish: (signal) =>
      Effect.suspend(() => {
        send(outbox, signal)
        return local.publish(signal)
      }),
    subscribe: local.subscribe,
    subscribeToSessions: local.subscribeToSessions,
    // A Redis that is silent is not waited for: what is missed then is found when it counts as away, soon.
    listen: (chat_ids) =>
      Effect.asVoid(
        Effect.timeoutOption(
          Effect.promise(() => channels.want(chat_ids.map(channelOf))),
          listenWithin,
        ),
      ),
    unlisten: (chat_id) => channels.unwant(channelOf(chat_id)),
    isDistributed: true,
    isUp: () => link.isUp() && channels.isUp(),
  } satisfies Broadcast["Service"]
})
