// The web addresses in a chat's messages, as far back as they have been looked at: the server has no list of them.
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { Message } from "../../src/domain/Message.ts"
import { personName } from "../chat/names.ts"
import { agoTime, fullTime } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient, useConversation } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import { Icon } from "../ui/Icon.tsx"
import { Failure } from "../ui/Waiting.tsx"
import { sharedLinks } from "./sharedLinks.ts"

const limit = 200

interface Looked {
  /** Ascending by `seq`. */
  readonly messages: ReadonlyArray<Message>
  readonly hasMore: boolean
}
const nothing: Looked = { messages: [], hasMore: true }

export const ChatLinks = ({ chat, onGo }: { chat: ChatView; onGo: (seq: number) => void }) => {
  const words = useWords()
  const { info } = useMessageWords()
  const client = useClient()
  const conversation = useConversation(chat.id)
  const users = useChatState((state) => state.users)
  useMinute()
  const [looked, setLooked] = useState<Looked>(nothing)
  const [failed, setFailed] = useState(false)
  const loading = useRef(false)
  const { id } = chat

  const further = useCallback(async () => {
    if (loading.current) return
    loading.current = true
    setFailed(false)
    try {
      const before = latest.current.messages[0]?.seq
      const page = await client.messages(id, before === undefined ? { limit } : { limit, before })
      setLooked((now) => ({ messages: [...page.items, ...now.messages], hasMore: page.has_more }))
    } catch {
      setFailed(true)
    }
    loading.current = false
  }, [client, id])
  const latest = useRef(looked)
  latest.current = looked
  useEffect(() => void further(), [further])

  const messages = conversation?.messages
  const links = useMemo(() => sharedLinks(looked.messages, messages ?? []), [looked, messages])
  return (
    <>
      {links.length === 0 && <p className="dialog-text">{info.noLinks}</p>}
      <ul className="people shared-links">
        {links.map((link) => (
          <li key={`${link.messageId} ${link.href}`} className="pin-item">
            <a
              className="person-button shared-link"
              href={link.href}
              target="_blank"
              rel="noopener noreferrer nofollow ugc"
            >
              <span className="shared-link-host">{new URL(link.href).host}</span>
              <span className="shared-link-text">{link.text}</span>
              <span className="person-note" title={fullTime(link.at)}>
                {info.inMessage(personName(users.get(link.senderId), words), agoTime(link.at, words))}
              </span>
            </a>
            <button
              type="button"
              className="icon-button"
              aria-label={info.showLink(link.text.slice(0, 80))}
              onClick={() => onGo(link.seq)}
            >
              <Icon name="chats" size={18} />
            </button>
          </li>
        ))}
      </ul>
      {failed && <Failure>{words.chat.loadFailed}</Failure>}
      {looked.hasMore && (
        <button type="button" className="quiet-button" onClick={() => void further()}>
          {info.further}
        </button>
      )}
    </>
  )
}
