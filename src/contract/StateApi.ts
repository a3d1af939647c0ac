// The caller's own state: small values under keys, the same on all their devices.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  AlreadySent,
  BodyTooLarge,
  ChatNotFound,
  InvalidInput,
  MessageNotFound,
  NotFound,
  ScheduledNotFound,
  StateFull,
  TooManyRequests,
  Unavailable,
  UnsupportedMediaType,
  UserNotFound,
  ValueTooLarge,
} from "../domain/errors.ts"
import { ChatId, Version } from "../domain/Ids.ts"
import { AnyJson } from "../domain/Json.ts"
import { maxScheduled, NewScheduled } from "../domain/Scheduled.ts"
import { StateEntry } from "../domain/State.ts"
import { maxBlocks, maxStateKeys, maxValueBytes, StatePrefix } from "../kinds/StateKinds.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { decimal, Limit } from "./Params.ts"

export const StatePage = Schema.Struct({
  items: Schema.Array(StateEntry),
  next: Schema.NullOr(Schema.String).annotate({ description: "The value for `after`; null: there are no more." }),
  version: Version.annotate({ description: "Where my own state stands." }),
}).annotate({ identifier: "StatePage" })
export type StatePage = typeof StatePage.Type

export const StateQuery = Schema.Struct({
  prefix: Schema.optional(StatePrefix),
  after: Schema.optional(StatePrefix),
  limit: Schema.optional(Limit),
})

/** Validated by the handler: an invalid one is bad input, not an unknown path. */
const ofKey = { key: Schema.String }

const state = HttpApiEndpoint.get("state", "/me/state", {
  query: StateQuery,
  success: StatePage,
  error: Unavailable,
}).annotateMerge(
  described("My own state", "By key, those that begin with `prefix`; `after` is the `next` of another page."),
)

const putState = HttpApiEndpoint.put("putState", "/me/state/:key", {
  params: ofKey,
  payload: AnyJson,
  success: StateEntry,
  error: [
    NotFound,
    InvalidInput,
    ChatNotFound,
    MessageNotFound,
    ScheduledNotFound,
    AlreadySent,
    UserNotFound,
    StateFull,
    TooManyRequests,
    Unavailable,
    ValueTooLarge,
    BodyTooLarge,
    UnsupportedMediaType,
  ],
}).annotateMerge(
  described(
    "Set a value of my own state",
    "`settings`, `chat:<chat_id>` (level, muted_until, pinned_at, archived, unread), `draft:<chat_id>` (text, reply_to, attachments), " +
      `\`block:<user_id>\` (\`{}\`: they can no longer write to me nor add me to groups, and see me offline; at most ${maxBlocks}), ` +
      "`app:<name>` (whatever the client likes). All fields may be left out; unknown ones are not kept. `null` takes the " +
      `value away. The same value again, whatever the order of its fields, changes nothing. At most ${maxValueBytes} bytes of JSON, and ` +
      `${maxStateKeys} keys.\n\n\`scheduled:<id>\` changes \`at\`, \`text\` and \`reply_to\` of a scheduled message (\`POST /chats/{id}/scheduled\`); ` +
      "what is left out stays, and `reply_to: null` removes it. One that was refused (`failed`) is scheduled anew. " +
      "409 `AlreadySent`: it is too late; `message_id` says what was sent, and is null while it is being sent.",
  ),
)

const deleteState = HttpApiEndpoint.delete("deleteState", "/me/state/:key", {
  params: ofKey,
  error: [NotFound, InvalidInput, ChatNotFound, AlreadySent, TooManyRequests, Unavailable],
}).annotateMerge(
  described(
    "Take a value of my own state away",
    "One that is not there: nothing happens. A scheduled message is called off: after 204 it is never sent. " +
      "409 `AlreadySent`: it was sent, or is being sent at this moment.",
  ),
)

const schedule = HttpApiEndpoint.post("schedule", "/chats/:id/scheduled", {
  params: { id: decimal(ChatId) },
  payload: NewScheduled,
  success: StateEntry.pipe(HttpApiSchema.status(201)),
  error: [
    NotFound,
    InvalidInput,
    ChatNotFound,
    MessageNotFound,
    StateFull,
    TooManyRequests,
    Unavailable,
    BodyTooLarge,
    UnsupportedMediaType,
  ],
}).annotateMerge(
  described(
    "Schedule a message",
    "Sends a message of yours at `at`, a year ahead at most; a time in the past means now. It is a value of your own state " +
      `(\`scheduled:<id>\`: \`chat_id\`, \`at\`, \`text\`, \`reply_to\`), at most ${maxScheduled} of them. It is sent once, within 2 s of \`at\`, by the rules ` +
      "of that moment: then the key is gone, and the key is the message's `dedup_key`. If they refuse (you have left the chat, for " +
      "example), the value stays and `failed` has the `_tag` of the refusal. Scheduling and changing count as sending for the rate " +
      "limit; the sending itself does not. As any message of yours, it moves your read mark.",
  ),
)

export class StateApi extends HttpApiGroup.make("state")
  .add(state, putState, deleteState, schedule)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "My own state",
      description: "Settings, drafts and what clients keep: the same on all my devices, by `state` frames on `/ws`.",
    }),
  ) {}
