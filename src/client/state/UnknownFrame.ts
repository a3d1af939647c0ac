// A frame of a `type` that this client does not know, from a newer server. Not dropped, so that the chat's cursor stays
// correct.
import type { ChatId } from "../../domain/Ids.ts"

export interface UnknownFrame {
  readonly type: "unknown"
  /** Unchanged. */
  readonly frame: { readonly type: string; readonly [field: string]: unknown }
}

/** Its position in a chat: undefined when it has none. */
export const placeOf = ({
  frame: { chat_id, version },
}: UnknownFrame): { readonly chat_id: ChatId; readonly version: number } | undefined =>
  Number.isSafeInteger(chat_id) && Number.isSafeInteger(version)
    ? { chat_id: chat_id as ChatId, version: version as number }
    : undefined
