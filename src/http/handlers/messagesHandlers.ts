// HTTP routes of messages. Pages come as JSON text from the database and go out as they are.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { MessageChange, NewDirectMessage, NewMessage } from "../../contract/MessagesApi.ts"
import { Messages, type Sent } from "../../services/Messages.ts"
import { pageReads } from "../server/pageReads.ts"
import { json, jsonText } from "./answer.ts"
import { jsonBody } from "./body.ts"

const newMessageBody = jsonBody(NewMessage)
const newDirectMessageBody = jsonBody(NewDirectMessage)
const messageChangeBody = jsonBody(MessageChange)

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
          const { text, dedup_key = null, reply_to = null } = yield* newMessageBody(request)
          return answer(yield* messages.send(user_id, id, { text, dedup_key, reply_to }))
        }),
      )
      .handleRaw("sendDirectMessage", ({ request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { recipient_id, text, dedup_key = null } = yield* newDirectMessageBody(request)
          return answer(yield* messages.sendTo(user_id, recipient_id, { text, dedup_key }))
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
      .handle("messagesByIds", ({ query: { ids } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(messages.byIds(user_id, ids), (items) => jsonText(`{"items":${items}}`)),
        ),
      )
      .handle("message", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(messages.byId(user_id, id), jsonText)),
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
