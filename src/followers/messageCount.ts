// Counts the messages of all chats, for operators who want to know it without reading a large table (MESSAGE_COUNT).
import { Effect, Metric } from "effect"
import { FollowerStore } from "../sql/followers/FollowerStore.ts"
import type { Follower } from "./Follower.ts"

const name = "message_count"

const gauge = Metric.gauge("confab_messages", {
  description: "Messages that were sent in the chats that exist, deleted ones too, as this node counted last",
})

export const messageCount = Effect.map(
  FollowerStore,
  (store): Follower<{ readonly messages: number }> => ({
    name,
    start: { messages: 0 },
    handle: (_chat_id, events, { messages }) =>
      Effect.succeed({ messages: messages + events.filter(({ _tag }) => _tag === "MessageSent").length }),
    onRound: Effect.flatMap(store.sum(name, "messages"), (sum) => Metric.update(gauge, sum)),
  }),
)
