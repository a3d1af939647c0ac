// Unsent text of a user in chats that they have left: the user may still copy it.
import { useCallback, useEffect, useRef, useState } from "react"
import type { ChatState, ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import { useClient } from "../model/hooks.ts"
import { keepUnfinished, unfinished, unfinishedChats, writing } from "./unfinished.ts"

export interface Unsent {
  readonly chatId: ChatId
  readonly text: string
}

/** A new chat may be known a moment later than the text in it. */
const patienceMillis = 1_500

const textOf = (state: ChatState, me: UserId, chatId: ChatId, draft: string): string => {
  const pending = state.conversations.get(chatId)?.pending ?? []
  const mode = unfinished(me, chatId)
  const texts = [...pending.map(({ text }) => text), draft, mode.kind === "edit" ? mode.typed : ""]
  return texts.filter((text) => text.trim() !== "").join("\n\n")
}

/** The first of them, and a function that removes it. */
export const useUnsent = (): readonly [Unsent | undefined, () => void] => {
  const client = useClient()
  const [unsent, setUnsent] = useState<ReadonlyArray<Unsent>>([])
  const before = useRef<ReadonlyMap<ChatId, ChatView>>(new Map())
  useEffect(() => {
    const looks = new Map<ChatId, ReturnType<typeof setTimeout>>()
    const look = (chatId: ChatId, draft: string) => {
      looks.delete(chatId)
      const state = client.getState()
      if (state.me === null || state.chatById.has(chatId)) return
      const text = textOf(state, state.me.id, chatId, draft)
      if (text !== "") setUnsent((all) => [...all.filter((one) => one.chatId !== chatId), { chatId, text }])
    }
    const soon = (chatId: ChatId, draft = "") => {
      if (!looks.has(chatId))
        looks.set(
          chatId,
          setTimeout(() => look(chatId, draft), patienceMillis),
        )
    }
    let first = true
    const changed = () => {
      const { me, chatById, chatsLoaded, conversations, storedDrafts } = client.getState()
      if (me === null || !chatsLoaded) return
      for (const chat of before.current.values()) if (!chatById.has(chat.id)) soon(chat.id, chat.draft)
      // Also those of chats that the user lost while the page was closed.
      for (const { chatId, pending } of conversations.values())
        if (pending.length > 0 && !chatById.has(chatId)) soon(chatId, storedDrafts.get(chatId))
      if (first) {
        first = false
        for (const [chatId, text] of storedDrafts) if (!chatById.has(chatId)) soon(chatId, text)
        for (const chatId of unfinishedChats(me.id)) if (!chatById.has(chatId)) soon(chatId)
      }
      before.current = chatById
    }
    changed()
    const stop = client.subscribe(changed)
    return () => {
      stop()
      for (const timer of looks.values()) clearTimeout(timer)
    }
  }, [client])

  const [first] = unsent
  const take = useCallback(() => {
    const state = client.getState()
    if (first === undefined || state.me === null) return
    for (const { dedupKey } of state.conversations.get(first.chatId)?.pending ?? []) client.discard(dedupKey)
    client.setDraft(first.chatId, "")
    keepUnfinished(state.me.id, first.chatId, writing)
    setUnsent((all) => all.filter(({ chatId }) => chatId !== first.chatId))
  }, [client, first])
  return [first, take]
}
