// The right side: the chat's name, the messages, the composer.
import { useCallback, useEffect, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { agoTime } from "../format.ts"
import { useFileWords } from "../i18n/useFileWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { type Entry, fromMessage } from "../model/Entry.ts"
import { useChatState, useClient, useConversation, useIsOnline, useMe } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import "../styles/texts.css"
import { goToChat, type Place } from "../pages/address.ts"
import { Avatar } from "../ui/Avatar.tsx"
import { Confirm } from "../ui/Dialog.tsx"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { attempt, refusalText } from "../ui/notices.tsx"
import { BlockedLine, ScheduledBar } from "./AboveComposer.tsx"
import { Composer, type ComposerHandle } from "./Composer.tsx"
import { useFileLimit } from "./files/offer.ts"
import { oneLine } from "./files/oneLine.ts"
import { stage } from "./files/staged.ts"
import { useDrop } from "./files/useDrop.ts"
import { useViewing } from "./files/viewing.ts"
import { MessageList, type MessageListHandle } from "./MessageList.tsx"
import { chatTitle, isClosed, userName, useTypingText } from "./names.ts"
import { beginning, openConversation } from "./openConversation.ts"
import { type ComposerMode, keepUnfinished, unfinished } from "./unfinished.ts"

const Readers = later(() => import("../dialogs/Readers.tsx").then(({ Readers }) => Readers))

const Viewer = later(() => import("./files/Viewer.tsx").then(({ Viewer }) => Viewer))

const Subtitle = ({ chat }: { chat: ChatView }) => {
  const words = useWords()
  const me = useMe()
  const typing = useTypingText(chat)
  const online = useIsOnline(chat.peer?.id)
  useMinute()
  const lastSeen = useChatState((state) =>
    chat.peer === null ? null : (state.presence.get(chat.peer.id)?.lastSeenAt ?? null),
  )
  const here = useChatState((state) => {
    const members = state.conversations.get(chat.id)?.members ?? []
    return members.filter(({ user }) => user.id === me.id || state.presence.get(user.id)?.online === true).length
  })
  if (typing !== "") return <span className="head-typing">{typing}</span>
  if (chat.type === "group") {
    return (
      <>
        {words.chat.members(chat.member_count)}
        {here > 1 && `, ${words.chat.onlineCount(here)}`}
      </>
    )
  }
  if (isClosed(chat) || chat.type === "saved") return null
  if (online) return <span className="head-online">{words.chat.online}</span>
  return <>{lastSeen === null ? words.chat.offline : words.chat.lastSeen(agoTime(lastSeen, words))}</>
}

export const ConversationPane = ({
  chat,
  place,
  onBack,
  onInfo,
}: {
  chat: ChatView
  place: Place
  onBack: () => void
  onInfo: () => void
}) => {
  const words = useWords()
  const client = useClient()
  const me = useMe()
  const conversation = useConversation(chat.id)
  const [opened, setOpened] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [tries, setTries] = useState(0)
  const [mode, setModeHere] = useState(() => unfinished(me.id, chat.id))
  const [deleting, setDeleting] = useState<Entry>()
  const [readersOf, setReadersOf] = useState<MessageId>()
  const blocked = useChatState((state) => chat.peer !== null && state.blocks.has(chat.peer.id))
  const list = useRef<MessageListHandle>(null)
  const composer = useRef<ComposerHandle>(null)
  const name = chatTitle(chat, words)
  const { id } = chat
  const setMode = useCallback(
    (next: ComposerMode) => {
      keepUnfinished(me.id, id, next)
      setModeHere(next)
    },
    [me.id, id],
  )
  // Decided once, when the chat is opened.
  const [begin] = useState(() => beginning(id, place))

  // biome-ignore lint/correctness/useExhaustiveDependencies: trying again is what a new number of tries means
  useEffect(() => {
    let current = true
    setFailure(undefined)
    openConversation(client, id, begin.seq).then(
      () => current && setOpened(true),
      (cause) => current && setFailure(refusalText(cause)),
    )
    return () => {
      current = false
    }
  }, [client, id, begin, tries])

  const online = useChatState((state) => state.connection.status === "online")
  const wasOnline = useRef(online)
  useEffect(() => {
    // Once for each reconnection: a failure on a good connection is left to the user.
    const isBack = online && !wasOnline.current
    wasOnline.current = online
    if (isBack && failure !== undefined) setTries((n) => n + 1)
  }, [online, failure])

  // On a phone the keyboard would cover the messages.
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) composer.current?.focus()
  }, [])

  const nameOf = useCallback(
    (entry: Entry) =>
      entry.sender_id === me.id ? words.chat.you : userName(client.getState(), entry.sender_id, words),
    [client, me.id, words],
  )

  const edit = ({ id: messageId, text }: Entry) => {
    if (messageId !== null) setMode({ kind: "edit", id: messageId, text, typed: text })
  }
  const reply = (entry: Entry) => {
    const text = oneLine(entry, words).slice(0, 240)
    if (entry.id !== null) setMode({ kind: "reply", id: entry.id, name: nameOf(entry), text })
  }

  const editLast = () => {
    if (conversation === undefined) return false
    const last = conversation.messages.findLast(({ sender_id, deleted }) => sender_id === me.id && !deleted)
    if (last === undefined) return false
    edit(fromMessage(last, chat.readSeq))
    return true
  }

  const fileWords = useFileWords()
  const viewing = useViewing()
  const takesFiles = useFileLimit() !== null && !isClosed(chat) && mode.kind !== "edit"
  const drop = useDrop(
    takesFiles
      ? (files) => {
          stage(id, files)
          composer.current?.focus()
        }
      : undefined,
  )

  const ready = conversation?.loaded === true && (opened || (chat.unread_count === 0 && begin.seq === undefined))
  return (
    <section className="conversation" aria-label={words.chat.conversation(name)} {...drop.handlers}>
      <header className="head">
        <button type="button" className="icon-button head-back" aria-label={words.back} onClick={onBack}>
          <Icon name="back" />
        </button>
        <button type="button" className="head-who" title={words.chat.info} onClick={onInfo}>
          <Avatar id={chat.peer?.id ?? chat.id + 3} name={name} picture={chat.peer?.avatar ?? chat.avatar} size="s" />
          <span className="head-text">
            <span className="head-name" dir="auto">
              {name}
            </span>
            <span className="head-about">
              <Subtitle chat={chat} />
            </span>
          </span>
        </button>
      </header>
      {ready ? (
        <MessageList
          ref={list}
          chat={chat}
          conversation={conversation}
          place={place}
          begin={begin}
          onReply={reply}
          onEdit={edit}
          onDelete={setDeleting}
          onReaders={(entry) => entry.id !== null && setReadersOf(entry.id)}
        />
      ) : (
        <div className="messages-pane messages-wait">
          {failure === undefined ? (
            <span className="spinner" role="status" aria-label={words.loading} />
          ) : (
            <div role="alert" className="chip">
              {failure}{" "}
              <button type="button" className="link-button" onClick={() => setTries(tries + 1)}>
                {words.retry}
              </button>
            </div>
          )}
        </div>
      )}
      <ScheduledBar chat={chat} />
      {isClosed(chat) ? (
        <p className="composer composer-closed">{words.chat.closed}</p>
      ) : blocked ? (
        <BlockedLine chat={chat} />
      ) : (
        <Composer
          ref={composer}
          chat={chat}
          mode={mode}
          onMode={setMode}
          onSent={() => list.current?.scrollToEnd()}
          onEditLast={editLast}
        />
      )}
      {deleting !== undefined && (
        <Confirm
          title={words.chat.deleteTitle}
          text={words.chat.deleteText}
          action={words.chat.delete}
          onClose={() => setDeleting(undefined)}
          onConfirm={() => {
            if (deleting.id !== null) void attempt(client.delete(deleting.id))
            composer.current?.focus()
          }}
        />
      )}
      {drop.over && (
        <div className="drop" aria-hidden="true">
          <span className="chip">{fileWords.drop}</span>
        </div>
      )}
      {viewing !== undefined && <Viewer viewing={viewing} onGoTo={(seq) => goToChat(id, seq)} />}
      {readersOf !== undefined && <Readers messageId={readersOf} onClose={() => setReadersOf(undefined)} />}
    </section>
  )
}
