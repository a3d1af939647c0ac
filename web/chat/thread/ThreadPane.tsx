// A message with the replies below it, and a composer whose messages are replies: beside the conversation, or over it
// where there is no room.
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../../src/client/state/ChatState.ts"
import type { MessageId } from "../../../src/domain/Ids.ts"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { type Entry, fromMessage, fromPending } from "../../model/Entry.ts"
import { useChatState, useClient, useConversation, useMe } from "../../model/hooks.ts"
import { Icon } from "../../ui/Icon.tsx"
import { below, type MenuPlace } from "../../ui/Menu.tsx"
import { BlockedLine } from "../AboveComposer.tsx"
import { Composer, type ComposerHandle } from "../Composer.tsx"
import { ConversationRow, type RowActions } from "../ConversationRow.tsx"
import { menuLine, moveBetween, moveWithin } from "../lineKeys.ts"
import { MessageMenu } from "../MessageMenu.tsx"
import { chatTitle, isClosed, userName } from "../names.ts"
import { useReactions } from "../reactions/useReactions.tsx"
import { beginRows, type Row, rowsOf } from "../rows.ts"
import type { ComposerMode } from "../unfinished.ts"
import { useMessageActs } from "../useMessageActs.tsx"
import { useSharedNames } from "../useNames.ts"
import { keepThreadDraft, type ThreadDraft, threadDraft } from "./threadDrafts.ts"
import type { ThreadState } from "./threadState.ts"
import { useThread } from "./useThread.ts"

const nearEnd = 40
const highlightMillis = 1_600

const withoutQuote = new WeakMap<Entry, Entry>()
/** A reply to the root needs no quote of it: the root is above. The same object for the same entry. */
const inThread = (entry: Entry, root: MessageId): Entry => {
  if (entry.reply_to !== root) return entry
  const known = withoutQuote.get(entry) ?? { ...entry, reply_to: null }
  withoutQuote.set(entry, known)
  return known
}

