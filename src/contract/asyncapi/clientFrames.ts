// The texts about each frame that a client may send, and its answers, for the AsyncAPI document.
import { maxAttachments } from "../../domain/Draft.ts"
import { mostMentions } from "../../domain/mentions.ts"
import { maxPins } from "../../kinds/pin.ts"
import { maxReactions } from "../../kinds/reaction.ts"
import type { ClientFrames } from "../ClientFrame.ts"
import { Limits } from "../Limits.ts"
import type { ServerFrames } from "../ServerFrame.ts"
import type { About } from "./About.ts"

interface AboutClientFrame<Payload> extends About<Payload> {
  /** The id of the operation; verb first, since generators use it as a function name. */
  readonly operation: string
  readonly answers: ReadonlyArray<keyof typeof ServerFrames>
  /** On `/ws/{chat_id}`: the fields that may be absent there, and an example without them. */
  readonly inChat?: {
    readonly optional: ReadonlyArray<keyof Payload>
    readonly example: { readonly name: string; readonly payload: Partial<Payload> }
  }
}

type AboutClientFrames = {
  readonly [Type in keyof typeof ClientFrames]: AboutClientFrame<(typeof ClientFrames)[Type]["Encoded"]>
}

export const aboutClientFrames: AboutClientFrames = {
  message: {
    title: "Send a message",
    summary: "Sends a message to a chat.",
    description:
      "The `ack` comes once the message is committed in the database, with the message's id and its place (`seq`). " +
      "Choose a `dedup_key` and repeat the frame, with the same key, until it is answered: the message is stored " +
      "and broadcast once, and `duplicate: true` marks the answer to a repetition.\n\n" +
      `\`attachments\` are the ids of 1 to ${maxAttachments} files of yours; then \`text\` may be empty. ` +
      "With `forward` instead of `text` the text and attachments of that message are copied.\n\n" +
      "`@` and the user name of another member mention them, whatever the case: at the beginning or after a character that is no letter of " +
      "a name (`A-Z a-z 0-9 _ . -`), `@`, `/` or `\\`, and outside of code. All letters of a name that follow count, without `. - _` at the " +
      `end. \`@all\` from the owner or an admin mentions all members of a group. The server finds them, ${mostMentions} at most.\n\n` +
      "Errors: `not_found` (no such chat of yours, `reply_to` is no message of it, an attachment is no file of yours, or you cannot see what you forward), `conflict` (the " +
      "`dedup_key` was used for other content, what you forward was deleted, or the other person of a private chat has deleted their account), `rate_limited`, `unavailable`.",
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
  read: {
    title: "Mark as read",
    summary: "Marks a chat as read up to a message.",
    description:
      "Name the message, or the chat and a `seq`. Reading is a watermark: it only rises, and goes no further than the chat's last " +
      "message. The `ack` has the resulting watermark.\n\nErrors: `not_found`, `rate_limited`, `unavailable`.",
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
  typing: {
    title: "Show typing",
    summary: "Shows the others that you are writing, or have stopped.",
    description:
      `Not answered. Repeat it while the person writes: the sign ends by itself ${Limits.typingSeconds} seconds after the last one, ` +
      "and with the next message. " +
      "A chat that is not yours gives `not_found`.",
    tag: "Presence",
    operation: "showTyping",
    answers: ["error"],
    inChat: { optional: ["chat_id"], example: { name: "without the chat", payload: { type: "typing" } } },
    examples: [
      { name: "writing", payload: { type: "typing", chat_id: 7 } },
      { name: "stopped", payload: { type: "typing", chat_id: 7, is_typing: false } },
    ],
  },
  edit: {
    title: "Edit a message",
    summary: "Gives a message of yours another text.",
    description:
      "Attachments stay as they are.\n\n" +
      "Errors: `not_found`, `forbidden` (another's message), `conflict` (it was deleted), `rate_limited`, `unavailable`.",
    tag: "Messages",
    operation: "editMessage",
    answers: ["ack", "error"],
    examples: [
      { name: "correction", payload: { type: "edit", ref: 4, message_id: 42, text: "See you at half past nine." } },
    ],
  },
  delete: {
    title: "Delete a message",
    summary: "Deletes a message of yours, or as owner or admin anybody's.",
    description:
      'The message stays in its place as a tombstone: `deleted: true`, `text: ""`. Deleting it again is no error.\n\n' +
      "Errors: `not_found`, `forbidden`, `rate_limited`, `unavailable`.",
    tag: "Messages",
    operation: "deleteMessage",
    answers: ["ack", "error"],
    examples: [{ name: "one message", payload: { type: "delete", ref: 5, message_id: 42 } }],
  },
  react: {
    title: "React to a message",
    summary: "Gives a message an emoji of yours, or takes it back.",
    description:
      "One emoji as Unicode has it; a missing U+FE0F is put in. Giving it again, or taking back what is not there, is no error. At most " +
      `${maxReactions} different ones on a message.\n\n` +
      "Errors: `not_found`, `conflict` (the message is deleted, or has as many as it may have), `rate_limited`, `unavailable`.",
    tag: "Messages",
    operation: "reactToMessage",
    answers: ["ack", "error"],
    examples: [
      { name: "given", payload: { type: "react", ref: 6, message_id: 42, emoji: "👍" } },
      { name: "taken back", payload: { type: "react", ref: 7, message_id: 42, emoji: "👍", on: false } },
    ],
  },
  pin: {
    title: "Pin a message",
    summary: "Pins a message for everybody in its chat, or unpins it.",
    description:
      `By any member of a private chat, else by owner and admins. At most ${maxPins} in a chat.\n\n` +
      "Errors: `not_found`, `forbidden`, `conflict` (the message is deleted, or the chat has as many as it may have), `rate_limited`, `unavailable`.",
    tag: "Messages",
    operation: "pinMessage",
    answers: ["ack", "error"],
    examples: [
      { name: "pinned", payload: { type: "pin", ref: 8, message_id: 42 } },
      { name: "unpinned", payload: { type: "pin", ref: 9, message_id: 42, on: false } },
    ],
  },
  state: {
    title: "Set my own state",
    summary: "Sets a value that is yours, the same on all your devices; with `null` takes it away.",
    description:
      "The `ack` has the `version` at which the value changed. The same value again changes nothing. Keys and values as in " +
      "`PUT /me/state/{key}`: also to change a scheduled message (`scheduled:<id>`) or to call it off.\n\nErrors: `invalid`, `not_found` (no such chat, " +
      "message or scheduled message of yours), `conflict` (too many keys; the scheduled message was sent, or is being sent), `rate_limited`, `unavailable`.",
    tag: "My own state",
    operation: "setState",
    answers: ["ack", "error"],
    examples: [
      { name: "a draft", payload: { type: "state", ref: 8, key: "draft:7", value: { text: "See you" } } },
      { name: "taken away", payload: { type: "state", ref: 9, key: "draft:7", value: null } },
    ],
  },
  sync: {
    title: "Catch up",
    summary: "Asks for everything that happened since you last listened.",
    description:
      "`cursors` has, for each chat you hold, the last `version` you saw of it. You get the present state of every thing that changed " +
      "since, in `version` order and before any live event of that chat; then `synced`. A chat with more than " +
      `${Limits.replay.toLocaleString("en")} missed changes, or a cursor above its version, gives \`reset\` instead; a chat that is not ` +
      "(or no longer) yours gives `chat_gone`. Chats that you do not name are not replayed: `hello` has them. On a running socket the " +
      "events begin at the cursors again.\n\n" +
      "With `check` the server also says, as `check`, what these chats add up to: how many messages there are in that range of `seq` " +
      "and how many members, and the sums of their `version`s.\n\n" +
      "A replay of any size arrives, as fast as you read it; of one user's devices each gets a piece in its turn. A chat that cannot be " +
      "read now stops no other: `synced` has it in `failed`.\n\n" +
      "Errors: `invalid` (a key is no chat id; a `check` of a chat that `cursors` does not name, or of a wrong range), `rate_limited` (too many syncs at once), `unavailable` (no chat can be read now).",
    tag: "Catching up",
    operation: "catchUp",
    answers: ["synced", "error"],
    examples: [
      { name: "two chats", payload: { type: "sync", ref: "sync-1", cursors: { "7": 57, "12": 3 } } },
      {
        name: "with proof",
        payload: { type: "sync", ref: "sync-2", cursors: { "7": 57, "12": 3 }, check: { "7": [1, 13] } },
      },
    ],
  },
  auth: {
    title: "Renew the token",
    summary: "Hands in a newer access token, so that the socket may stay open.",
    description:
      "Send it before the token of the socket expires (close code 4002 otherwise). The token must be of the same session. A bad one " +
      "gives `forbidden`, and all stays as it was.",
    tag: "Connection",
    operation: "renewToken",
    answers: ["ack", "error"],
    examples: [
      { name: "fresh token", payload: { type: "auth", ref: 6, token: "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9…" } },
    ],
  },
  ping: {
    title: "Ping",
    summary: "Asks whether the server is still there.",
    description:
      "For clients that cannot send WebSocket pings, as in a browser. Any frame or WebSocket pong shows the server that you are there.",
    tag: "Connection",
    operation: "ping",
    answers: ["pong"],
    examples: [{ name: "ping", payload: { type: "ping", ref: 7 } }],
  },
}
