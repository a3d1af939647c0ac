// HTTP routes of chats and their members.
import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { chatOperations, NewChat } from "../../contract/ChatsApi.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { ChatType } from "../../domain/Chat.ts"
import { PrivateChatWithOneself } from "../../domain/errors.ts"
import { implementChats } from "../../edge/operations/chats.ts"
import { Chats } from "../../services/Chats.ts"
import { malformed } from "../problems/problem.ts"
import { json } from "./answer.ts"
import { jsonBody } from "./body.ts"
import { serveOperations } from "./serveOperations.ts"

const kindOfChat = jsonBody(Schema.Struct({ type: ChatType }))
const wholeNewChat = jsonBody(NewChat)
/** The type first: a union cannot name the wrong field while the type is unknown. */
const newChatBody = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.andThen(kindOfChat(request), wholeNewChat(request))

export const chatsHandlers = HttpApiBuilder.group(
  Api,
  "chats",
  Effect.fnUntraced(function* (handlers) {
    const chats = yield* Chats
    return serveOperations(handlers, chatOperations, yield* implementChats).handleRaw("createChat", ({ request }) =>
      Effect.gen(function* () {
        const { user_id } = yield* CurrentUser
        const body = yield* newChatBody(request)
        if (body.type === "group") {
          const { member_ids, name, type: _, ...info } = body
          return json(yield* chats.createGroup(user_id, name, member_ids, info), 201)
        }
        if (body.type === "saved") {
          const { chat, created } = yield* chats.openSaved(user_id)
          return json(chat, created ? 201 : 200)
        }
        const [peer, another] = new Set(body.member_ids.filter((id) => id !== user_id))
        if (peer === undefined) return yield* new PrivateChatWithOneself()
        if (another !== undefined) return yield* malformed("member_ids", "a private chat is with one other person")
        const { chat, created } = yield* chats.openPrivate(user_id, peer)
        return json(chat, created ? 201 : 200)
      }),
    )
  }),
)
