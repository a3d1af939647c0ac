// Where each chat was left: at its end, or at a message at some distance from the top. Lasts as long as the page.
import type { ChatId } from "../../src/domain/Ids.ts"

export interface Position {
  readonly key: string
  /** The seq of the message at the top, if there is one: it may have to be loaded again. */
  readonly seq: number | null
  /** Pixels from the top of the view to the top of the row. */
  readonly offset: number
}

/** Chats without an entry were left at their end. */
const positions = new Map<ChatId, Position>()

export const positionOf = (chatId: ChatId): Position | undefined => positions.get(chatId)

export const keepPosition = (chatId: ChatId, position: Position | undefined): void => {
  if (position === undefined) positions.delete(chatId)
  else positions.set(chatId, position)
}
