// The user's actions that are one HTTP request each, and how the answers change the client's state. Loaded at the first
// of them: a page connects, shows and sends without.
import type { Export } from "../contract/Export.ts"
import type { Chat, Member } from "../domain/Chat.ts"
import type { EditHistory } from "../domain/EditHistory.ts"
import type { ChatId, UserId } from "../domain/Ids.ts"
import type { Message } from "../domain/Message.ts"
import type { Unread } from "../domain/Unread.ts"
import type { Me, User } from "../domain/User.ts"
import type {
  Abortable,
  ChatClient,
  ChatFilePage,
  MentionPage,
  MessagePage,
  ReactionPage,
  Reactions,
  Thread,
} from "./ChatClient.ts"
import { ChatClientError, notSignedIn } from "./ChatClientError.ts"
import type { Requests } from "./requestNames.ts"
import type { Session } from "./Session.ts"
import type { DeviceSession, Pin } from "./state/ChatState.ts"
import type { Store } from "./state/Store.ts"
import { stateActions } from "./stateActions.ts"
import { emptyOutbox, type OutboxStorage } from "./storage/OutboxStorage.ts"
import type { UploadParts } from "./upload/uploadFile.ts"

export interface Needs {
  /** For files: what the server takes, and how they are sent. */
  readonly uploads: UploadParts
  readonly storage: OutboxStorage
  readonly store: Store
  readonly session: Session
  readonly randomId: () => string
  readonly forget: (id: ChatId) => void
}

interface Items<A> {
  readonly items: ReadonlyArray<A>
}

