// Brings a chat on the screen where its reader left it, and lets go of those that have not been looked at for long.
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatId } from "../../src/domain/Ids.ts"

/** More unread messages than this, and the newest page alone would not show where they begin. */
const pageUnread = 40
const kept = 8
let recent: ReadonlyArray<ChatId> = []

export const openConversation = async (client: ChatClient, chatId: ChatId): Promise<void> => {
  recent = [chatId, ...recent.filter((id) => id !== chatId)]
  for (const old of recent.slice(kept)) client.closeChat(old)
  recent = recent.slice(0, kept)
  const before = client.getState()
  const chat = before.chatById.get(chatId)
  const far = chat !== undefined && chat.unread_count > pageUnread
  const wasAway = before.conversations.get(chatId)?.hasMoreAfter === true
  await client.openChat(chatId)
  if (far) {
    const held = client.getState().conversations.get(chatId)?.messages[0]
    if (held === undefined || held.seq > chat.last_read_seq + 1) await client.openAt(chatId, chat.last_read_seq + 1)
  } else if (wasAway) await client.openNewest(chatId)
}
