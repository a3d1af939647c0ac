// Finds the next chat with unread messages or a mark, outside of the archive.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { isToRead } from "../model/quiet.ts"

/** From the chosen chat on down (1) or up (-1) the list, and around; undefined: there is no other one. */
export const nextUnread = (
  chats: ReadonlyArray<Pick<ChatView, "id" | "settings" | "unread_count">>,
  chosen: ChatId | undefined,
  step: 1 | -1,
): ChatId | undefined => {
  const { length } = chats
  const at = chats.findIndex(({ id }) => id === chosen)
  const from = at === -1 && step === -1 ? 0 : at
  for (let i = 1; i <= length; i++) {
    const chat = chats[(from + step * i + length * 2) % length]
    if (chat !== undefined && chat.id !== chosen && isToRead(chat)) return chat.id
  }
  return undefined
}
