// Connects components to the client: each selects the part that it shows, and renders again only when that part
// changes.
import { createContext, useContext, useSyncExternalStore } from "react"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatState, ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { type Entry, lastEntry } from "./Entry.ts"

const Context = createContext<ChatClient | null>(null)
export const ClientProvider = Context.Provider

export const useClient = (): ChatClient => {
  const client = useContext(Context)
  if (client === null) throw new Error("There is no client around this component")
  return client
}

/** `select` must return the same value for the same state. */
export const useChatState = <Part>(select: (state: ChatState) => Part): Part => {
  const client = useClient()
  return useSyncExternalStore(client.subscribe, () => select(client.getState()))
}

export const useMe = () => {
  const me = useChatState((state) => state.me)
  if (me === null) throw new Error("Nobody is signed in")
  return me
}

export const useUser = (id: UserId): User | undefined => useChatState((state) => state.users.get(id))
export const useChat = (id: ChatId): ChatView | undefined => useChatState((state) => state.chatById.get(id))
export const useConversation = (id: ChatId): Conversation | undefined =>
  useChatState((state) => state.conversations.get(id))

export const useLastEntry = (chat: ChatView): Entry | null =>
  useChatState((state) => lastEntry(chat, state.conversations.get(chat.id), state.me?.id ?? chat.created_by))

export const useIsOnline = (id: UserId | undefined): boolean =>
  useChatState((state) => id !== undefined && state.presence.get(id)?.online === true)
