// The end of a page of chats: the activity and id of its last chat, as the text that a client returns in `before`.
import { Schema } from "effect"
import type { ChatId } from "./Ids.ts"

export interface ChatCursor {
  /** Epoch milliseconds. */
  readonly last_activity: number
  readonly id: ChatId
}

const form = /^(\d{1,15})-(\d{1,15})$/

/** The format of `before`. */
export const ChatCursorText = Schema.String.check(
  Schema.isPattern(form, { message: "must be the next of an earlier page" }),
)

/** undefined: no page had this text; the edge answers 400. */
export const decodeChatCursor = (text: string): ChatCursor | undefined => {
  const [, last_activity, id] = form.exec(text) ?? []
  return id === undefined ? undefined : { last_activity: Number(last_activity), id: Number(id) as ChatId }
}

export const encodeChatCursor = (cursor: ChatCursor): string => `${cursor.last_activity}-${cursor.id}`
