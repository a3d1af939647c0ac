// How far members have read, and what their devices have.
import { Schema } from "effect"
import { ChatId, MessageId, Seq, UserId, Version } from "../../domain/Ids.ts"
import { clientFrame, serverFrame } from "./frame.ts"
import { clientWords, serverWords } from "./words.ts"

const inChat = { chat_id: ChatId, version: Version }

export const ReadFrame = clientWords(
  clientFrame("read", {
    message_id: Schema.optional(MessageId),
    chat_id: Schema.optional(ChatId),
    seq: Schema.optional(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))),
  }).check(
    Schema.makeFilter((read) =>
      read.message_id !== undefined || (read.chat_id !== undefined && read.seq !== undefined)
        ? undefined
        : "message_id, or chat_id and seq",
    ),
  ),
  {
    title: "Mark as read",
    summary: "Marks a chat as read up to a message.",
    description:
      "Name the message, or the chat and a `seq`. Reading is a watermark: it only rises, and goes no further than the chat's last " +
      "message. The `ack` has the resulting watermark.\n\nErrors: `not_found`, `rate_limited`, `unavailable`.",
    fields: {
      message_id: "Read up to this message. Or give `chat_id` and `seq`.",
      seq: "Read up to this place.",
    },
    tag: "Reading",
    operation: "markAsRead",
    answers: ["ack", "error"],
    inChat: {
      optional: ["chat_id"],
      example: { name: "without the chat", payload: { type: "read", ref: 3, seq: 13 } },
    },
    examples: [
      { name: "by message", payload: { type: "read", ref: 2, message_id: 42 } },
      { name: "by place", payload: { type: "read", ref: 3, chat_id: 7, seq: 13 } },
    ],
  },
)

export const ReadEvent = serverWords(
  serverFrame("read", { ...inChat, user_id: UserId, seq: Seq, message_id: MessageId }),
  {
    title: "Read",
    summary: "A member has read up to a message.",
    description:
      "The user has read the chat up to `seq`. Sending a message also marks the chat as read, without this frame.",
    fields: {
      user_id: "Who has read.",
      seq: "They have read everything up to here.",
      message_id: "The message at `seq`.",
    },
    tag: "Reading",
    examples: [
      { name: "read", payload: { type: "read", chat_id: 7, user_id: 3, seq: 13, message_id: 42, version: 61 } },
    ],
  },
)

export const FullyReadEvent = serverWords(
  serverFrame("fully_read", { chat_id: ChatId, seq: Seq, message_id: MessageId }),
  {
    title: "Read by all",
    summary: "All other members have read your messages up to this one.",
    description:
      "Sent to the sender's devices alone, once per advance. It names the newest message of the sender that all others have read, " +
      "also after the last member who had not read it leaves. It has no `version`: it follows from the read marks.",
    fields: {
      seq: "All other members have read your messages up to here.",
      message_id: "The message at `seq`, one of yours.",
    },
    tag: "Reading",
    examples: [{ name: "read by all", payload: { type: "fully_read", chat_id: 7, seq: 13, message_id: 42 } }],
  },
)

export const DeliveredEvent = serverWords(serverFrame("delivered", { chat_id: ChatId, user_id: UserId, seq: Seq }), {
  title: "Received by the other one",
  summary: "The other user of a private chat has a device that has your messages up to this one.",
  description:
    "Sent to your devices when a device of the other user has received them, a second later at most; never where that user has blocked you. It only rises. It has no `version` and is " +
    "not stored with the events: `last_delivered_seq` of the member tells it later, within some seconds.",
  fields: {
    user_id: "The other user of the private chat.",
    seq: "A device of theirs has everything up to here.",
  },
  tag: "Reading",
  examples: [{ name: "received", payload: { type: "delivered", chat_id: 7, user_id: 3, seq: 13 } }],
})
