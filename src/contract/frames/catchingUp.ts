// Catching up after an absence, and proving it.
import { Schema } from "effect"
import { VersionSum } from "../../domain/Check.ts"
import { ChatId, Seq, Version } from "../../domain/Ids.ts"
import { Limits } from "../Limits.ts"
import { clientFrame, Ref, serverFrame } from "./frame.ts"
import { answeredRef, clientWords, serverWords } from "./words.ts"

const inChat = { chat_id: ChatId, version: Version }

/** The first and the last `seq` of the messages that a client holds. */
const CheckRange = Schema.Tuple([Seq.check(Schema.isGreaterThan(0)), Seq]).check(
  Schema.makeFilter(([first, last]) =>
    first <= last && last - first < Limits.check
      ? undefined
      : `first_seq and last_seq of 1 to ${Limits.check} messages`,
  ),
)
/** What `sync` and the remote procedure `Events` take; the keys are chat ids. */
export const syncFields = {
  cursors: Schema.Record(Schema.String, Version),
  check: Schema.optional(Schema.Record(Schema.String, CheckRange)),
}

export const SyncFrame = clientWords(clientFrame("sync", syncFields), {
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
  fields: {
    cursors: "For each chat id, as text, the last `version` that you saw; on `/ws` also for `me`, your own state.",
    check:
      "For each chat id, as text, the first and the last `seq` of the messages that you hold: at most " +
      `${Limits.check.toLocaleString("en")}. \`cursors\` names the chat too.`,
  },
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
})

export type SyncFrame = typeof SyncFrame.Type

export const CheckEvent = serverWords(serverFrame("check", { ...inChat, messages: VersionSum, members: VersionSum }), {
  title: "Sums",
  summary: "What a chat adds up to, for a client that proves that it missed nothing.",
  description:
    "Sent if `sync` requested it, after the replay of that chat and before any of its live events: at that moment you have " +
    "everything up to `version`, and so do these sums. Add up your own: the `version`s of the messages that you hold in the range, " +
    "of each the last at which the message or its reactions changed, and those of all present members. Sending, which also reads, " +
    "leaves a member's version. Another sum means that you missed something: discard your copy of the chat and load it again.\n\n" +
    "Not sent for a chat that answered `reset` or `chat_gone`, nor for one in `failed`.",
  fields: {
    version: "The version of the chat at which these are the sums.",
    messages: "The messages of the requested range, deleted ones too.",
    members: "All present members.",
  },
  tag: "Catching up",
  examples: [
    {
      name: "two messages of three people",
      payload: {
        type: "check",
        chat_id: 7,
        version: 66,
        messages: { count: 2, sum: 118 },
        members: { count: 3, sum: 126 },
      },
    },
  ],
})

export const SyncedEvent = serverWords(
  serverFrame("synced", {
    ref: Schema.optional(Ref),
    cursors: Schema.Record(Schema.String, Version),
    failed: Schema.optional(Schema.Array(ChatId)),
  }),
  {
    title: "Caught up",
    summary: "The end of the replay that `sync` requested; the following events are live.",
    description:
      "`cursors` has the present version of each named chat, except those that answered `chat_gone` and those in `failed`.\n\n" +
      "A chat in `failed` could not be read now. Its live events follow a hole: keep your cursor, and send `sync` for it again " +
      "after a delay that grows each time. If reading failed in the middle, its first events arrived before `synced`, in order: " +
      "continue from the last `version` that arrived before `synced`. If it fails repeatedly, discard your copy of the chat and load it again.",
    fields: {
      ref: answeredRef,
      cursors: "For each chat id, as text, its `version` now.",
      failed: "The ids of the named chats that could not be read now.",
    },
    tag: "Catching up",
    examples: [
      { name: "two chats", payload: { type: "synced", ref: "sync-1", cursors: { "7": 66, "12": 3 } } },
      {
        name: "one that cannot be read now",
        payload: { type: "synced", ref: "sync-1", cursors: { "7": 66 }, failed: [12] },
      },
    ],
  },
)

export const ResetEvent = serverWords(serverFrame("reset", { chat_id: Schema.NullOr(ChatId), version: Version }), {
  title: "Start over",
  summary: "You missed too much of a chat: discard your copy and load it again.",
  description: "Load the chat over HTTP, and continue from `version`. `chat_id` null: your own state.",
  fields: {
    version: "The present version of the chat.",
  },
  tag: "Catching up",
  examples: [{ name: "too far behind", payload: { type: "reset", chat_id: 12, version: 9041 } }],
})

export const ChatGoneEvent = serverWords(serverFrame("chat_gone", { chat_id: ChatId }), {
  title: "Chat gone",
  summary: "You are not, or no longer, a member of a chat that `sync` named.",
  description:
    "Discard your copy. The answer is the same for a deleted chat, a removed member and a chat that never existed.",
  tag: "Catching up",
  examples: [{ name: "gone", payload: { type: "chat_gone", chat_id: 12 } }],
})
