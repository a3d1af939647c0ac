// The names of users and chats, and typing texts.
import type { ChatState, ChatView } from "../../src/client/state/ChatState.ts"
import { isDeletedAccount } from "../../src/domain/deletedAccount.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import type { Words } from "../i18n/en.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState } from "../model/hooks.ts"

export const personName = (user: User | undefined, words: Words): string =>
  user === undefined ? words.list.deletedUser : isDeletedAccount(user) ? words.list.deletedAccount : user.display_name

export const userName = (state: ChatState, id: UserId, words: Words): string => personName(state.users.get(id), words)

/** A private chat whose peer has deleted the account: it can be read, but not written in. */
export const isClosed = (chat: ChatView): boolean => chat.peer !== null && isDeletedAccount(chat.peer)

export const chatTitle = (chat: ChatView, words: Words): string =>
  chat.type === "saved"
    ? words.list.saved
    : isClosed(chat)
      ? words.list.deletedAccount
      : chat.title || words.list.deletedUser

/** "Ann is typing…"; without a name in a private chat. Empty when no one types. */
export const useTypingText = (chat: ChatView): string => {
  const words = useWords()
  return useChatState((state) => {
    const [a, b] = chat.typing
    if (a === undefined) return ""
    if (chat.type === "private") return words.chat.typing
    if (chat.typing.length > 2) return words.chat.typingMany(chat.typing.length)
    const first = userName(state, a, words)
    return b === undefined ? words.chat.typingOne(first) : words.chat.typingTwo(first, userName(state, b, words))
  })
}
