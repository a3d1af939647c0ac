// The caller's own state: small values under keys, the same on all their devices.
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import {
  BodyTooLarge,
  ChatNotFound,
  InvalidInput,
  NotFound,
  StateFull,
  TooManyRequests,
  Unavailable,
  UnsupportedMediaType,
  ValueTooLarge,
} from "../domain/errors.ts"
import { Version } from "../domain/Ids.ts"
import { AnyJson } from "../domain/Json.ts"
import { StateEntry } from "../domain/State.ts"
import { maxStateKeys, maxValueBytes, StatePrefix } from "../kinds/StateKinds.ts"
import { Authorization } from "./Authorization.ts"
import { described } from "./described.ts"
import { Limit } from "./Params.ts"

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
      "`app:<name>` (whatever the client likes). All fields may be left out; unknown ones are not kept. `null` takes the " +
      `value away. The same value again, whatever the order of its fields, changes nothing. At most ${maxValueBytes} bytes of JSON, and ` +
      `${maxStateKeys} keys.`,
  ),
)

const deleteState = HttpApiEndpoint.delete("deleteState", "/me/state/:key", {
  params: ofKey,
  error: [NotFound, InvalidInput, ChatNotFound, TooManyRequests, Unavailable],
}).annotateMerge(described("Take a value of my own state away", "One that is not there: nothing happens."))

export class StateApi extends HttpApiGroup.make("state")
  .add(state, putState, deleteState)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "My own state",
      description: "Settings, drafts and what clients keep: the same on all my devices, by `state` frames on `/ws`.",
    }),
  ) {}