export const requestActions = ({ uploads, storage, store, session, randomId, forget }: Needs): Requests => {
  const known = (chatId: ChatId) => {
    const model = store.models.get(chatId)
    if (model === undefined)
      throw new ChatClientError("ChatNotFound", "No such chat, or you are not a member.", { status: 404 })
    return model
  }
  /** A chat that this client created: shown at once, its events follow. */
  const made = (chat: Chat): Chat => {
    const model = store.models.get(chat.id)
    if (model?.chat !== undefined) return chat
    store.model(chat.id).made = true
    store.load(chat)
    return chat
  }
  const applied = (message: Message): void => {
    const model = store.models.get(message.chat_id)
    if (model?.chat === undefined) return
    model.answers++
    model.window.tell(message)
    store.touch(message.chat_id)
  }
  const learned = (users: ReadonlyArray<User>): ReadonlyArray<User> => {
    for (const user of users) store.learn(user)
    return users
  }
  const withSignal = ({ signal }: Abortable) => (signal === undefined ? {} : { signal })
  const changeProfile: ChatClient["changeProfile"] = async (json) => {
    const me = await session.request<Me>({ method: "PATCH", path: "/me", json })
    store.setMe(me)
    return me
  }
  const changeChat: ChatClient["changeChat"] = (chatId, json) =>
    session.request<void>({ method: "PATCH", path: `/chats/${chatId}`, json })
  const removeMember = (chatId: ChatId, userId: UserId) =>
    session.request<void>({ method: "DELETE", path: `/chats/${chatId}/members/${userId}` })

  return {
    ...stateActions(session, store),
    service: () => uploads.service(),
    upload: async (file, options = {}) => {
      const { uploadAgain } = await import("./upload/uploadAgain.ts")
      return uploadAgain(uploads, file, options)
    },
    chatFiles: async (chatId, { kind, limit, before, ...options } = {}) => {
      const query = { kind, limit: limit ?? 50, before }
      const path = `/chats/${chatId}/files`
      return session.request<ChatFilePage>({ method: "GET", path, query, ...withSignal(options) })
    },
    forward: async (chatId, messageId, { dedupKey } = {}) => {
      const json = { forward: messageId, dedup_key: dedupKey ?? randomId() }
      return session.request<Message>({ method: "POST", path: `/chats/${chatId}/messages`, json })
    },
    messages: async (chatId, { limit, before, after, around, ...options } = {}) => {
      const query = { limit: limit ?? 50, before, after, around }
      return session.request<MessagePage>({
        method: "GET",
        path: `/chats/${chatId}/messages`,
        query,
        ...withSignal(options),
      })
    },
    message: (id, options = {}) =>
      session.request<Message>({ method: "GET", path: `/messages/${id}`, ...withSignal(options) }),
    edit: async (id, text) => {
      const message = await session.request<Message>({ method: "PATCH", path: `/messages/${id}`, json: { text } })
      applied(message)
      return message
    },
    edits: async (id, options = {}) => {
      const path = `/messages/${id}/edits`
      return (await session.request<EditHistory>({ method: "GET", path, ...withSignal(options) })).items
    },
    delete: (id) => session.request<void>({ method: "DELETE", path: `/messages/${id}` }),
    thread: async (id, { limit, before, after, ...options } = {}) => {
      const query = { limit: limit ?? 50, before, after }
      return session.request<Thread>({ method: "GET", path: `/messages/${id}/thread`, query, ...withSignal(options) })
    },
    mentions: async ({ limit, before, ...options } = {}) => {
      const query = { limit: limit ?? 50, before }
      return session.request<MentionPage>({ method: "GET", path: "/me/mentions", query, ...withSignal(options) })
    },
    readers: async (id, options = {}) => {
      const path = `/messages/${id}/readers`
      const { items } = await session.request<Items<{ readonly user: User }>>({
        method: "GET",
        path,
        ...withSignal(options),
      })
      return learned(items.map(({ user }) => user))
    },
    react: (id, emoji, on = true) =>
      session.request<Reactions>({
        method: on ? "PUT" : "DELETE",
        path: `/messages/${id}/reactions/${encodeURIComponent(emoji)}`,
      }),
    reactions: async (id, { emoji, limit, before, ...options } = {}) => {
      const path = `/messages/${id}/reactions`
      const query = { emoji, limit: limit ?? 50, before }
      const page = await session.request<ReactionPage>({ method: "GET", path, query, ...withSignal(options) })
      learned(page.items.map(({ user }) => user))
      return page
    },
    pin: (id, on = true) => session.request<void>({ method: on ? "PUT" : "DELETE", path: `/messages/${id}/pin` }),
    loadPins: async (chatId) => {
      const model = known(chatId)
      model.pins.begin()
      const { items } = await session.request<Items<Omit<Pin, "message_id"> & { readonly message: Message }>>({
        method: "GET",
        path: `/chats/${chatId}/pins`,
      })
      const pins = items.map((pin) => ({ ...pin, message_id: pin.message.id }))
      model.pins.load(pins.map(({ at, message_id, user_id }) => ({ at, message_id, user_id })))
      store.touch(chatId)
      return pins
    },
    openPrivate: async (userId) => {
      const json = { type: "private", member_ids: [userId] }
      try {
        return made(await session.request({ method: "POST", path: "/chats", json }))
      } catch (error) {
        const known = [...store.models.values()].find(({ chat }) => chat?.peer?.id === userId)?.chat
        if (known === undefined || !(error instanceof ChatClientError) || error.tag !== "Blocked") throw error
        return known
      }
    },
    openSaved: async () => made(await session.request({ method: "POST", path: "/chats", json: { type: "saved" } })),
    createGroup: async (name, memberIds, { avatar, custom, description } = {}) => {
      const json = { type: "group", name, member_ids: memberIds, avatar, custom, description }
      return made(await session.request({ method: "POST", path: "/chats", json }))
    },
    rename: (chatId, name) => changeChat(chatId, { name }),
    changeChat,
    markAllRead: () => session.request<void>({ method: "POST", path: "/me/read" }),
    unread: () => session.request<Unread>({ method: "GET", path: "/me/unread" }),
    addMembers: async (chatId, userIds) => {
      const path = `/chats/${chatId}/members`
      const { items } = await session.request<Items<Member>>({ method: "POST", path, json: { user_ids: userIds } })
      learned(items.map(({ user }) => user))
      return items
    },
    setRole: (chatId, userId, role) =>
      session.request<void>({ method: "PATCH", path: `/chats/${chatId}/members/${userId}`, json: { role } }),
    removeMember,
    leave: async (chatId) => {
      if (store.me === null) throw notSignedIn()
      await removeMember(chatId, store.me.id)
      forget(chatId)
    },
    deleteChat: async (chatId) => {
      await session.request<void>({ method: "DELETE", path: `/chats/${chatId}` })
      forget(chatId)
    },
    searchUsers: async (query, options = {}) => {
      const found = await session.request<Items<User>>({
        method: "GET",
        path: "/users",
        query: { query, limit: options.limit ?? 20 },
        ...withSignal(options),
      })
      return learned(found.items)
    },
    user: async (id) => {
      const user = await session.request<User>({ method: "GET", path: `/users/${id}` })
      store.learn(user)
      return user
    },
    changeProfile,
    setDisplayName: (display_name) => changeProfile({ display_name }),
    changePassword: (current_password, new_password) =>
      session.request<void>({ method: "POST", path: "/me/password", json: { current_password, new_password } }),
    deleteAccount: async (password) => {
      const { me } = store
      await session.leave({ method: "DELETE", path: "/me", json: { password } })
      if (me !== null) await emptyOutbox(storage, me.id)
    },
    exportData: ({ signal } = {}) => session.requestByToken<Export>({ method: "GET", path: "/me/export", signal }),
    loadSessions: async () => {
      const { items } = await session.request<Items<DeviceSession>>({ method: "GET", path: "/me/sessions" })
      store.setSessions(items)
      return items
    },
    endSession: async (id) => {
      await session.request<void>({ method: "DELETE", path: `/me/sessions/${id}` })
      const sessions = store.getState().sessions
      if (sessions !== null) store.setSessions(sessions.filter((device) => device.id !== id))
    },
  }
}
