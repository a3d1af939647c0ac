// One chat in the list: name, last message, time, unread count.
import { memo } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import { at } from "../base.ts"
import { shortTime } from "../format.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry, EntryStatus } from "../model/Entry.ts"
import { useChatState, useIsOnline, useLastEntry, useMe } from "../model/hooks.ts"
import { isMarkedUnread, isMuted, isPinned } from "../model/quiet.ts"
import { useMinute } from "../now.ts"
import { pathOf } from "../pages/address.ts"
import { Icon, Ticks } from "../ui/Icon.tsx"
import type { MenuPlace } from "../ui/Menu.tsx"
import { useMenuGestures } from "../ui/useLongPress.ts"
import { ChatAvatar } from "./ChatAvatar.tsx"
import { oneLine } from "./files/oneLine.ts"
import { useAttached } from "./files/staged.ts"
import { chatTitle, userName, useTypingText } from "./names.ts"
import { useUnfinishedEdit } from "./unfinished.ts"

export const Status = ({ status }: { status: EntryStatus }) => {
  const { chat: words } = useWords()
  return (
    <span className={`status status-${status}`}>
      {status === "sending" ? (
        <Icon name="clock" size={14} />
      ) : status === "failed" ? (
        <Icon name="alert" size={15} />
      ) : (
        <Ticks status={status} />
      )}
      <span className="visually-hidden">{words[status]}</span>
    </span>
  )
}

/** What is written and attached, and not sent. */
const useDraft = ({ draft, id }: ChatView): string => {
  const words = useWords()
  const files = useAttached(id)
  if (files.length === 0) return draft
  const uploads = files.map(({ file: { name, type } }) => ({ as: null, file: null, name, type }))
  return oneLine({ text: draft, uploads }, words)
}

const Unsent = ({ label, text }: { label: string; text: string }) => (
  <>
    <span className="chat-row-draft">{label} </span>
    <span className="chat-row-words" dir="auto">
      {text.slice(0, 200)}
    </span>
  </>
)

const LastLine = ({ chat, last, chosen }: { chat: ChatView; last: Entry | null; chosen: boolean }) => {
  const words = useWords()
  const me = useMe()
  const typing = useTypingText(chat)
  const draft = useDraft(chat)
  const edit = useUnfinishedEdit(chat.id)
  const sender = useChatState((state) => (last === null ? "" : userName(state, last.sender_id, words)))
  if (typing !== "") return <span className="chat-row-words chat-row-typing">{typing}</span>
  if (!chosen && edit !== undefined) return <Unsent label={words.list.edit} text={edit} />
  if (!chosen && draft !== "") return <Unsent label={words.list.draft} text={draft} />
  if (last === null) return <span className="chat-row-words">{words.list.noMessages}</span>
  const own = last.sender_id === me.id
  return (
    <>
      {(own || chat.type === "group") && (
        <span className="chat-row-sender">
          {own ? (
            `${words.list.you} `
          ) : (
            <>
              <bdi>{sender}</bdi>:{" "}
            </>
          )}
        </span>
      )}
      <span className="chat-row-words" dir={last.deleted ? undefined : "auto"}>
        {last.deleted ? <i>{words.chat.deleted}</i> : oneLine(last, words).slice(0, 200)}
      </span>
    </>
  )
}

/** What is unread: a number, or a dot for a chat that was marked. Grey in a muted chat, but for mentions. */
const Unread = ({ chat, muted }: { chat: ChatView; muted: boolean }) => {
  const { list: words } = useWords()
  const { unread_count: count, unread_mention_count: mentions = 0 } = chat
  const marked = isMarkedUnread(chat)
  return (
    <>
      {mentions > 0 && (
        <span className="badge badge-mention">
          <span aria-hidden="true">@</span>
          <span className="visually-hidden">{words.mentioned}</span>
        </span>
      )}
      {isPinned(chat) && (
        <>
          <Icon name="pushPin" size={16} className="chat-row-pin" />
          <span className="visually-hidden">{words.pinned}</span>
        </>
      )}
      {(count > 0 || marked) && (
        <span className={`badge${muted ? " badge-quiet" : ""}${count === 0 ? " badge-dot" : ""}`}>
          <span aria-hidden="true">{count > 999 ? "999+" : count || ""}</span>
          <span className="visually-hidden">{count > 0 ? words.unread(count) : words.marked}</span>
        </span>
      )}
    </>
  )
}

export const ChatRow = memo(
  ({
    chat,
    top,
    position,
    count,
    chosen,
    tabbable,
    onChoose,
    onMenu,
  }: {
    chat: ChatView
    /** The position of the row in the list, in pixels. */
    top: number
    /** Its number in the list, from 1, and the number of all chats: -1 while that is unknown. */
    position: number
    count: number
    chosen: boolean
    tabbable: boolean
    onChoose: (id: ChatId) => void
    onMenu: (id: ChatId, place: MenuPlace) => void
  }) => {
    const words = useWords()
    const me = useMe()
    useMinute()
    const muted = isMuted(chat, Date.now())
    const gestures = useMenuGestures((place) => onMenu(chat.id, place))
    const online = useIsOnline(chat.peer?.id)
    const last = useLastEntry(chat)
    const name = chatTitle(chat, words)
    const own = last !== null && last.sender_id === me.id && !last.deleted
    return (
      <li style={{ top }} aria-posinset={position} aria-setsize={count}>
        <a
          className={chosen ? "chat-row chat-row-chosen" : "chat-row"}
          href={at(pathOf(chat.id))}
          aria-current={chosen ? "true" : undefined}
          tabIndex={tabbable ? 0 : -1}
          data-chat={chat.id}
          {...gestures}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return
            event.preventDefault()
            onChoose(chat.id)
          }}
        >
          <ChatAvatar chat={chat} online={online} />
          <span className="chat-row-text">
            <span className="chat-row-top">
              <span className="chat-row-title">
                {chat.type === "group" && <Icon name="people" size={16} className="chat-row-kind" />}
                <span className="chat-row-name" dir="auto">
                  {chat.type === "group" && <bdi className="visually-hidden">{words.list.group}: </bdi>}
                  {name}
                  {muted && <span className="visually-hidden"> {words.list.muted}</span>}
                </span>
                {muted && <Icon name="bellOff" size={15} className="chat-row-muted" />}
              </span>
              {own && <Status status={last.status} />}
              {last !== null && <time dateTime={last.created_at}>{shortTime(last.created_at)}</time>}
            </span>
            <span className="chat-row-bottom">
              <span className="chat-row-last">
                <LastLine chat={chat} last={last} chosen={chosen} />
              </span>
              <Unread chat={chat} muted={muted} />
            </span>
          </span>
        </a>
      </li>
    )
  },
)
