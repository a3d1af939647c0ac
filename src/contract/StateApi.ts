// The caller's own state: small values under keys, the same on all their devices.
import { Schema } from "effect"
import { HttpApiGroup, OpenApi } from "effect/http-api"
import {
  AlreadySent,
  ChatNotFound,
  FileNotFound,
  InvalidInput,
  MessageNotFound,
  ScheduledNotFound,
  StateFull,
  UserNotFound,
  ValueTooLarge,
} from "../domain/errors.ts"
import { ChatId, Version } from "../domain/Ids.ts"
import { AnyJson } from "../domain/Json.ts"
import { maxScheduled, NewScheduled, saysSomething } from "../domain/Scheduled.ts"
import { StateEntry } from "../domain/State.ts"
import { maxBlocks, maxStateKeys, maxValueBytes, StateKey, StatePrefix } from "../kinds/StateKinds.ts"
import { created, nothing, ok } from "./operations/Answer.ts"
import { endpointsOf } from "./operations/groups.ts"
import { operation } from "./operations/operation.ts"
import { limit, numberInPath, optional, uncheckedInPath } from "./operations/parameters.ts"

export const StatePage = Schema.Struct({
  items: Schema.Array(StateEntry),
  next: Schema.NullOr(Schema.String).annotate({ description: "The value for `after`; null: there are no more." }),
  version: Version.annotate({ description: "Where my own state stands." }),
}).annotate({ identifier: "StatePage" })
export type StatePage = typeof StatePage.Type

/** The service refuses an invalid one: it is bad input, not an unknown path. */
const ofKey = { key: uncheckedInPath("key", StateKey) }

export const stateOperations = {
  listState: operation("listState", {
    http: ["GET", "/me/state"],
    rpc: "State",
    query: { prefix: optional(StatePrefix, StatePrefix), after: optional(StatePrefix, StatePrefix), limit },
    answer: ok(StatePage),
    errors: [],
    summary: "My own state",
    description: "By key, those that begin with `prefix`; `after` is the `next` of another page.",
  }),
  putState: operation("putState", {
    http: ["PUT", "/me/state/:key"],
    rpc: "PutState",
    path: ofKey,
    value: AnyJson,
    answer: ok(StateEntry),
    errors: [
      InvalidInput,
      ChatNotFound,
      MessageNotFound,
      FileNotFound,
      ScheduledNotFound,
      AlreadySent,
      UserNotFound,
      StateFull,
      ValueTooLarge,
    ],
    summary: "Set a value of my own state",
    description:
      "`settings`, `chat:<chat_id>` (level, muted_until, pinned_at, archived, unread), `draft:<chat_id>` (text, reply_to, attachments), " +
      `\`block:<user_id>\` (\`{}\`: they can no longer write to me nor add me to groups, and see me offline; at most ${maxBlocks}), ` +
      "`app:<name>` (whatever the client likes). All fields may be left out; unknown ones are not kept. `null` takes the " +
      `value away. The same value again, whatever the order of its fields, changes nothing. At most ${maxValueBytes} bytes of JSON, and ` +
      `${maxStateKeys} keys.\n\n\`scheduled:<id>\` changes \`at\`, \`text\`, \`reply_to\` and \`attachments\` of a scheduled message (\`POST /chats/{id}/scheduled\`); ` +
      "what is left out stays, and null removes `reply_to` and `attachments`. One that was refused (`failed`) is scheduled anew. " +
      "409 `AlreadySent`: it is too late; `message_id` says what was sent, and is null while it is being sent.",
  }),
  deleteState: operation("deleteState", {
    http: ["DELETE", "/me/state/:key"],
    rpc: "DeleteState",
    path: ofKey,
    answer: nothing,
    errors: [InvalidInput, ChatNotFound, AlreadySent],
    summary: "Take a value of my own state away",
    description:
      "One that is not there: nothing happens. A scheduled message is called off: after 204 it is never sent. " +
      "409 `AlreadySent`: it was sent, or is being sent at this moment.",
  }),
  schedule: operation("schedule", {
    http: ["POST", "/chats/:id/scheduled"],
    rpc: "Schedule",
    path: { id: numberInPath("chat_id", ChatId) },
    body: NewScheduled,
    check: saysSomething,
    answer: created(StateEntry),
    errors: [InvalidInput, ChatNotFound, MessageNotFound, FileNotFound, StateFull],
    summary: "Schedule a message",
    description:
      "Sends a message of yours at `at`, a year ahead at most; a time in the past means now. It is a value of your own state " +
      `(\`scheduled:<id>\`: \`chat_id\`, \`at\`, \`text\`, \`reply_to\`, \`attachments\`), at most ${maxScheduled} of them. It is sent once, within 2 s of \`at\`, by the rules ` +
      "of that moment: then the key is gone, and the key is the message's `dedup_key`. If they refuse (you have left the chat, for " +
      "example), the value stays and `failed` has the `_tag` of the refusal. Scheduling and changing count as sending for the rate " +
      "limit; the sending itself does not. As any message of yours, it moves your read mark.",
  }),
}

export class StateApi extends HttpApiGroup.make("state")
  .add(...endpointsOf(stateOperations))
  .annotateMerge(
    OpenApi.annotations({
      title: "My own state",
      description: "Settings, drafts and what clients keep: the same on all my devices, by `state` frames on `/ws`.",
    }),
  ) {}
