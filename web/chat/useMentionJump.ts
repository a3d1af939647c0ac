// Finds the next unread message of a chat that mentions this user or replies to one of theirs.
import { useCallback } from "react"
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { useClient, useMe } from "../model/hooks.ts"
import { notice, refusalText } from "../ui/notices.tsx"
import { nextMention } from "./nextMention.ts"

/** Pages of mentions in all chats that are read for one jump. */
const mostPages = 5
const pageSize = 200

/** As the server lists them, newest first. */
const listed = async (client: ChatClient, { id, last_read_seq }: ChatView): Promise<number | undefined> => {
  let found: number | undefined
  let before: MessageId | undefined
  for (let page = 0; page < mostPages; page++) {
    const { items, next } = await client.mentions({ limit: pageSize, ...(before === undefined ? {} : { before }) })
    for (const { chat_id, seq } of items) if (chat_id === id && seq > last_read_seq) found = seq
    if (next === null || items.some(({ chat_id, seq }) => chat_id === id && seq <= last_read_seq)) break
    before = next
  }
  return found
}

export const useMentionJump = (
  chat: ChatView,
  conversation: Conversation,
  goToSeq: (seq: number) => Promise<void>,
): (() => void) => {
  const client = useClient()
  const me = useMe()
  return useCallback(() => {
    const { messages, quoted } = conversation
    const byId = new Map(messages.map((message) => [message.id, message]))
    const author = (id: MessageId) => (byId.get(id) ?? quoted.get(id))?.sender_id
    const here = nextMention(messages, chat.last_read_seq, me.id, author)
    const found = here === undefined ? listed(client, chat) : Promise.resolve(here)
    found.then(
      (seq) => {
        if (seq !== undefined) void goToSeq(seq)
      },
      (cause) => notice(refusalText(cause)),
    )
  }, [client, me.id, chat, conversation, goToSeq])
}
