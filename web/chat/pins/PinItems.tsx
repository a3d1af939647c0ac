// The pinned messages of a chat, the newest first, each with its sender and the way to unpin it.
import type { ChatView } from "../../../src/client/state/ChatState.ts"
import { agoTime, fullTime } from "../../format.ts"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { useChatState, useClient } from "../../model/hooks.ts"
import { useMinute } from "../../now.ts"
import { Avatar } from "../../ui/Avatar.tsx"
import { Icon } from "../../ui/Icon.tsx"
import { attempt } from "../../ui/notices.tsx"
import { personName } from "../names.ts"
import { mayPin } from "../permissions.ts"
import { summary } from "../text/summary.ts"
import type { PinnedMessage } from "./pinnedMessages.ts"

export const PinItems = ({
  chat,
  pins,
  onGo,
}: {
  chat: ChatView
  pins: ReadonlyArray<PinnedMessage>
  onGo: (seq: number) => void
}) => {
  const words = useWords()
  const { pins: own } = useMessageWords()
  const client = useClient()
  const users = useChatState((state) => state.users)
  useMinute()
  if (pins.length === 0) return <p className="dialog-text">{own.none}</p>
  return (
    <ul className="people pin-items">
      {pins.map(({ message, message_id, user_id, at }) => {
        const sender = personName(users.get(message.sender_id), words)
        return (
          <li key={message_id} className="pin-item">
            <button type="button" className="person-button" onClick={() => onGo(message.seq)}>
              <span className="person">
                <Avatar id={message.sender_id} name={sender} size="s" />
                <span className="person-text">
                  <span className="person-name" dir="auto">
                    {sender}
                  </span>
                  <span className="pin-item-text" dir="auto">
                    {summary(message.text.slice(0, 400)) || "…"}
                  </span>
                  <span className="person-note" title={fullTime(at)}>
                    {own.by(personName(users.get(user_id), words), agoTime(at, words))}
                  </span>
                </span>
              </span>
            </button>
            {mayPin(chat) && (
              <button
                type="button"
                className="icon-button"
                aria-label={own.unpinOne(message.text.slice(0, 80))}
                title={own.unpin}
                onClick={() => void attempt(client.pin(message_id, false))}
              >
                <Icon name="close" size={18} />
              </button>
            )}
          </li>
        )
      })}
    </ul>
  )
}
