// A kind of record: a lasting fact about a message, besides the message itself (a pin, a user's reactions). A kind is
// declared in one file; commands, frames, look-ups, storage, replay, the wire between nodes and the documents are
// derived from the table of kinds (Kinds.ts). Does not know how any of these work.
import { Schema } from "effect"
import type { ChatType, Role } from "../domain/Chat.ts"
import type { MessageDeleted, NotAllowed, TooManyPins, TooManyReactions } from "../domain/errors.ts"
import type { MessageId, UserId } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"

/** The current record. `removed`: it existed, and clients must receive its end. */
export interface KeptRecord {
  /** The user who set it. */
  readonly user_id: UserId
  readonly removed: boolean
  readonly body: JsonObject
}

/** How many records of a message have this key in their body. `since`: the smallest of their values. */
export interface Tally {
  readonly key: string
  readonly count: number
  readonly since: number
}

export type RecordRefusal = NotAllowed | MessageDeleted | TooManyPins | TooManyReactions

/** The input of a kind's rule: may `by` do that to the message now? */
export interface RuleInput<Ask, Body> {
  readonly by: UserId
  readonly role: Role
  readonly chat: ChatType
  /** Epoch milliseconds. */
  readonly at: number
  /** The message is deleted. */
  readonly deleted: boolean
  /** false: it is removed. */
  readonly on: boolean
  readonly ask: Ask
  /** The current record with this key; undefined: there is none. */
  readonly own: Body | undefined
  /** The number of current records in the kind's scope. */
  readonly count: number
  readonly tallies: ReadonlyArray<Tally>
}

/** `Kept`: the new record. `Removed`: it ends; `body` is what its event shows of that. */
export type Ruling<Body> =
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Kept" | "Removed"; readonly body: Body }
  | { readonly _tag: "Refused"; readonly error: RecordRefusal }

/** Fields whose decoding needs no services. */
export type AskFields = { readonly [field: string]: Schema.Codec<unknown, unknown> }

interface Declared<
  Name extends string,
  Verb extends string,
  Ask extends AskFields,
  Show extends Schema.Struct.Fields,
  Body,
> {
  /** The `type` of its event's frame, and its name in the database. */
  readonly name: Name
  /** The `type` of the client's frame that sets it. */
  readonly verb: Verb
  /** Its name in `hello.features`. */
  readonly feature: string
  /** The fields of its command besides the message. */
  readonly ask: Ask
  /** The stored content. */
  readonly body: Schema.Codec<Body, JsonObject>
  /** Its body when there is no record. */
  readonly empty: Body
  /** What its event shows besides `chat_id`, `message_id` and `version`. */
  readonly shows: Show
  /** The records that the rule counts: those of the message, or all of the chat, which are few. */
  readonly scope: "message" | "chat"
  /** One for each message, or one for each message and user. */
  readonly each: "message" | "user"
  /**
   * Its end when its message is deleted. `removed`: with an event of its own; `dropped`: `message_deleted` implies it.
   */
  readonly whenDeleted: "removed" | "dropped"
  /** Messages contain it in answers, so it changes their version; the visible part are the tallies. */
  readonly inMessage: boolean
  readonly rule: (input: RuleInput<Schema.Struct<Ask>["Type"], Body>) => Ruling<Body>
  readonly show: (
    record: { readonly user_id: UserId; readonly removed: boolean; readonly body: Body },
    tallies: ReadonlyArray<Tally>,
  ) => Schema.Struct<Show>["Encoded"] & JsonObject
}

/** A declared kind with untyped content: stored and incoming content is decoded here. */
export interface Kind<
  Name extends string = string,
  Verb extends string = string,
  Ask extends AskFields = AskFields,
  Show extends Schema.Struct.Fields = Schema.Struct.Fields,
> {
  readonly name: Name
  readonly verb: Verb
  readonly feature: string
  readonly ask: Ask
  /** Those fields alone. */
  readonly asked: (frame: object) => JsonObject
  readonly shows: Show
  readonly scope: "message" | "chat"
  readonly whenDeleted: "removed" | "dropped"
  /** Only its owner changes it, so that setting it again undoes no other change. */
  readonly isOwn: boolean
  readonly inMessage: boolean
  /** Unique among the records of this kind in a chat. */
  readonly keyOf: (message_id: MessageId, by: UserId) => string
  readonly rule: (
    input: Omit<RuleInput<JsonObject, JsonObject>, "own"> & { readonly own: KeptRecord | undefined },
  ) => Ruling<JsonObject>
  /** undefined: shows no record to this user. */
  readonly show: (record: KeptRecord | undefined, by: UserId, tallies: ReadonlyArray<Tally>) => JsonObject
}

export const kind = <
  const Name extends string,
  const Verb extends string,
  const Ask extends AskFields,
  const Show extends Schema.Struct.Fields,
  Body,
>(
  declared: Declared<Name, Verb, Ask, Show, Body>,
): Kind<Name, Verb, Ask, Show> => {
  const { ask, body, each, rule, show } = declared
  const asks = Object.keys(ask)
  const decodeAsk = Schema.decodeUnknownSync(Schema.Struct(ask))
  const decode = Schema.decodeUnknownSync(body)
  const encode = Schema.encodeSync(body)
  return {
    name: declared.name,
    verb: declared.verb,
    feature: declared.feature,
    ask,
    asked: (frame) => Object.fromEntries(Object.entries(frame).filter(([field]) => asks.includes(field))),
    shows: declared.shows,
    scope: declared.scope,
    whenDeleted: declared.whenDeleted,
    isOwn: each === "user",
    inMessage: declared.inMessage,
    keyOf: (message_id, by) => (each === "message" ? `${message_id}` : `${message_id}:${by}`),
    rule: (input) => {
      const own = input.own === undefined ? undefined : decode(input.own.body)
      const ruling = rule({ ...input, ask: decodeAsk(input.ask), own })
      if (ruling._tag === "Unchanged" || ruling._tag === "Refused") return ruling
      return { _tag: ruling._tag, body: encode(ruling.body) }
    },
    show: (record, by, tallies) =>
      record === undefined
        ? show({ user_id: by, removed: true, body: declared.empty }, tallies)
        : show({ ...record, body: decode(record.body) }, tallies),
  }
}
