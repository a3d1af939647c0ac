// The Broadcast of several nodes. A chat has a channel, to which a node subscribes while a device listens to the chat
// there. Signals that every node needs (memberships and ended sessions) use one channel of all nodes. A node delivers
// its own signals directly to its own hub and ignores them when they come back from Redis.
import { randomBytes } from "node:crypto"
import { Effect } from "effect"
import type { ChatEvent } from "../domain/ChatEvent.ts"
import { type BroadcastShape, ownStream, type Signal, type StreamId } from "./BroadcastShape.ts"
import type { LocalSignals } from "./LocalSignals.ts"
import { makeRedisChannels } from "./RedisChannels.ts"
import { RedisLink } from "./RedisLink.ts"
import { RedisOutbox } from "./RedisOutbox.ts"
import { decode } from "./SignalWire.ts"

/** Length of the node's name at the beginning of its messages. */
const senderLength = 12
/** How long a node that shuts down waits until its last messages are published. */
const drainWithin = "500 millis"

/** How long a connecting device waits for the subscriptions to other nodes. */
const listenWithin = "1 second"

/** Concerns users whose node may not listen to the chat. */
const isMembership = ({ _tag }: ChatEvent): boolean =>
  _tag === "ChatCreated" || _tag === "MemberAdded" || _tag === "MemberRemoved" || _tag === "ChatDeleted"

/** The stream whose listeners the signal concerns; undefined: it concerns every node. */
const streamOf = (signal: Signal): StreamId | undefined => {
  switch (signal._tag) {
    case "ChatEvents":
    case "ChatHead":
    case "Typing":
    case "Delivered":
      return signal.chat_id
    case "StateChanged":
    case "BlockersChanged":
      return ownStream(signal.user_id)
    case "UserUpdated":
    case "MarkedUnread":
    case "ReadsPrivately":
    case "SessionsEnded":
    case "SignalsLost":
      return undefined
    default:
      return signal satisfies never
  }
}

const send = (outbox: RedisOutbox, signal: Signal): void => {
  const stream = streamOf(signal)
  if (stream === undefined) outbox.toAllNodes(signal)
  else outbox.toListeners(stream, signal)
  if (signal._tag !== "ChatEvents") return
  const events = signal.events.filter(isMembership)
  if (events.length === 0) return
  outbox.toAllNodes({ _tag: "ChatEvents", chat_id: signal.chat_id, events, fully_read: [] })
}

export const makeRedisBroadcast = Effect.fnUntraced(function* (local: LocalSignals) {
  const link = yield* RedisLink
  const allNodesChannel = link.key("everybody")
  const channelOf = (stream: StreamId): string => link.key(stream > 0 ? `chat:${stream}` : `user:${-stream}`)
  // Not from the Random of tests, which is the same for two nodes of one process.
  const sender = randomBytes(senderLength / 2).toString("hex")
  const senderBytes = Buffer.from(sender)
  const allNodesBytes = Buffer.from(allNodesChannel)
  const fork = Effect.runForkWith(yield* Effect.context<never>())

  let isReportingLoss = false
  const reportLoss = Effect.andThen(local.publish({ _tag: "SignalsLost" }), () =>
    Effect.sync(() => {
      isReportingLoss = false
    }),
  )
  const lost = () => {
    if (isReportingLoss) return
    isReportingLoss = true
    fork(reportLoss)
  }

  const receive = (message: Buffer, channel: Buffer) => {
    if (senderBytes.compare(message, 0, senderLength) === 0) return
    const { signals, whole } = decode(message.toString("utf8", senderLength))
    if (!whole) lost()
    const toAll = channel.equals(allNodesBytes)
    for (const signal of signals) {
      // A node that listens to the chat itself receives this event in order on the chat's channel.
      if (toAll && signal._tag === "ChatEvents" && channels.isSubscribed(channelOf(signal.chat_id))) continue
      // The receiver never waits: a hub that is too far behind reads what it misses.
      if (!local.publishUnsafe(signal)) lost()
    }
  }
  const channels = yield* makeRedisChannels(link, { listener: receive, always: allNodesChannel, onUp: lost })

  const outbox = new RedisOutbox({ sender, client: link.client, channelOf, allNodesChannel })
  yield* link.onUp(() => outbox.publishLost())
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
    // A silent Redis is not waited for: what is missed is read once the connection counts as lost.
    listen: (streams) =>
      Effect.asVoid(
        Effect.timeoutOption(
          Effect.promise(() => channels.want(streams.map(channelOf))),
          listenWithin,
        ),
      ),
    unlisten: (stream) => channels.unwant(channelOf(stream)),
    isDistributed: true,
    isUp: () => link.isUp() && channels.isUp(),
  } satisfies BroadcastShape
})
