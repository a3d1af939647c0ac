// Loads the pinned messages of a chat, and keeps them up to date.
import { useEffect, useMemo, useRef, useState } from "react"
import type { Conversation } from "../../../src/client/state/ChatState.ts"
import type { Message } from "../../../src/domain/Message.ts"
import { useChatState, useClient } from "../../model/hooks.ts"
import { arePinsMissing, type Copies, type PinnedMessage, pinnedMessages } from "./pinnedMessages.ts"

const none: ReadonlyArray<PinnedMessage> = []

export const usePins = (conversation: Conversation | undefined): ReadonlyArray<PinnedMessage> => {
  const client = useClient()
  const [copies, setCopies] = useState<Copies>(() => new Map())
  const online = useChatState((state) => state.connection.status === "online")
  const known = useRef(copies)
  known.current = copies
  const chatId = conversation?.chatId
  const missing = conversation?.loaded === true && arePinsMissing(conversation, copies)
  const pins = conversation?.pins

  // Once for each change of the pins and each connection: a failure waits for the next one.
  const loading = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: other pins and another connection are the occasions
  useEffect(() => {
    if (chatId === undefined || !missing || loading.current) return
    loading.current = true
    client
      .loadPins(chatId)
      .then(
        (items) => setCopies(new Map(items.map(({ message }) => [message.id, message]))),
        () => undefined,
      )
      .finally(() => {
        loading.current = false
      })
  }, [client, chatId, missing, pins, copies, online])

  // Edits of messages that are not loaded.
  useEffect(
    () =>
      client.onEvent((frame) => {
        if (frame.type !== "message_updated") return
        const before = known.current.get(frame.id)
        if (before === undefined) return
        const after: Message = { ...before, text: frame.text, edited_at: frame.edited_at }
        setCopies((all) => new Map(all).set(frame.id, after))
      }),
    [client],
  )

  const messages = conversation?.messages
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the conversation only these parts are read
  return useMemo(
    () => (conversation === undefined ? none : pinnedMessages(conversation, copies)),
    [messages, pins, copies],
  )
}
