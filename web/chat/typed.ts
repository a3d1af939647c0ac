// What stands in the composer of a chat, sent or not: the last chance for it when the chat goes.
import type { ChatId } from "../../src/domain/Ids.ts"

const typed = new Map<ChatId, string>()

export const typedIn = (chatId: ChatId): string => typed.get(chatId) ?? ""

export const keepTyped = (chatId: ChatId, text: string): void => {
  if (text === "") typed.delete(chatId)
  else typed.set(chatId, text)
}
