// Opens a chat where its reader left it, and releases those that have not been viewed for long.
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { Place } from "../pages/address.ts"
import { type Position, positionOf } from "./positions.ts"

/** With more unread messages than this, the newest page alone does not show where they begin. */
const pageUnread = 40
const kept = 8
let recent: ReadonlyArray<ChatId> = []

/** Where a chat opens. Without either: at its first unread message, or at its end. */
export interface Beginning {
  /** A message that must be loaded. */
  readonly seq: number | undefined
  /** The position at which it was left. */
  readonly position: Position | undefined
}

/** A link opens its message; otherwise a chat opens as it was left. */
export const beginning = (chatId: ChatId, place: Place): Beginning => {
  const position = positionOf(chatId)
  if (place.seq !== undefined && !(place.again && position !== undefined))
    return { seq: place.seq, position: undefined }
  return { seq: position?.seq ?? undefined, position }
}

export const openConversation = async (client: ChatClient, chatId: ChatId, seq: number | undefined): Promise<void> => {
  recent = [chatId, ...recent.filter((id) => id !== chatId)]
  for (const old of recent.slice(kept)) client.closeChat(old)
  recent = recent.slice(0, kept)
  const before = client.getState()
  const chat = before.chatById.get(chatId)
  const far = chat !== undefined && chat.unread_count > pageUnread
  const wasAway = before.conversations.get(chatId)?.hasMoreAfter === true
  if (seq !== undefined) {
    await Promise.all([client.openAt(chatId, seq), client.loadMembers(chatId)])
    return
  }
  await client.openChat(chatId)
  if (far) {
    const held = client.getState().conversations.get(chatId)?.messages[0]
    if (held === undefined || held.seq > chat.last_read_seq + 1) await client.openAt(chatId, chat.last_read_seq + 1)
  } else if (wasAway) await client.openNewest(chatId)
}
