// Chooses the chat that messages are forwarded to: saved messages first, then the chats by newest activity.
import { useEffect, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"
import { matches } from "../../src/domain/searchWords.ts"
import { forwardAll } from "../chat/forwardAll.ts"
import { chatTitle, isClosed } from "../chat/names.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useClient } from "../model/hooks.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Dialog } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { notice, refusalText } from "../ui/notices.tsx"
import { onArrows } from "./PeoplePicker.tsx"

/** A search finds the others. */
const shownAtMost = 50

export const ForwardPicker = ({
  messageIds,
  onClose,
  onDone,
}: {
  messageIds: ReadonlyArray<MessageId>
  onClose: () => void
  /** All have been forwarded. */
  onDone: () => void
}) => {
  const words = useWords()
  const { forward } = useMessageWords()
  const client = useClient()
  const chats = useChatState((state) => state.chats)
  const [query, setQuery] = useState("")
  const [progress, setProgress] = useState<number>()
  const [failure, setFailure] = useState<string>()
  const [left, setLeft] = useState(messageIds)
  const abort = useRef(new AbortController())
  /** Of this window: what was forwarded once is not forwarded again by another attempt. */
  const [occasion] = useState(() => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`)
  useEffect(() => {
    abort.current = new AbortController()
    return () => abort.current.abort()
  }, [])

  const found = useMemo(
    () =>
      chats
        .filter(
          (chat) =>
            chat.type !== "saved" &&
            !isClosed(chat) &&
            matches(query, chatTitle(chat, words), chat.peer?.username ?? ""),
        )
        .slice(0, shownAtMost),
    [chats, query, words],
  )
  const showsSaved = matches(query, words.list.saved)

  const send = async (target: () => Promise<{ readonly id: ChatId }>, name: string) => {
    if (progress !== undefined) return
    setFailure(undefined)
    setProgress(0)
    try {
      const { signal } = abort.current
      const { id } = await target()
      const { done, failure } = await forwardAll(client, id, left, (one) => `${occasion}-${one}`, signal, setProgress)
      if (signal.aborted && done < left.length) {
        notice(forward.partly(done, left.length))
        return
      }
      if (failure === undefined) {
        notice(forward.done(messageIds.length, name))
        onClose()
        onDone()
        return
      }
      setLeft(left.slice(done))
      setFailure(`${done > 0 ? `${forward.partly(done, left.length)} ` : ""}${refusalText(failure)}`)
    } catch (cause) {
      setFailure(refusalText(cause))
    }
    setProgress(undefined)
  }
  const toChat = (chat: ChatView) => void send(async () => chat, chatTitle(chat, words))
  const toSaved = () => void send(() => client.openSaved(), words.list.saved)

  return (
    <Dialog title={forward.title(left.length)} onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move from the field into the list */}
      <div className="picker" onKeyDown={onArrows}>
        <input
          className="text-input"
          type="text"
          data-stop
          autoFocus
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          aria-label={forward.search}
          placeholder={forward.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return
            event.preventDefault()
            // Nobody forwards by accident: Enter needs a search.
            if (query.trim() === "") return
            const [first] = found
            if (showsSaved) toSaved()
            else if (first !== undefined) toChat(first)
          }}
        />
        {failure !== undefined && (
          <p role="alert" className="notice notice-wrong">
            {failure}
          </p>
        )}
        {progress !== undefined && left.length > 1 && (
          <p role="status" className="dialog-text">
            {forward.sending(progress, left.length)}
          </p>
        )}
        <ul className="people">
          {showsSaved && (
            <li>
              <button
                type="button"
                className="person-button"
                data-stop
                disabled={progress !== undefined}
                onClick={toSaved}
              >
                <span className="person">
                  <span className="round-icon">
                    <Icon name="bookmark" size={20} />
                  </span>
                  <span className="person-text">
                    <span className="person-name">{words.list.saved}</span>
                  </span>
                </span>
              </button>
            </li>
          )}
          {found.map((chat) => (
            <li key={chat.id}>
              <button
                type="button"
                className="person-button"
                data-stop
                disabled={progress !== undefined}
                onClick={() => toChat(chat)}
              >
                <span className="person">
                  <Avatar id={chat.peer?.id ?? chat.id + 3} name={chatTitle(chat, words)} size="s" />
                  <span className="person-text">
                    <span className="person-name" dir="auto">
                      {chatTitle(chat, words)}
                    </span>
                    <span className="person-note">
                      {chat.type === "group" ? words.chat.members(chat.member_count) : `@${chat.peer?.username ?? ""}`}
                    </span>
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
        {!showsSaved && found.length === 0 && <p className="people-none">{forward.none}</p>}
      </div>
    </Dialog>
  )
}
