// Messages: sending, editing and deleting them.
import { Schema } from "effect"
import { maxAttachments, oneContent, writtenFields } from "../../domain/Draft.ts"
import { ChatId, MessageId, Version } from "../../domain/Ids.ts"
import { EventMessage, MessageText } from "../../domain/Message.ts"
import { mostMentions } from "../../domain/mentions.ts"
import { clientFrame, serverFrame } from "./frame.ts"
import { clientWords, serverWords } from "./words.ts"

const message = {
  id: 42,
  chat_id: 7,
  seq: 13,
  sender_id: 2,
  text: "See you at nine.",
  created_at: "2026-11-21T09:30:00.000Z",
  edited_at: null,
  deleted: false,
  reply_to: 41,
  is_read: false,
  dedup_key: null,
} as const

/** In a replay: the thing has changed after its first version, last at this one. */
const changed = Schema.optional(Version)

export const MessageFrame = clientWords(
  clientFrame("message", { chat_id: ChatId, ...writtenFields }).check(oneContent),
  {
    title: "Send a message",
    summary: "Sends a message to a chat.",
    description:
      "The `ack` comes once the message is committed in the database, with the message's id and its place (`seq`). " +
      "Choose a `dedup_key` and repeat the frame, with the same key, until it is answered: the message is stored " +
      "and broadcast once, and `duplicate: true` marks the answer to a repetition.\n\n" +
      `\`attachments\` are the ids of 1 to ${maxAttachments} files of yours; then \`text\` may be empty. ` +
      "With `forward` instead of `text` the text and attachments of that message are copied; its first author is named unless they have set `forward_link: false`.\n\n" +
      "`@` and the user name of another member mention them, whatever the case: at the beginning or after a character that is no letter of " +
      "a name (`A-Z a-z 0-9 _ . -`), `@`, `/` or `\\`, and outside of code. All letters of a name that follow count, without `. - _` at the " +
      `end. \`@all\` from the owner or an admin mentions all members of a group. The server finds them, ${mostMentions} at most.\n\n` +
      "Errors: `not_found` (no such chat of yours, `reply_to` is no message of it, an attachment is no file of yours, or you cannot see what you forward), `conflict` (the " +
      "`dedup_key` was used for other content, what you forward was deleted, or the other person of a private chat has deleted their account), `rate_limited`, `unavailable`.",
    fields: {
      text: "Not only white space; kept as sent. Characters are counted as code points. Empty only with `attachments`.",
      attachments: `Up to ${maxAttachments} ids of your files (\`POST /files\`), each once.`,
      custom: "A JSON object of at most 4 KiB, which the server only keeps.",
      forward:
        "A message that you can see, whose text and attachments are copied; instead of `text`, and with a `dedup_key` alone.",
      dedup_key: "Yours to choose, such as a UUID: with it the frame can be repeated without harm.",
    },
    tag: "Messages",
    operation: "sendMessage",
    answers: ["ack", "error"],
    inChat: {
      optional: ["chat_id", "type"],
      example: { name: "without the chat", payload: { text: "Hello, Grace!" } },
    },
    examples: [
      { name: "plain", payload: { type: "message", ref: 1, chat_id: 7, text: "Hello, Grace!" } },
      {
        name: "reply that may be repeated safely",
        payload: {
          type: "message",
          ref: "m-2",
          chat_id: 7,
          text: "See you at nine.",
          dedup_key: "0f8b9f0e-2f5b-4c5a-9d0e-7f3f7f4c1a11",
          reply_to: 41,
        },
      },
      {
        name: "with a picture",
        payload: { type: "message", ref: "m-4", chat_id: 7, text: "", attachments: [5], dedup_key: "77159d2e" },
      },
      { name: "forwarded", payload: { type: "message", ref: "m-3", chat_id: 7, forward: 17 } },
    ],
  },
)

export const EditFrame = clientWords(clientFrame("edit", { message_id: MessageId, text: MessageText }), {
  title: "Edit a message",
  summary: "Gives a message of yours another text.",
  description:
    "Attachments stay as they are.\n\n" +
    "Errors: `not_found`, `forbidden` (another's message), `conflict` (it was deleted), `rate_limited`, `unavailable`.",
  fields: {
    text: "The new text, under the same rules as a message's.",
  },
  tag: "Messages",
  operation: "editMessage",
  answers: ["ack", "error"],
  examples: [
    { name: "correction", payload: { type: "edit", ref: 4, message_id: 42, text: "See you at half past nine." } },
  ],
})

export const DeleteFrame = clientWords(clientFrame("delete", { message_id: MessageId }), {
  title: "Delete a message",
  summary: "Deletes a message of yours, or as owner or admin anybody's.",
  description:
    'The message stays in its place as a tombstone: `deleted: true`, `text: ""`. Deleting it again is no error.\n\n' +
    "Errors: `not_found`, `forbidden`, `rate_limited`, `unavailable`.",
  tag: "Messages",
  operation: "deleteMessage",
  answers: ["ack", "error"],
  examples: [{ name: "one message", payload: { type: "delete", ref: 5, message_id: 42 } }],
})

export const MessageEvent = serverWords(serverFrame("message", { ...EventMessage.fields, version: Version, changed }), {
  title: "New message",
  summary: "A user sent a message in a chat. Your own messages arrive too, on all your devices.",
  description: "`dedup_key` is null except on the sender's devices, which recognize their message by it.",
  fields: {
    text: "As its sender wrote it.",
  },
  tag: "Messages",
  examples: [{ name: "a reply", payload: { type: "message", ...message, version: 58 } }],
})

export const MessageUpdatedEvent = serverWords(
  serverFrame("message_updated", { ...EventMessage.fields, version: Version }),
  {
    title: "Message edited",
    summary: "The text of a message changed.",
    description: "The whole message in its present state: replace your copy.",
    fields: {
      text: "The new text.",
    },
    tag: "Messages",
    examples: [
      {
        name: "edited",
        payload: {
          type: "message_updated",
          ...message,
          text: "See you at half past nine.",
          edited_at: "2026-11-21T09:32:00.000Z",
          version: 59,
        },
      },
    ],
  },
)

export const MessageDeletedEvent = serverWords(
  serverFrame("message_deleted", { ...EventMessage.fields, version: Version }),
  {
    title: "Message deleted",
    summary: "A message was deleted; its `seq` stays.",
    description: "The tombstone: `deleted` is true and `text` empty.",
    fields: {
      text: "Empty.",
    },
    tag: "Messages",
    examples: [
      { name: "tombstone", payload: { type: "message_deleted", ...message, text: "", deleted: true, version: 60 } },
    ],
  },
)
