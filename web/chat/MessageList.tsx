// The conversation: rows in a virtual list, the initial position, read marks, and the actions on messages.
import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react"
import type { ChatView, Conversation } from "../../src/client/state/ChatState.ts"
import type { MessageId } from "../../src/domain/Ids.ts"
import { hasAttention, onAttention } from "../attention.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useTextWords } from "../i18n/useTextWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useChatState, useClient, useMe } from "../model/hooks.ts"
import type { Place } from "../pages/address.ts"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { ConversationRow, type RowActions } from "./ConversationRow.tsx"
import { DayChip } from "./DayChip.tsx"
import type { MessageActs } from "./MessageActs.ts"
import type { Beginning } from "./openConversation.ts"
import type { Row } from "./rows.ts"
import { Transcript } from "./Transcript.ts"
import { type ThreadCounts, threadCounts } from "./threadCounts.ts"
import { useBound } from "./useBound.ts"
import { useJumps } from "./useJumps.ts"
import { useLines } from "./useLines.tsx"
import { useMentionJump } from "./useMentionJump.ts"
import { useSharedNames } from "./useNames.ts"
import { useSeen } from "./useSeen.ts"
import { VirtualList, type VirtualListHandle } from "./VirtualList.tsx"

const JumpToDate = later(() => import("./windows.ts").then(({ JumpToDate }) => JumpToDate))

export interface MessageListHandle {
  scrollToEnd(): void
  /** Shows the message at `seq`, with a way back. */
  goTo(seq: number): void
  /** Scrolls by a page: up (-1) or down (1). */
  turn(pages: -1 | 1): void
  /** Opens the window to jump to a date. */
  openDates(): void
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
  acts,
  selected,
  onSelect,
}: {
  ref: Ref<MessageListHandle>
  chat: ChatView
  conversation: Conversation
  place: Place
  begin: Beginning
  acts: MessageActs
  /** Undefined while no messages are being selected. */
  selected: ReadonlyMap<MessageId, Entry> | undefined
  onSelect: (entry: Entry) => void
}) => {
  const words = useWords()
  const { thread } = useMessageWords()
  const client = useClient()
  const me = useMe()
  const list = useRef<VirtualListHandle>(null)
  const [newAfter, setNewAfter] = useState(chat.unread_count > 0 ? chat.last_read_seq : undefined)
  const [atEnd, setAtEnd] = useState(newAfter === undefined)
  const [failed, setFailed] = useState(false)
  const [day, setDay] = useState<string>()
  const { hasMoreBefore: hasOlder, hasMoreAfter } = conversation
  const [transcript] = useState(() => new Transcript())
  const { entries, rows } = transcript.update(
    conversation,
    chat.readSeq,
    { me: me.id, hasOlder, hasNewer: hasMoreAfter, newAfter },
    chat.deliveredSeq,
  )
  const sharedNames = useSharedNames(conversation.members)
  const counts = useRef<ThreadCounts>(new Map())
  const { messages } = conversation
  counts.current = useMemo(() => threadCounts(messages, counts.current), [messages])
  const latest = useRef({ rows, chat, conversation })
  latest.current = { rows, chat, conversation }
  const onFailed = useCallback(() => setFailed(true), [])
  const jumps = useJumps(list, chat, conversation, rows, place, onFailed)
  const { goToMessage, goTo, goBack, keepOrigin, forgetOrigins, leaveNewest } = jumps
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

  const pane = useRef<HTMLDivElement>(null)
  const lines = useLines({
    chat,
    acts,
    pane,
    list,
    entryOf: (key) => transcript.entry(key),
    stops: selected === undefined ? "[data-entry], .chip-button" : "[data-select]",
    isSelecting: selected !== undefined,
  })
  const actions = useMemo<RowActions>(
    () => ({
      ...lines.actions,
      ...(acts.thread === undefined ? {} : { openThread: acts.thread }),
      select: onSelect,
      openDay: setDay,
      goToQuoted: (entry) => {
        if (entry.reply_to !== null) void goToMessage(entry.reply_to)
      },
      seen,
    }),
    [lines.actions, goToMessage, seen, acts, onSelect],
  )
  const timeOf = useCallback((key: string) => transcript.entry(key)?.created_at, [transcript])

  useImperativeHandle(
    ref,
    () => ({
      scrollToEnd() {
        setNewAfter(undefined)
        forgetOrigins()
        toNewest(false)
      },
      goTo,
      turn(pages) {
        const box = list.current?.element
        box?.scrollBy({ top: pages * Math.max(80, box.clientHeight - 80) })
      },
      openDates: () => setDay(new Date().toISOString()),
      focus() {
        const lines = list.current?.element?.querySelectorAll<HTMLElement>("[data-entry]")
        const last = lines?.[lines.length - 1]
        last?.focus()
      },
    }),
    [toNewest, forgetOrigins, goTo],
  )

  const render = (row: Row) => {
    const entry = row.kind === "message" ? row.entry : undefined
    const replies = entry?.id == null ? 0 : (counts.current.get(entry.id) ?? 0)
    const quotes = entry?.deleted === false ? entry.reply_to : null
    return (
      <ConversationRow
        row={row}
        inGroup={chat.type === "group"}
        unread={entry !== undefined && entry.sender_id !== me.id && (entry.seq ?? 0) > chat.last_read_seq}
        quoted={quotes === null ? undefined : (transcript.message(quotes) ?? conversation.quoted.get(quotes))}
        sharedNames={sharedNames}
        highlighted={jumps.highlighted === row.key}
        // All replies are below: those that are not loaded are at the end.
        replies={replies === 0 ? null : thread.count(replies, hasMoreAfter)}
        selected={selected === undefined || entry?.id == null ? undefined : selected.has(entry.id)}
        isEmpty={entries.length === 0}
        actions={actions}
      />
    )
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the messages inside
    <div ref={pane} className="messages-pane" {...lines.handlers}>
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
      <DayChip list={list} timeOf={timeOf} />
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
      {day !== undefined && <JumpToDate chat={chat} from={day} onGo={goTo} onClose={() => setDay(undefined)} />}
      {lines.windows}
    </div>
  )
}
