// What users can do with records about messages: pin, react, and list them (see kinds/).
import { Context, Effect, Layer, Schema } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { type Pins, Reactions } from "../contract/RecordsApi.ts"
import {
  type Blocked,
  ChatNotFound,
  type MessageDeleted,
  MessageNotFound,
  type NotAllowed,
  type TooManyPins,
  type TooManyReactions,
  type TooManyRequests,
  type Unavailable,
} from "../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { UserId as UserIdSchema } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"
import { Message } from "../domain/Message.ts"
import { type Timestamp, timestamp } from "../domain/Timestamp.ts"
import type { User } from "../domain/User.ts"
import type { KindName } from "../kinds/Kinds.ts"
import { MessageStore } from "../sql/messages/MessageStore.ts"
import { RecordStore } from "../sql/records/RecordStore.ts"
import { RateLimits } from "./limits/RateLimits.ts"

export interface ReactionPage {
  readonly items: ReadonlyArray<{ readonly user: User; readonly emoji: string; readonly at: Timestamp }>
  /** null: there are no more. */
  readonly next: string | null
}

const Place = Schema.fromJsonString(Schema.Tuple([Schema.Finite, UserIdSchema, Schema.String]))
// This JSON is our own.
const decodeMessages = Schema.decodeEffect(Schema.fromJsonString(Schema.Array(Message)))
const decodeReactions = Schema.decodeUnknownEffect(Reactions)
const decodePlace = Schema.decodeUnknownOption(Place)

export class Records extends Context.Service<
  Records,
  {
    /** Adds the emoji, or (`on` false) removes it; a repetition has no effect. */
    react(
      by: UserId,
      message_id: MessageId,
      emoji: string,
      on: boolean,
    ): Effect.Effect<
      typeof Reactions.Type,
      MessageNotFound | MessageDeleted | Blocked | TooManyReactions | TooManyRequests | Unavailable
    >
    pin(
      by: UserId,
      message_id: MessageId,
      on: boolean,
    ): Effect.Effect<
      void,
      MessageNotFound | MessageDeleted | NotAllowed | Blocked | TooManyPins | TooManyRequests | Unavailable
    >
    /** The newest pin first. */
    pins(by: UserId, chat_id: ChatId): Effect.Effect<typeof Pins.Type, ChatNotFound | Unavailable>
    /** `before`: the `next` of another page; undefined for a text that no page had. */
    reactions(
      by: UserId,
      message_id: MessageId,
      query: { readonly emoji?: string | undefined; readonly limit: number; readonly before?: string | undefined },
    ): Effect.Effect<ReactionPage | undefined, MessageNotFound | Unavailable>
  }
>()("confab/services/Records") {
  static readonly layer = Layer.effect(
    Records,
    Effect.gen(function* () {
      const rows = yield* RecordStore
      const messages = yield* MessageStore
      const actors = yield* ChatActors
      const limits = yield* RateLimits

      const placeOf = Effect.fnUntraced(function* (by: UserId, message_id: MessageId) {
        return (yield* messages.place(message_id, by)) ?? (yield* new MessageNotFound())
      })

      /** Returns what the record's event shows of it. */
      const set = Effect.fnUntraced(function* (
        by: UserId,
        kind: KindName,
        message_id: MessageId,
        on: boolean,
        ask: JsonObject,
      ) {
        yield* limits.demand("messages", by)
        const { chat_id } = yield* placeOf(by, message_id)
        return yield* Effect.catchTag(
          actors.ask(chat_id, { _tag: "Record", by, kind, message_id, on, ask }),
          "ChatNotFound",
          () => Effect.fail(new MessageNotFound()),
        )
      })

      return Records.of({
        react: Effect.fn("Records.react")((by, message_id, emoji, on) =>
          set(by, "reaction", message_id, on, { emoji }).pipe(
            Effect.flatMap(({ emojis, reactions }) => decodeReactions({ reactions, my_reactions: emojis })),
            // Its rule has no other refusals.
            Effect.catchTags({ NotAllowed: Effect.die, SchemaError: Effect.die, TooManyPins: Effect.die }),
          ),
        ),
        pin: Effect.fn("Records.pin")((by, message_id, on) =>
          Effect.asVoid(set(by, "pin", message_id, on, {})).pipe(Effect.catchTag("TooManyReactions", Effect.die)),
        ),
        pins: Effect.fn("Records.pins")(function* (by, chat_id) {
          const pins = (yield* rows.pins(chat_id, by)) ?? (yield* new ChatNotFound())
          const texts = yield* messages.byIds(
            pins.map(({ message_id }) => message_id),
            by,
          )
          const shown = yield* Effect.orDie(decodeMessages(`[${texts.join(",")}]`))
          // A message that has been deleted since is left out.
          const byId = new Map(shown.map((message) => [message.id, message]))
          const items = pins.flatMap(({ at, message_id, user_id }) => {
            const message = byId.get(message_id)
            return message === undefined ? [] : [{ message, user_id, at: timestamp(at) }]
          })
          return { items }
        }),
        reactions: Effect.fn("Records.reactions")(function* (by, message_id, { before, emoji, limit }) {
          yield* placeOf(by, message_id)
          const decoded = before === undefined ? undefined : decodePlace(Buffer.from(before, "base64url").toString())
          if (decoded?._tag === "None") return undefined
          const [at, user_id, last] = decoded?.value ?? []
          const place =
            at === undefined || user_id === undefined || last === undefined ? undefined : { at, user_id, emoji: last }
          const given = yield* rows.reactions(message_id, emoji, place, limit + 1)
          const page = given.slice(0, limit)
          const end = page.at(-1)
          return {
            items: page.map(({ at, ...rest }) => ({ ...rest, at: timestamp(at) })),
            next:
              given.length <= limit || end === undefined
                ? null
                : Buffer.from(JSON.stringify([end.at, end.user.id, end.emoji])).toString("base64url"),
          }
        }),
      })
    }),
  )
}
