// The conversation: rows in a virtual list, the initial position, read marks, and the actions on messages.
import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from "react"
import type { ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import { hasAttention, onAttention } from "../attention.ts"
import { useTextWords } from "../i18n/useTextWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import type { Place } from "../pages/address.ts"
import { Icon } from "../ui/Icon.tsx"
import { below, type MenuPlace } from "../ui/Menu.tsx"
import type { BubbleActions } from "./Bubble.tsx"
import { ConversationRow } from "./ConversationRow.tsx"
import { moveWithin } from "./lineKeys.ts"
import { MessageMenu } from "./MessageMenu.tsx"
import { isClosed } from "./names.ts"
import type { Beginning } from "./openConversation.ts"
import { useReactions } from "./reactions/useReactions.tsx"
import type { Row } from "./rows.ts"
import { Transcript } from "./Transcript.ts"
import { useBound } from "./useBound.ts"
import { useJumps } from "./useJumps.ts"
import { useMentionJump } from "./useMentionJump.ts"
import { useSharedNames } from "./useNames.ts"
import { useSeen } from "./useSeen.ts"
import { VirtualList, type VirtualListHandle } from "./VirtualList.tsx"

export interface MessageListHandle {
  scrollToEnd(): void
  focus(): void
}

/** Keys of all rows that are not messages. */
const isChip = (key: string) => /^(day-.*|new|start|gap)$/.test(key)
const estimate = (key: string) => (isChip(key) ? 44 : 58)

export const MessageList = ({
  ref,
  chat,
  conversation,
  place,
  begin,
  onReply,
  onEdit,
  onDelete,
  onReaders,
}: {
  ref: Ref<MessageListHandle>
  chat: ChatView
  conversation: Conversation
  place: Place
  begin: Beginning
  onReply: (entry: Entry) => void
  onEdit: (entry: Entry) => void
  onDelete: (entry: Entry) => void
  onReaders: (entry: Entry) => void
}) => {
  const words = useWords()
  const client = useClient()
  const me = useMe()
  const list = useRef<VirtualListHandle>(null)
  const [newAfter, setNewAfter] = useState(chat.unread_count > 0 ? chat.last_read_seq : undefined)
  const [atEnd, setAtEnd] = useState(newAfter === undefined)
  const [menu, setMenu] = useState<{ entry: Entry; place: MenuPlace }>()
  const [failed, setFailed] = useState(false)
  const { hasMoreBefore: hasOlder, hasMoreAfter } = conversation
  const [transcript] = useState(() => new Transcript())
  const { entries, rows } = transcript.update(conversation, chat.readSeq, {
    me: me.id,
    hasOlder,
    hasNewer: hasMoreAfter,
    newAfter,
  })
  const sharedNames = useSharedNames(conversation.members)
  const latest = useRef({ rows, chat, conversation })
  latest.current = { rows, chat, conversation }
  const onFailed = useCallback(() => setFailed(true), [])
  const jumps = useJumps(list, chat, conversation, rows, place, onFailed)
  const { goToMessage, goBack, keepOrigin, forgetOrigins, leaveNewest } = jumps
  const { mentions } = useTextWords()
  const mentionCount = chat.unread_mention_count ?? 0
  const toMention = useMentionJump(chat, conversation, jumps.goToSeq)
  const [initial] = useState(() => {
    if (begin.position !== undefined) return begin.position
    return rows.some((row) => row.kind === "new") ? { key: "new", offset: 80 } : undefined
  })

  // Messages that arrive without attention get the line of new messages when the attention returns.
  useEffect(() => {
    return onAttention(() => {
      if (hasAttention()) return
      const { unread_count, last_seq } = latest.current.chat
      if (unread_count === 0) setNewAfter(last_seq)
    })
  }, [])

  useBound(chat.id, conversation, rows, list)

  const seen = useSeen((seq) => client.markRead(chat.id, seq))

  const online = useChatState((state) => state.connection.status === "online")
  useEffect(() => {
    if (online) setFailed(false)
  }, [online])
  const load = (which: "older" | "newer") => {
    const { hasMoreBefore, hasMoreAfter, loading } = latest.current.conversation
    if (failed || loading !== null || !(which === "older" ? hasMoreBefore : hasMoreAfter)) return
    const loaded = which === "older" ? client.loadOlder(chat.id) : client.loadNewer(chat.id)
    loaded.catch(() => setFailed(true))
  }

  const toNewest = useCallback(
    (smoothly: boolean) => {
      if (!latest.current.conversation.hasMoreAfter) list.current?.scrollToEnd(smoothly)
      else
        void client.openNewest(chat.id).then(
          () => list.current?.scrollToEnd(),
          () => {
            setFailed(true)
            // Unsent messages are below all that is loaded.
            list.current?.scrollToEnd()
          },
        )
    },
    [chat.id, client],
  )

  const reacting = useReactions()
  const reactions = isClosed(chat) ? undefined : reacting.actions
  const actions = useMemo<BubbleActions>(
    () => ({
      openMenu: (entry, place) => setMenu({ entry, place }),
      goToQuoted: (entry) => {
        if (entry.reply_to !== null) void goToMessage(entry.reply_to)
      },
      retry: (entry) => client.retry(entry.key.slice(1)),
      discard: (entry) => client.discard(entry.key.slice(1)),
      reactions,
      seen,
    }),
    [goToMessage, client, reactions, seen],
  )

  useImperativeHandle(
    ref,
    () => ({
      scrollToEnd() {
        setNewAfter(undefined)
        forgetOrigins()
        toNewest(false)
      },
      focus() {
        const lines = list.current?.element?.querySelectorAll<HTMLElement>("[data-entry]")
        const last = lines?.[lines.length - 1]
        last?.focus()
      },
    }),
    [toNewest, forgetOrigins],
  )

  const onKeyDown = (event: KeyboardEvent) => {
    const log = list.current?.element
    const line = document.activeElement?.closest<HTMLElement>("[data-entry]")
    if (!log || !(event.target instanceof Element) || !log.contains(event.target)) return
    if (line && !event.altKey && moveWithin(line, event.key)) {
      event.preventDefault()
      // Escape would leave the chat.
      event.stopPropagation()
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !event.altKey) {
      const lines = [...log.querySelectorAll<HTMLElement>("[data-entry]")]
      const at = line ? lines.indexOf(line) : lines.length
      const next = lines[event.key === "ArrowUp" ? at - 1 : at + 1]
      event.preventDefault()
      next?.focus({ preventScroll: true })
      next?.scrollIntoView({ block: "nearest" })
    } else if (
      line &&
      event.target === line &&
      (event.key === "Enter" || event.key === " " || event.key === "ContextMenu")
    ) {
      const entry = transcript.entry(line.dataset.entry ?? "")
      if (entry === undefined || entry.id === null || entry.deleted) return
      event.preventDefault()
      setMenu({ entry, place: below(line.querySelector(".bubble") ?? line, "start") })
    }
  }

  const render = (row: Row) => {
    const entry = row.kind === "message" ? row.entry : undefined
    const quotes = entry?.deleted === false ? entry.reply_to : null
    return (
      <ConversationRow
        row={row}
        inGroup={chat.type === "group"}
        unread={entry !== undefined && entry.sender_id !== me.id && (entry.seq ?? 0) > chat.last_read_seq}
        quoted={quotes === null ? undefined : (transcript.message(quotes) ?? conversation.quoted.get(quotes))}
        sharedNames={sharedNames}
        highlighted={jumps.highlighted === row.key}
        isEmpty={entries.length === 0}
        actions={actions}
      />
    )
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the messages inside
    <div className="messages-pane" onKeyDown={onKeyDown}>
      <VirtualList
        ref={list}
        className="messages"
        label={words.chat.messages}
        rows={rows}
        render={render}
        estimate={estimate}
        initial={initial}
        onLeave={jumps.leave}
        follow={!hasMoreAfter}
        drifts={isChip}
        onNearStart={() => load("older")}
        onNearEnd={() => load("newer")}
        onAtEndChange={(now) => {
          setAtEnd(now)
          if (!now) leaveNewest()
        }}
      />
      {failed && (
        <div className="messages-failed" role="alert">
          {words.chat.loadFailed}{" "}
          <button type="button" className="link-button" onClick={() => setFailed(false)}>
            {words.retry}
          </button>
        </div>
      )}
      {mentionCount > 0 && (
        <button
          type="button"
          className="jump jump-mention"
          aria-label={mentions.next(mentionCount)}
          onClick={toMention}
        >
          <span className="badge jump-badge" aria-hidden="true">
            {mentionCount}
          </span>
          <span aria-hidden="true">@</span>
        </button>
      )}
      {(!atEnd || hasMoreAfter || jumps.canGoBack) && (
        <button
          type="button"
          className="jump"
          aria-label={
            jumps.canGoBack
              ? words.chat.jumpBack
              : chat.unread_count > 0
                ? `${words.chat.jump}: ${words.list.unread(chat.unread_count)}`
                : words.chat.jump
          }
          onClick={() =>
            void goBack().then((went) => {
              if (went) return
              keepOrigin("newest")
              toNewest(true)
            })
          }
        >
          {chat.unread_count > 0 && <span className="badge jump-badge">{chat.unread_count}</span>}
          <Icon name={atEnd && !hasMoreAfter ? "up" : "down"} />
        </button>
      )}
      {menu !== undefined && (
        <MessageMenu
          chat={chat}
          entry={menu.entry}
          place={menu.place}
          onClose={() => setMenu(undefined)}
          onReply={onReply}
          onEdit={onEdit}
          onDelete={onDelete}
          onReaders={onReaders}
          reactions={reactions}
        />
      )}
      {reacting.windows}
    </div>
  )
}
