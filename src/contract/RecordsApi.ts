// Records about messages: reactions and pins (see kinds/).
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import {
  Blocked,
  ChatNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  NotFound,
  TooManyPins,
  TooManyReactions,
  Unavailable,
} from "../domain/errors.ts"
import { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { Message, ReactionCount } from "../domain/Message.ts"
import { Timestamp } from "../domain/Timestamp.ts"
import { User } from "../domain/User.ts"
import { maxPins } from "../kinds/pin.ts"
import { maxReactions } from "../kinds/reaction.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { decimal, Limit } from "./Params.ts"

/** The visible reactions of a message. */
export const Reactions = Schema.Struct({
  reactions: Schema.Array(ReactionCount).annotate({ description: "By how many each was given, the oldest first." }),
  my_reactions: Schema.Array(Schema.String).annotate({ description: "Those that I gave." }),
}).annotate({ identifier: "Reactions" })

export const ReactionPage = Schema.Struct({
  items: Schema.Array(Schema.Struct({ user: User, emoji: Schema.String, at: Timestamp })),
  next: Schema.NullOr(Schema.String).annotate({ description: "The value for `before`; null: there are no more." }),
}).annotate({ identifier: "ReactionPage" })

export const Pins = Schema.Struct({
  items: Schema.Array(
    Schema.Struct({
      message: Message,
      user_id: UserId.annotate({ description: "Who pinned it." }),
      at: Timestamp,
    }),
  ),
}).annotate({ identifier: "Pins" })

const ofMessage = { id: decimal(MessageId) }
/** Validated by the handler: an invalid one is bad input, not an unknown path. */
const ofReaction = { ...ofMessage, emoji: Schema.String }

const react = HttpApiEndpoint.put("react", "/messages/:id/reactions/:emoji", {
  params: ofReaction,
  success: Reactions,
  error: [NotFound, MessageNotFound, MessageDeleted, Blocked, TooManyReactions, Unavailable],
}).annotateMerge(
  described(
    "React to a message",
    `With one emoji (UTS #51), percent-encoded; a missing U+FE0F is put in. Again: nothing happens. At most ${maxReactions} different ones on a message.`,
  ),
)

const unreact = HttpApiEndpoint.delete("unreact", "/messages/:id/reactions/:emoji", {
  params: ofReaction,
  success: Reactions,
  error: [NotFound, MessageNotFound, MessageDeleted, Blocked, TooManyReactions, Unavailable],
}).annotateMerge(described("Take a reaction back", "One that is not there: nothing happens."))

const reactions = HttpApiEndpoint.get("reactions", "/messages/:id/reactions", {
  params: ofMessage,
  query: {
    emoji: Schema.optional(Schema.String),
    limit: Schema.optional(Limit),
    before: Schema.optional(Schema.String),
  },
  success: ReactionPage,
  error: [NotFound, MessageNotFound, Unavailable],
}).annotateMerge(described("Who reacted to a message", "Newest first; `before` is the `next` of another page."))

const pin = HttpApiEndpoint.put("pin", "/messages/:id/pin", {
  params: ofMessage,
  error: [NotFound, MessageNotFound, MessageDeleted, NotAllowed, Blocked, TooManyPins, Unavailable],
}).annotateMerge(
  described(
    "Pin a message",
    `By any member of a private chat, else by owner and admins. At most ${maxPins} in a chat.`,
  ),
)

const unpin = HttpApiEndpoint.delete("unpin", "/messages/:id/pin", {
  params: ofMessage,
  error: [NotFound, MessageNotFound, MessageDeleted, NotAllowed, Blocked, TooManyPins, Unavailable],
}).annotateMerge(described("Unpin a message", "A deleted message is unpinned by itself."))

const pins = HttpApiEndpoint.get("pins", "/chats/:id/pins", {
  params: { id: decimal(ChatId) },
  success: Pins,
  error: [NotFound, ChatNotFound, Unavailable],
}).annotateMerge(described("The pinned messages of a chat", "The newest pin first."))

export class RecordsApi extends HttpApiGroup.make("records")
  .add(react, unreact, reactions, pin, unpin, pins)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Reactions and pins",
      description: "They do not read, and change neither `unread_count` nor the order of chats.",
    }),
  ) {}
