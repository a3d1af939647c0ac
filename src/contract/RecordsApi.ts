// Records about messages: reactions and pins (see kinds/).
import { Schema } from "effect"
import { HttpApiGroup, OpenApi } from "effect/http-api"
import { Emoji } from "../domain/Emoji.ts"
import {
  Blocked,
  ChatNotFound,
  InvalidInput,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  TooManyPins,
  TooManyReactions,
} from "../domain/errors.ts"
import { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { Message, ReactionCount } from "../domain/Message.ts"
import { Text } from "../domain/Text.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { User } from "../domain/User.ts"
import { maxPins } from "../kinds/pin.ts"
import { maxReactions } from "../kinds/reaction.ts"
import { nothing, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { limit, numberInPath, optional, textInPath } from "./operations/parameters.ts"

/** The visible reactions of a message. */
export const Reactions = Schema.Struct({
  reactions: Schema.Array(ReactionCount).annotate({ description: "By how many each was given, the oldest first." }),
  my_reactions: Schema.Array(Schema.String).annotate({ description: "Those that I gave." }),
}).annotate({ identifier: "Reactions" })

const Reaction = Schema.Struct({ user: User, emoji: Schema.String, at: Timestamp }).annotate({
  identifier: "Reaction",
})

export const ReactionPage = Schema.Struct({
  items: Schema.Array(Reaction),
  next: Schema.NullOr(Schema.String).annotate({ description: "The value for `before`; null: there are no more." }),
}).annotate({ identifier: "ReactionPage" })

const Pin = Schema.Struct({
  message: Message,
  user_id: UserId.annotate({ description: "Who pinned it." }),
  at: Timestamp,
}).annotate({ identifier: "Pin" })

export const Pins = Schema.Struct({ items: Schema.Array(Pin) }).annotate({ identifier: "Pins" })

const ofMessage = { id: numberInPath("message_id", MessageId) }
const ofReaction = { ...ofMessage, emoji: textInPath("emoji", Emoji) }
/** Over HTTP the method says it. */
const on = { on: Schema.optionalKey(Schema.Boolean) }

const reactionErrors = [MessageNotFound, MessageDeleted, Blocked, TooManyReactions] as const
const pinErrors = [MessageNotFound, MessageDeleted, NotAllowed, Blocked, TooManyPins] as const

export const recordOperations = {
  react: operation("react", {
    http: ["PUT", "/messages/:id/reactions/:emoji"],
    rpc: "React",
    path: ofReaction,
    also: on,
    answer: ok(Reactions),
    errors: reactionErrors,
    summary: "React to a message",
    description: `With one emoji (UTS #51), percent-encoded; a missing U+FE0F is put in. Again: nothing happens. At most ${maxReactions} different ones on a message.`,
  }),
  unreact: operation("unreact", {
    http: ["DELETE", "/messages/:id/reactions/:emoji"],
    rpc: null,
    path: ofReaction,
    answer: ok(Reactions),
    errors: reactionErrors,
    summary: "Take a reaction back",
    description: "One that is not there: nothing happens.",
  }),
  listReactions: operation("listReactions", {
    http: ["GET", "/messages/:id/reactions"],
    rpc: "Reactions",
    path: ofMessage,
    query: { emoji: optional(Emoji, Emoji), limit, before: optional(Schema.String, Text) },
    answer: ok(ReactionPage),
    errors: [MessageNotFound, InvalidInput],
    summary: "Who reacted to a message",
    description: "Newest first; `before` is the `next` of another page.",
  }),
  pin: operation("pin", {
    http: ["PUT", "/messages/:id/pin"],
    rpc: "Pin",
    path: ofMessage,
    also: on,
    answer: nothing,
    errors: pinErrors,
    summary: "Pin a message",
    description: `By any member of a private chat, else by owner and admins. At most ${maxPins} in a chat.`,
  }),
  unpin: operation("unpin", {
    http: ["DELETE", "/messages/:id/pin"],
    rpc: null,
    path: ofMessage,
    answer: nothing,
    errors: pinErrors,
    summary: "Unpin a message",
    description: "A deleted message is unpinned by itself.",
  }),
  listPins: operation("listPins", {
    http: ["GET", "/chats/:id/pins"],
    rpc: "Pins",
    path: { id: numberInPath("chat_id", ChatId) },
    answer: ok(Pins),
    errors: [ChatNotFound],
    summary: "The pinned messages of a chat",
    description: "The newest pin first.",
  }),
}

export class RecordsApi extends HttpApiGroup.make("records")
  .add(...endpointsOf(recordOperations))
  .annotateMerge(
    OpenApi.annotations({
      title: "Reactions and pins",
      description: "They do not read, and change neither `unread_count` nor the order of chats.",
    }),
  ) {}
