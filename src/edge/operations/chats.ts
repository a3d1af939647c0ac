// Implements chats and their members.
import { Effect } from "effect"
import { chatOperations } from "../../contract/ChatsApi.ts"
import { Limits } from "../../contract/Limits.ts"
import { Chats } from "../../services/Chats.ts"
import { UnreadChats } from "../../services/UnreadChats.ts"
import { implement } from "./Implementation.ts"

export const implementChats = Effect.gen(function* () {
  const chats = yield* Chats
  const unread = yield* UnreadChats
  return implement(chatOperations, {
    createGroup: (by, { member_ids, name, ...info }) => chats.createGroup(by, name, member_ids, info),
    openPrivateChat: (by, { user_id }) => chats.openPrivate(by, user_id),
    openSavedChat: (by) => chats.openSaved(by),
    listChats: (by, { before, limit = Limits.page.default }) => chats.list(by, limit, before),
    getChat: (by, { chat_id }) => chats.get(by, chat_id),
    listMembers: (by, { after = 0, chat_id, limit = Limits.page.default, query = "" }) =>
      chats.members(by, chat_id, { after, limit, query }),
    changeChat: (by, { chat_id, ...patch }) => chats.change(by, chat_id, patch),
    deleteChat: (by, { chat_id }) => chats.remove(by, chat_id),
    addMembers: (by, { chat_id, user_ids }) => chats.addMembers(by, chat_id, user_ids),
    changeMember: (by, { chat_id, role, user_id }) => chats.setRole(by, chat_id, user_id, role),
    removeMember: (by, { chat_id, user_id }) => chats.removeMember(by, chat_id, user_id),
    countUnread: (by) => unread.count(by),
    readAll: (by) => unread.readAll(by),
  })
})
