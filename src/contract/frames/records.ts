// Records about messages (see kinds/): reactions and pins.
import { Schema } from "effect"
import { ChatId, MessageId, Version } from "../../domain/Ids.ts"
import type { AskFields } from "../../kinds/Kind.ts"
import { type KindName, kinds, type Verb } from "../../kinds/Kinds.ts"
import { maxPins } from "../../kinds/pin.ts"
import { maxReactions } from "../../kinds/reaction.ts"
import { clientFrame, serverFrame } from "./frame.ts"
import { clientWords, serverWords } from "./words.ts"

const inChat = { chat_id: ChatId, version: Version }

/** Sets a record about a message, or with `on` false removes it: see kinds/. */
const recordCommand = <const Verb extends string, const Ask extends AskFields>({
  ask,
  verb,
}: {
  readonly verb: Verb
  readonly ask: Ask
}) => clientFrame(verb, { message_id: MessageId, ...ask, on: Schema.optional(Schema.Boolean) })

/** A record about a message: see kinds/. */
const recordEvent = <const Name extends string, const Show extends Schema.Struct.Fields>({
  name,
  shows,
}: {
  readonly name: Name
  readonly shows: Show
}) => serverFrame(name, { ...inChat, message_id: MessageId, ...shows })

const ReactFrame = clientWords(recordCommand(kinds.reaction), {
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
})

const PinFrame = clientWords(recordCommand(kinds.pin), {
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
})

const ReactionEvent = serverWords(recordEvent(kinds.reaction), {
  title: "Reactions changed",
  summary: "A member added or removed a reaction.",
  description:
    "`emojis` are the member's present reactions to this message, `reactions` those of all members: replace your copy. Deleting " +
    "a message removes its reactions, without a frame of their own.",
  fields: {
    user_id: "The member whose reactions changed.",
    emojis: "The present reactions of this member to this message, the oldest first.",
    reactions: "Those of all members, each with its count; the oldest first.",
  },
  tag: "Messages",
  examples: [
    {
      name: "a second thumb",
      payload: {
        type: "reaction",
        ...{ chat_id: 7, version: 66, message_id: 42, user_id: 3 },
        emojis: ["👍"],
        reactions: [
          { emoji: "👍", count: 2 },
          { emoji: "❤️", count: 1 },
        ],
      },
    },
  ],
})

const PinEvent = serverWords(recordEvent(kinds.pin), {
  title: "Pinned or unpinned",
  summary: "A message was pinned, or, with `removed`, unpinned.",
  description: "Deleting a message unpins it: this frame follows `message_deleted`.",
  fields: {
    user_id: "Who pinned or unpinned it.",
    at: "When.",
    removed: "It was unpinned.",
  },
  tag: "Messages",
  examples: [
    {
      name: "pinned",
      payload: { type: "pin", chat_id: 7, version: 67, message_id: 42, user_id: 1, at: "2026-11-21T09:35:00.000Z" },
    },
    {
      name: "unpinned",
      payload: {
        type: "pin",
        ...{ chat_id: 7, version: 68, message_id: 42, user_id: 1, at: "2026-11-21T09:36:00.000Z" },
        removed: true,
      },
    },
  ],
})

/** By `type`: each kind has its frame. */
export const recordFrames = {
  react: ReactFrame,
  pin: PinFrame,
} as const satisfies { readonly [Type in Verb]: Schema.Top }

export const recordEvents = {
  reaction: ReactionEvent,
  pin: PinEvent,
} as const satisfies { readonly [Name in KindName]: Schema.Top }
