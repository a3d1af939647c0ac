// Where a page of chats ends: the activity and id of its last chat, as the text that a client hands back in `before`.
import type { ChatId } from "../domain/Ids.ts"

export interface ChatCursor {
  /** Epoch milliseconds. */
  readonly last_activity: number
  readonly id: ChatId
}

const form = /^(\d{1,15})-(\d{1,15})$/

/** undefined: no page ever gave this text; the edge answers 400. */
export const decodeChatCursor = (text: string): ChatCursor | undefined => {
  const [, last_activity, id] = form.exec(text) ?? []
  return id === undefined ? undefined : { last_activity: Number(last_activity), id: Number(id) as ChatId }
}

export const encodeChatCursor = (cursor: ChatCursor): string => `${cursor.last_activity}-${cursor.id}`
