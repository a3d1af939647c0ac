// The right side: the chat's name, the messages, the composer.
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import { agoTime } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useMineWords } from "../i18n/useMineWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { type Entry, fromMessage } from "../model/Entry.ts"
import { useChatState, useClient, useConversation, useIsOnline, useMe } from "../model/hooks.ts"
import { useMinute } from "../now.ts"
import { goToChat, goToThread, type Place } from "../pages/address.ts"
import "../styles/texts.css"
import "../styles/conversation.css"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { below, type MenuPlace } from "../ui/Menu.tsx"
import { refusalText } from "../ui/notices.tsx"
import { PaneWaiting } from "../ui/Waiting.tsx"
import { BlockedLine, ScheduledBar } from "./AboveComposer.tsx"
import { ChatAvatar } from "./ChatAvatar.tsx"
import { Composer, type ComposerHandle } from "./Composer.tsx"
import { oneLine } from "./files/oneLine.ts"
import { useDrop } from "./files/useDrop.tsx"
import { useTray } from "./files/useTray.ts"
import { useViewing } from "./files/viewing.ts"
import { MessageList, type MessageListHandle } from "./MessageList.tsx"
import { chatTitle, isClosed, userName, useTypingText } from "./names.ts"
import { beginning, openConversation } from "./openConversation.ts"
import { PinBar } from "./pins/PinBar.tsx"
import { usePins } from "./pins/usePins.ts"
import { SelectionBar } from "./SelectionBar.tsx"
import { type ComposerMode, keepUnfinished, unfinished } from "./unfinished.ts"
import { useMessageActs } from "./useMessageActs.tsx"
import { useSelection } from "./useSelection.ts"

const ChatMenu = later(() => import("./windows.ts").then(({ ChatMenu }) => ChatMenu))
const PinList = later(() => import("./windows.ts").then(({ PinList }) => PinList))

const Viewer = later(() => import("./windows.ts").then(({ Viewer }) => Viewer))

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
  onPalette,
}: {
  chat: ChatView
  place: Place
  onBack: () => void
  onInfo: () => void
  onPalette: () => void
}) => {
  const words = useWords()
  const client = useClient()
  const me = useMe()
  const conversation = useConversation(chat.id)
  const [opened, setOpened] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [tries, setTries] = useState(0)
  const [mode, setModeHere] = useState(() => unfinished(me.id, chat.id))
  const blocked = useChatState((state) => chat.peer !== null && state.blocks.has(chat.peer.id))
  const [menu, setMenu] = useState<MenuPlace>()
  const { dates } = useMessageWords()
  const mine = useMineWords()
  const [pinsOpen, setPinsOpen] = useState(false)
  const pins = usePins(conversation)
  const { selected, toggle, stop } = useSelection()
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
    edit(fromMessage(last, chat.readSeq, chat.deliveredSeq))
    return true
  }

  const viewing = useViewing()
  const tray = useTray(id)
  const drop = useDrop(tray, composer, !isClosed(chat) && mode.kind !== "edit")

  const [acts, windows] = useMessageActs(chat, {
    reply,
    edit,
    select: toggle,
    thread: ({ id: messageId }) => messageId !== null && goToThread(id, messageId),
    done: () => {
      stop()
      composer.current?.focus()
    },
  })
  const goTo = (seq: number) => list.current?.goTo(seq)
  const stopSelecting = useCallback(() => {
    stop()
    composer.current?.focus()
  }, [stop])
  const isSelecting = selected !== undefined
  useEffect(() => {
    if (!isSelecting) return
    // Wherever the focus is: the message that had it may be far off the screen.
    const onEscape = (event: globalThis.KeyboardEvent) => {
      if (event.key !== "Escape" || event.defaultPrevented) return
      if (document.querySelector("dialog[open], .menu") !== null) return
      event.preventDefault()
      stopSelecting()
    }
    document.addEventListener("keydown", onEscape)
    return () => document.removeEventListener("keydown", onEscape)
  }, [isSelecting, stopSelecting])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
    if (event.key === "PageUp" || event.key === "PageDown") {
      // A long text in the composer is paged through itself.
      const box = event.target
      if (!(box instanceof HTMLTextAreaElement) || box.scrollHeight > box.clientHeight + 1) return
      event.preventDefault()
      list.current?.turn(event.key === "PageUp" ? -1 : 1)
    }
  }

  const ready = conversation?.loaded === true && (opened || (chat.unread_count === 0 && begin.seq === undefined))
  return (
    <section
      className="conversation"
      aria-label={words.chat.conversation(name)}
      onKeyDown={onKeyDown}
      {...drop.handlers}
    >
      <header className="head">
        <button type="button" className="icon-button head-back" aria-label={words.back} onClick={onBack}>
          <Icon name="back" />
        </button>
        <button type="button" className="head-who" title={words.chat.info} onClick={onInfo}>
          <ChatAvatar chat={chat} size="s" />
          <span className="head-text">
            <span className="head-name" dir="auto">
              {name}
            </span>
            <span className="head-about">
              <Subtitle chat={chat} />
            </span>
          </span>
        </button>
        <button
          type="button"
          className="icon-button head-more"
          aria-label={mine.chat.actions(name)}
          aria-haspopup="menu"
          aria-expanded={menu !== undefined}
          onClick={(event) => setMenu(below(event.currentTarget, "end"))}
        >
          <Icon name="more" />
        </button>
      </header>
      {menu !== undefined && (
        <ChatMenu
          chat={chat}
          place={menu}
          before={[
            { label: words.chat.info, icon: "list", act: onInfo },
            { label: dates.title, icon: "clock", act: () => list.current?.openDates() },
            { label: words.list.palette, icon: "command", act: onPalette },
          ]}
          onClose={() => setMenu(undefined)}
        />
      )}
      {pins.length > 0 && <PinBar pins={pins} onGo={goTo} onList={() => setPinsOpen(true)} />}
      {ready ? (
        <MessageList
          ref={list}
          chat={chat}
          conversation={conversation}
          place={place}
          begin={begin}
          acts={acts}
          selected={selected}
          onSelect={toggle}
        />
      ) : (
        <PaneWaiting failure={failure} onRetry={() => setTries(tries + 1)} />
      )}
      <ScheduledBar chat={chat} />
      {selected !== undefined && (
        <SelectionBar
          chat={chat}
          conversation={conversation}
          selected={selected}
          acts={acts}
          nameOf={nameOf}
          onStop={stopSelecting}
        />
      )}
      {isClosed(chat) ? (
        selected === undefined && <p className="composer composer-closed">{words.chat.closed}</p>
      ) : blocked ? (
        selected === undefined && <BlockedLine chat={chat} />
      ) : (
        // It stays, with all that is being written in it.
        <div hidden={selected !== undefined}>
          <Composer
            ref={composer}
            chat={chat}
            mode={mode}
            onMode={setMode}
            onSent={() => list.current?.scrollToEnd()}
            onEditLast={editLast}
          />
        </div>
      )}
      {drop.sign}
      {viewing !== undefined && <Viewer viewing={viewing} onGoTo={(seq) => goToChat(id, seq)} />}
      {windows}
      {pinsOpen && <PinList chat={chat} pins={pins} onGo={goTo} onClose={() => setPinsOpen(false)} />}
    </section>
  )
}
