// What a kind of record is: a lasting fact about a message, beside the message itself (a pin, somebody's reactions). A kind is
// declared in one file; commands, frames, look-ups, storage, replay, the wire between nodes and the documents follow from the table
// of kinds (Kinds.ts). Does not know how any of these work.
import { Schema } from "effect"
import type { ChatType, Role } from "../domain/Chat.ts"
import type { MessageDeleted, NotAllowed, TooManyPins, TooManyReactions } from "../domain/errors.ts"
import type { MessageId, UserId } from "../domain/Ids.ts"
import type { JsonObject } from "../domain/Json.ts"

/** A record as it is now. `removed`: it was there, and its end is what clients have to hear. */
export interface KeptRecord {
  /** Who made it so. */
  readonly user_id: UserId
  readonly removed: boolean
  readonly body: JsonObject
}

/** How many records of a message have this key in their body. `since`: the least of their values. */
export interface Tally {
  readonly key: string
  readonly count: number
  readonly since: number
}

export type RecordRefusal = NotAllowed | MessageDeleted | TooManyPins | TooManyReactions

/** What the rule of a kind is asked: may `by` do that to the message now? */
export interface Asked<Ask, Body> {
  readonly by: UserId
  readonly role: Role
  readonly chat: ChatType
  /** Epoch milliseconds. */
  readonly at: number
  /** The message is a tombstone. */
  readonly deleted: boolean
  /** false: it is taken away. */
  readonly on: boolean
  readonly ask: Ask
  /** The present record with this key; undefined: there is none. */
  readonly own: Body | undefined
  /** Present records in the kind's scope. */
  readonly count: number
  readonly tallies: ReadonlyArray<Tally>
}

/** `Kept`: the record is this from now on. `Removed`: it is gone; `body` is what its event shows of that. */
export type Ruling<Body> =
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Kept" | "Removed"; readonly body: Body }
  | { readonly _tag: "Refused"; readonly error: RecordRefusal }

/** Fields that need nothing to be decoded. */
export type AskFields = { readonly [field: string]: Schema.Codec<unknown, unknown> }

interface Declared<
  Name extends string,
  Verb extends string,
  Ask extends AskFields,
  Show extends Schema.Struct.Fields,
  Body,
> {
  /** The `type` of its event's frame, and its name at rest. */
  readonly name: Name
  /** The `type` of the client's frame that sets it. */
  readonly verb: Verb
  /** What its command has beside the message. */
  readonly ask: Ask
  /** What is kept. */
  readonly body: Schema.Codec<Body, JsonObject>
  /** Its body while there is none. */
  readonly empty: Body
  /** What its event shows beside `chat_id`, `message_id` and `version`. */
  readonly shows: Show
  /** Which records the rule counts: those of the message, or all of the chat, which are few. */
  readonly scope: "message" | "chat"
  /** One for each message, or one for each message and user. */
  readonly each: "message" | "user"
  /** What becomes of it when its message is deleted. `removed`: that takes an event of its own; `dropped`: `message_deleted` says it. */
  readonly whenDeleted: "removed" | "dropped"
  /** Messages show it in answers, so that it changes their version; what is shown are the tallies. */
  readonly inMessage: boolean
  readonly rule: (asked: Asked<Schema.Struct<Ask>["Type"], Body>) => Ruling<Body>
  readonly show: (
    record: { readonly user_id: UserId; readonly removed: boolean; readonly body: Body },
    tallies: ReadonlyArray<Tally>,
  ) => Schema.Struct<Show>["Encoded"] & JsonObject
}

/** A declared kind, as everything that follows from it sees it: what is at rest or came in is decoded here. */
export interface Kind<
  Name extends string = string,
  Verb extends string = string,
  Ask extends AskFields = AskFields,
  Show extends Schema.Struct.Fields = Schema.Struct.Fields,
> {
  readonly name: Name
  readonly verb: Verb
  readonly ask: Ask
  readonly shows: Show
  readonly scope: "message" | "chat"
  readonly whenDeleted: "removed" | "dropped"
  /** Nobody else changes it, so that setting it again undoes nothing. */
  readonly isOwn: boolean
  readonly inMessage: boolean
  /** Unique among the records of this kind in a chat. */
  readonly keyOf: (message_id: MessageId, by: UserId) => string
  readonly rule: (
    asked: Omit<Asked<JsonObject, JsonObject>, "own"> & { readonly own: KeptRecord | undefined },
  ) => Ruling<JsonObject>
  /** undefined: as if it were not there for this user. */
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
  const { body, each, rule, show } = declared
  const decodeAsk = Schema.decodeUnknownSync(Schema.Struct(declared.ask))
  const decode = Schema.decodeUnknownSync(body)
  const encode = Schema.encodeSync(body)
  return {
    name: declared.name,
    verb: declared.verb,
    ask: declared.ask,
    shows: declared.shows,
    scope: declared.scope,
    whenDeleted: declared.whenDeleted,
    isOwn: each === "user",
    inMessage: declared.inMessage,
    keyOf: (message_id, by) => (each === "message" ? `${message_id}` : `${message_id}:${by}`),
    rule: (asked) => {
      const own = asked.own === undefined ? undefined : decode(asked.own.body)
      const ruling = rule({ ...asked, ask: decodeAsk(asked.ask), own })
      if (ruling._tag === "Unchanged" || ruling._tag === "Refused") return ruling
      return { _tag: ruling._tag, body: encode(ruling.body) }
    },
    show: (record, by, tallies) =>
      record === undefined
        ? show({ user_id: by, removed: true, body: declared.empty }, tallies)
        : show({ ...record, body: decode(record.body) }, tallies),
  }
}