const Replies = ({
  chat,
  thread,
  onEarlier,
  isLoadingEarlier,
}: {
  chat: ChatView
  thread: ThreadState
  onEarlier: () => void
  isLoadingEarlier: boolean
}) => {
  const words = useWords()
  const { thread: own } = useMessageWords()
  const client = useClient()
  const me = useMe()
  const conversation = useConversation(chat.id)
  const sharedNames = useSharedNames(conversation?.members ?? null)
  const scroller = useRef<HTMLDivElement>(null)
  const composer = useRef<ComposerHandle>(null)
  const atEnd = useRef(true)
  /** The distance from the end while earlier replies are loading above. */
  const keepFromEnd = useRef<number | undefined>(undefined)
  const [menu, setMenu] = useState<{ entry: Entry; place: MenuPlace }>()
  const [highlighted, setHighlighted] = useState<string>()
  const { root, items } = thread
  const draft = useRef(threadDraft(me.id, root.id))
  const [kept, setKept] = useState(draft.current)
  const keep = useCallback(
    (part: Partial<ThreadDraft>) => {
      draft.current = { ...draft.current, ...part }
      keepThreadDraft(me.id, root.id, draft.current)
      setKept(draft.current)
    },
    [me.id, root.id],
  )
  const setMode = useCallback((mode: ComposerMode) => keep({ mode }), [keep])

  const pending = conversation?.pending
  const { rootRow, rows, entries } = useMemo(() => {
    const options = { me: me.id, hasOlder: false, hasNewer: false, newAfter: undefined }
    const entries = items.map((message) => inThread(fromMessage(message, chat.readSeq, chat.deliveredSeq), root.id))
    const known = new Set<string>(entries.map(({ key }) => key))
    const ids = new Set([root.id, ...items.map(({ id }) => id)])
    for (const one of pending ?? []) {
      const entry = fromPending(one, me.id)
      if (one.replyTo !== null && ids.has(one.replyTo) && !known.has(entry.key)) entries.push(inThread(entry, root.id))
    }
    const rows: Array<Row> = []
    rowsOf(entries, 0, beginRows(options), options, rows, [])
    const rootEntry = fromMessage(root, chat.readSeq, chat.deliveredSeq)
    const rootRow: Row = { kind: "message", key: rootEntry.key, entry: rootEntry, first: true, last: true }
    return { rootRow, rows: rows.filter(({ kind }) => kind !== "start"), entries }
  }, [root, items, pending, chat.readSeq, chat.deliveredSeq, me.id])
  const all = useRef<ReadonlyArray<Entry>>([])
  all.current = [rootRow.entry, ...entries]

  // biome-ignore lint/correctness/useExhaustiveDependencies: other rows are the occasion
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null) return
    if (keepFromEnd.current !== undefined) {
      box.scrollTop = box.scrollHeight - keepFromEnd.current
      keepFromEnd.current = undefined
    } else if (atEnd.current) box.scrollTop = box.scrollHeight
  }, [rows])
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches) composer.current?.focus()
  }, [])

  const edit = ({ id, text }: Entry) => {
    if (id !== null) setMode({ kind: "edit", id, text, typed: text })
  }
  const nameOf = (entry: Entry) =>
    entry.sender_id === me.id ? words.chat.you : userName(client.getState(), entry.sender_id, words)
  const [acts, windows] = useMessageActs(chat, {
    reply: (entry) => {
      if (entry.id !== null)
        setMode({ kind: "reply", id: entry.id, name: nameOf(entry), text: entry.text.slice(0, 240) })
      composer.current?.focus()
    },
    edit,
    done: () => composer.current?.focus(),
  })
  const closed = isClosed(chat)
  const blocked = useChatState((state) => chat.peer !== null && state.blocks.has(chat.peer.id))
  const reacting = useReactions()
  const reactions = closed ? undefined : reacting.actions
  const actions = useMemo<RowActions>(
    () => ({
      openMenu: (entry, place) => setMenu({ entry, place }),
      ...(closed ? {} : { reply: acts.reply }),
      goToQuoted: ({ reply_to }) => {
        const entry = all.current.find(({ id }) => id === reply_to)
        if (entry === undefined) return
        scroller.current?.querySelector(`[data-entry="${CSS.escape(entry.key)}"]`)?.scrollIntoView({ block: "center" })
        setHighlighted(entry.key)
        setTimeout(() => setHighlighted((now) => (now === entry.key ? undefined : now)), highlightMillis)
      },
      retry: (entry) => client.retry(entry.key.slice(1)),
      discard: (entry) => client.discard(entry.key.slice(1)),
      select: () => undefined,
      reactions,
      // What is read here is read in the chat when it is seen there.
      seen: () => undefined,
    }),
    [client, acts, closed, reactions],
  )

  const onKeyDown = (event: KeyboardEvent) => {
    const log = scroller.current
    if (log === null || !(event.target instanceof Element) || !log.contains(event.target)) return
    const here = document.activeElement?.closest<HTMLElement>("[data-entry]")
    if (here && !event.altKey && moveWithin(here, event.key)) {
      event.preventDefault()
      // Escape would close the thread.
      event.stopPropagation()
      return
    }
    if (moveBetween(event, log, "[data-entry]")) return
    const line = menuLine(event)
    const entry = line && all.current.find(({ key }) => key === line.dataset.entry)
    if (line === undefined || entry === undefined || entry.id === null || entry.deleted) return
    event.preventDefault()
    setMenu({ entry, place: below(line.querySelector(".bubble") ?? line, "start") })
  }

  const editLast = () => {
    const last = entries.findLast(({ sender_id, deleted, id }) => sender_id === me.id && !deleted && id !== null)
    if (last === undefined) return false
    edit(last)
    return true
  }

  const row = (one: Row) => {
    const entry = one.kind === "message" ? one.entry : undefined
    const quotes = entry?.reply_to ?? null
    return (
      <ConversationRow
        key={one.key}
        row={one}
        inGroup={chat.type === "group"}
        unread={false}
        quoted={
          quotes === null
            ? undefined
            : (all.current.find(({ id }) => id === quotes) ?? conversation?.quoted.get(quotes))
        }
        sharedNames={sharedNames}
        highlighted={highlighted === one.key}
        replies={null}
        selected={undefined}
        isEmpty={false}
        actions={actions}
      />
    )
  }

  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the messages inside */}
      <div className="messages-pane" onKeyDown={onKeyDown}>
        <div
          ref={scroller}
          className="messages thread-messages"
          role="log"
          aria-live="off"
          aria-label={own.replies}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region has to be reachable by keyboard
          tabIndex={0}
          onScroll={({ currentTarget: box }) => {
            atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd
          }}
        >
          {row(rootRow)}
          <p className="thread-line">
            <span>{thread.count === 0 ? own.none : own.count(thread.count)}</span>
          </p>
          {thread.hasMore && (
            <p className="chip-line">
              <button
                type="button"
                className="chip link-button"
                disabled={isLoadingEarlier}
                onClick={() => {
                  const box = scroller.current
                  if (box !== null) keepFromEnd.current = box.scrollHeight - box.scrollTop
                  onEarlier()
                }}
              >
                {own.earlier}
              </button>
            </p>
          )}
          {rows.map(row)}
        </div>
      </div>
      {closed ? null : blocked ? (
        <BlockedLine chat={chat} />
      ) : (
        <Composer
          ref={composer}
          chat={chat}
          thread={{
            root: root.id,
            draft: kept.text,
            label: own.label,
            placeholder: own.placeholder,
            setDraft: (text) => keep({ text }),
          }}
          mode={kept.mode}
          onMode={setMode}
          onSent={() => {
            atEnd.current = true
          }}
          onEditLast={editLast}
        />
      )}
      {menu !== undefined && (
        <MessageMenu
          chat={chat}
          entry={menu.entry}
          place={menu.place}
          onClose={() => setMenu(undefined)}
          acts={acts}
          reactions={reactions}
        />
      )}
      {reacting.windows}
      {windows}
    </>
  )
}

