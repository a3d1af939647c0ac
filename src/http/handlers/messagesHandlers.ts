// HTTP routes of messages. Pages are JSON text of the database, sent unchanged.
import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { idempotencyKey, MessageChange, NewDirectMessage, NewMessage } from "../../contract/MessagesApi.ts"
import type { Written } from "../../domain/Draft.ts"
import { DedupKey } from "../../domain/Message.ts"
import { Messages, type Sent } from "../../services/Messages.ts"
import { malformed } from "../problems/problem.ts"
import { pageReads } from "../server/pageReads.ts"
import { json, jsonText } from "./answer.ts"
import { jsonBody } from "./body.ts"

const newMessageBody = jsonBody(NewMessage)
const newDirectMessageBody = jsonBody(NewDirectMessage)
const messageChangeBody = jsonBody(MessageChange)

const isKey = Schema.is(DedupKey)

/** Both the body and the header may have the key, if they agree. */
const keyOf = ({ dedup_key = null }: Pick<Written, "dedup_key">, { headers }: HttpServerRequest.HttpServerRequest) => {
  const header = headers[idempotencyKey.toLowerCase()]
  if (header === undefined) return Effect.succeed(dedup_key)
  if (!isKey(header)) return Effect.fail(malformed(idempotencyKey, "must have 1 to 64 characters"))
  return dedup_key === null || dedup_key === header
    ? Effect.succeed(header)
    : Effect.fail(malformed("dedup_key", "must be the Idempotency-Key, where both are given"))
}

const answer = ({ message, duplicate }: Sent) => json(message, duplicate ? 200 : 201)

export const messagesHandlers = HttpApiBuilder.group(
  Api,
  "messages",
  Effect.fnUntraced(function* (handlers) {
    const messages = yield* Messages
    const read = pageReads(messages)
    return handlers
      .handleRaw("sendMessage", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const written = yield* newMessageBody(request)
          const dedup_key = yield* keyOf(written, request)
          return answer(yield* messages.send(user_id, id, { ...written, dedup_key }))
        }),
      )
      .handleRaw("sendDirectMessage", ({ request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { recipient_id, ...written } = yield* newDirectMessageBody(request)
          const dedup_key = yield* keyOf(written, request)
          return answer(yield* messages.sendTo(user_id, recipient_id, { ...written, dedup_key }))
        }),
      )
      .handle("messages", ({ params, query }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(read.messages(user_id, params, query), jsonText)),
      )
      .handle("history", ({ params, query }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(read.history(user_id, params, query), jsonText)),
      )
      .handle("recentMessages", ({ query: { limit = Limits.page.default } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(messages.recent(user_id, limit), jsonText)),
      )
      .handle("mentions", ({ query: { before, limit = Limits.page.default } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(messages.mentions(user_id, limit, before), jsonText)),
      )
      .handle("messagesByIds", ({ query: { ids } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(messages.byIds(user_id, ids), (items) => jsonText(`{"items":${items}}`)),
        ),
      )
      .handle("message", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(messages.byId(user_id, id), jsonText)),
      )
      .handle("thread", ({ params: { id }, query: { limit = Limits.page.default, ...place } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(messages.thread(user_id, id, { limit, ...place }), jsonText),
        ),
      )
      .handleRaw("editMessage", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { text } = yield* messageChangeBody(request)
          return yield* messages.edit(user_id, id, text)
        }),
      )
      .handle("deleteMessage", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => messages.remove(user_id, id)),
      )
      .handle("edits", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(messages.edits(user_id, id), jsonText)),
      )
      .handle("markRead", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => messages.markRead(user_id, id)),
      )
      .handle("readers", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(messages.readers(user_id, id), (users) => json({ items: users.map((user) => ({ user })) })),
        ),
      )
  }),
)
