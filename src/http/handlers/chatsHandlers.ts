// HTTP routes of chats and their members.
import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { ChatChange, MemberChange, NewChat, NewMembers } from "../../contract/ChatsApi.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { ChatType } from "../../domain/Chat.ts"
import { PrivateChatWithOneself } from "../../domain/errors.ts"
import { Chats } from "../../services/Chats.ts"
import { UnreadChats } from "../../services/UnreadChats.ts"
import { malformed } from "../problems/problem.ts"
import { json } from "./answer.ts"
import { jsonBody } from "./body.ts"

const kindOfChat = jsonBody(Schema.Struct({ type: ChatType }))
const wholeNewChat = jsonBody(NewChat)
/** The type first: a union cannot name the wrong field while the type is unknown. */
const newChatBody = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.andThen(kindOfChat(request), wholeNewChat(request))
const chatChangeBody = jsonBody(ChatChange)
const newMembersBody = jsonBody(NewMembers)
const memberChangeBody = jsonBody(MemberChange)

export const chatsHandlers = HttpApiBuilder.group(
  Api,
  "chats",
  Effect.fnUntraced(function* (handlers) {
    const chats = yield* Chats
    const unread = yield* UnreadChats
    return handlers
      .handleRaw("createChat", ({ request }) =>
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
      .handle("chats", ({ query: { limit = Limits.page.default, before } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(chats.list(user_id, limit, before), (page) => json(page)),
        ),
      )
      .handle("chat", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => Effect.map(chats.get(user_id, id), (chat) => json(chat))),
      )
      .handle("members", ({ params: { id }, query: { after = 0, limit = Limits.page.default, query = "" } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(chats.members(user_id, id, { after, limit, query }), (page) => json(page)),
        ),
      )
      .handleRaw("changeChat", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          return yield* chats.change(user_id, id, yield* chatChangeBody(request))
        }),
      )
      .handle("deleteChat", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => chats.remove(user_id, id)),
      )
      .handleRaw("addMembers", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { user_ids } = yield* newMembersBody(request)
          return json({ items: yield* chats.addMembers(user_id, id, user_ids) })
        }),
      )
      .handleRaw("changeMember", ({ params, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { role } = yield* memberChangeBody(request)
          return yield* chats.setRole(user_id, params.id, params.user_id, role)
        }),
      )
      .handle("unread", () => Effect.flatMap(CurrentUser, ({ user_id }) => unread.count(user_id)))
      .handle("readAll", () => Effect.flatMap(CurrentUser, ({ user_id }) => unread.readAll(user_id)))
      .handle("removeMember", ({ params }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => chats.removeMember(user_id, params.id, params.user_id)),
      )
  }),
)
