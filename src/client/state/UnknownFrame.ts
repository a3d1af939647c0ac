// A frame of a `type` that this client does not know: what a newer server sends. Not dropped, so that the chat's cursor stays true.
import type { ChatId } from "../../domain/Ids.ts"

export interface UnknownFrame {
  readonly type: "unknown"
  /** As it came. */
  readonly frame: { readonly type: string; readonly [field: string]: unknown }
}

/** Where it stands in a chat: undefined when it has no place in one. */
export const placeOf = ({
  frame: { chat_id, version },
}: UnknownFrame): { readonly chat_id: ChatId; readonly version: number } | undefined =>
  Number.isSafeInteger(chat_id) && Number.isSafeInteger(version)
    ? { chat_id: chat_id as ChatId, version: version as number }
    : undefined
