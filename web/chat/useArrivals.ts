// Messages of others while the page is open: announced to screen readers, or by a notification without attention. The
// title counts the unread ones.
import { useEffect, useRef, useState } from "react"
import type { ChatState } from "../../src/client/state/ChatState.ts"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { isolated } from "../i18n/isolated.ts"
import { words } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { isHeard, unreadOf } from "../model/quiet.ts"
import { announce, onNotificationClick, showBadge, takeTurns, withdraw } from "../notify.ts"
import { useMinute } from "../now.ts"
import { go, isMessengerPath } from "../pages/address.ts"
import { oneLine } from "./files/oneLine.ts"
import { userName } from "./names.ts"

/** The text for a polite live region; another `id` announces the same text again. */
export interface Spoken {
  readonly id: number
  readonly text: string
}

/** A message that another one quotes, if it is loaded. */
const quotedIn = ({ conversations }: ChatState, chatId: ChatId, id: MessageId): Message | undefined => {
  const conversation = conversations.get(chatId)
  return conversation?.quoted.get(id) ?? conversation?.messages.find((message) => message.id === id)
}

export const useArrivals = (chosen: ChatId | undefined, onChoose: (id: ChatId) => void): Spoken => {
  const client = useClient()
  const [spoken, setSpoken] = useState<Spoken>({ id: 0, text: "" })
  // A chat may be muted until a time.
  useMinute()
  const unread = useChatState((state) => unreadOf(state.chats, Date.now()).loud)
  useEffect(() => takeTurns(), [])
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) Confab` : "Confab"
    showBadge(unread)
  }, [unread])
  useEffect(
    () =>
      client.onEvent((frame) => {
        if (frame.type === "message_deleted") {
          void withdraw(frame.chat_id, frame.id).catch(() => undefined)
          return
        }
        if (frame.type !== "message" || frame.deleted) return
        const state = client.getState()
        if (state.me === null || frame.sender_id === state.me.id) return
        // Messages missed while offline are in the badges; a sound for each would be too much.
        if (
          state.connection.status !== "online" ||
          frame.seq <= (state.chatById.get(frame.chat_id)?.last_read_seq ?? 0)
        )
          return
        const all = words()
        const { notify = "full" } = state.settings
        const name = userName(state, frame.sender_id, all)
        const said = oneLine(frame, all)
        const chat = state.chatById.get(frame.chat_id)
        if (frame.chat_id === chosen) setSpoken({ id: frame.id, text: all.chat.received(name, said) })
        // The message itself is read out; what is muted makes no sound and shows no notification.
        const quoted = frame.reply_to === null ? undefined : quotedIn(state, frame.chat_id, frame.reply_to)
        const toMe = quoted?.sender_id === state.me.id
        if (notify === "none" || !isHeard(chat ?? {}, frame, state.me.id, toMe, Date.now())) return
        void announce({
          chatId: frame.chat_id,
          messageId: frame.id,
          title: chat === undefined || chat.type === "private" ? name : `${isolated(name)} · ${isolated(chat.title)}`,
          text: notify === "name" ? "" : said.slice(0, 200),
          onClick: () => onChoose(frame.chat_id),
        })
      }),
    [client, chosen, onChoose],
  )
  useEffect(() => onNotificationClick((path) => isMessengerPath(path) && go(path)), [])
  // A message that is read on another device needs no notification.
  const read = useRef(new Map<ChatId, number>())
  useEffect(
    () =>
      client.subscribe(() => {
        const before = read.current
        const now = new Map<ChatId, number>()
        for (const { id, unread_count } of client.getState().chats) if (unread_count > 0) now.set(id, unread_count)
        for (const id of before.keys()) if (!now.has(id)) void withdraw(id).catch(() => undefined)
        read.current = now
      }),
    [client],
  )
  return spoken
}