export const ThreadPane = ({
  chat,
  messageId,
  onClose,
}: {
  chat: ChatView
  messageId: MessageId
  onClose: () => void
}) => {
  const words = useWords()
  const { thread: own } = useMessageWords()
  const { state, failure, again, loadEarlier, isLoadingEarlier } = useThread(chat.id, messageId)
  // Otherwise no element would have the focus; on a phone the keyboard would cover the messages.
  useEffect(
    () => () => {
      const lost = document.activeElement === null || document.activeElement === document.body
      if (lost && matchMedia("(hover: hover)").matches)
        document.querySelector<HTMLElement>(".pane-conversation .composer textarea")?.focus()
    },
    [],
  )
  return (
    <section className="conversation thread" aria-label={own.title}>
      <header className="head side-head">
        <span className="head-text">
          <h2 className="head-name">{own.title}</h2>
          <span className="head-about" dir="auto">
            {chatTitle(chat, words)}
          </span>
        </span>
        <button type="button" className="icon-button" aria-label={own.close} title={own.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {state !== undefined ? (
        <Replies
          key={state.root.id}
          chat={chat}
          thread={state}
          onEarlier={() => void loadEarlier()}
          isLoadingEarlier={isLoadingEarlier}
        />
      ) : (
        <div className="messages-pane messages-wait">
          {failure === undefined ? (
            <span className="spinner" role="status" aria-label={words.loading} />
          ) : (
            <div role="alert" className="chip">
              {failure}{" "}
              <button type="button" className="link-button" onClick={again}>
                {words.retry}
              </button>
            </div>
          )}
        </div>
      )}
    </section>
  )
}
