// What comes from others while one is here: read out, or announced when nobody looks. The title counts the unread.
import { useEffect, useState } from "react"
import type { ChatId } from "../../src/domain/Ids.ts"
import { words } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { announce, takeTurns } from "../notify.ts"
import { userName } from "./names.ts"

/** The text for a polite live region. */
export const useArrivals = (chosen: ChatId | undefined, onChoose: (id: ChatId) => void): string => {
  const client = useClient()
  const [spoken, setSpoken] = useState("")
  const unread = useChatState((state) => state.unreadTotal)
  useEffect(() => takeTurns(), [])
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Confab` : "Confab"
  }, [unread])
  useEffect(
    () =>
      client.onEvent((frame) => {
        if (frame.type !== "message" || frame.deleted) return
        const state = client.getState()
        if (state.me === null || frame.sender_id === state.me.id) return
        // What was missed while away is in the badges; a sound for each would be a siren.
        if (
          state.connection.status !== "online" ||
          frame.seq <= (state.chatById.get(frame.chat_id)?.last_read_seq ?? 0)
        )
          return
        const all = words()
        const name = userName(state, frame.sender_id, all)
        const chat = state.chatById.get(frame.chat_id)
        if (frame.chat_id === chosen) setSpoken(all.chat.received(name, frame.text))
        void announce({
          id: frame.id,
          title: chat === undefined || chat.type === "private" ? name : `${name} · ${chat.title}`,
          text: frame.text.slice(0, 200),
          onClick: () => onChoose(frame.chat_id),
        })
      }),
    [client, chosen, onChoose],
  )
  return spoken
}
