// A message with the replies below it, and a composer whose messages are replies: beside the conversation, or over it
// where there is no room.
import { useCallback, useEffect, useMemo, useRef, useState } from "react"
import type { ChatView } from "../../../src/client/state/ChatState.ts"
import type { MessageId } from "../../../src/domain/Ids.ts"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { useWords } from "../../i18n/useWords.ts"
import { type Entry, fromMessage, fromPending } from "../../model/Entry.ts"
import { useChatState, useClient, useConversation, useMe } from "../../model/hooks.ts"
import { Icon } from "../../ui/Icon.tsx"
import { PaneWaiting } from "../../ui/Waiting.tsx"
import { BlockedLine } from "../AboveComposer.tsx"
import { Composer, type ComposerHandle } from "../Composer.tsx"
import { ConversationRow, type RowActions } from "../ConversationRow.tsx"
import { useDrop } from "../files/useDrop.tsx"
import { useTray } from "../files/useTray.ts"
import { chatTitle, isClosed, userName } from "../names.ts"
import { beginRows, type Row, rowsOf } from "../rows.ts"
import type { ComposerMode } from "../unfinished.ts"
import { useLines } from "../useLines.tsx"
import { useMessageActs } from "../useMessageActs.tsx"
import { useSharedNames } from "../useNames.ts"
import { VirtualList, type VirtualListHandle } from "../VirtualList.tsx"
import { keepThreadDraft, type ThreadDraft, threadDraft } from "./threadDrafts.ts"
import type { ThreadState } from "./threadState.ts"
import { type EarlierReplies, useThread } from "./useThread.ts"

const highlightMillis = 1_600

/** The lines between the root and its replies. */
type ThreadRow =
  | Row
  | { readonly kind: "count"; readonly key: "count" }
  | { readonly kind: "earlier"; readonly key: "earlier" }
const countRow: ThreadRow = { kind: "count", key: "count" }
const earlierRow: ThreadRow = { kind: "earlier", key: "earlier" }

const isLine = (key: string) => /^(day-.*|count|earlier)$/.test(key)
const estimate = (key: string) => (isLine(key) ? 44 : 58)

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
  earlier,
  onEarlier,
}: {
  chat: ChatView
  thread: ThreadState
  earlier: EarlierReplies
  onEarlier: () => void
}) => {
  const words = useWords()
  const { thread: own } = useMessageWords()
  const client = useClient()
  const me = useMe()
  const conversation = useConversation(chat.id)
  const sharedNames = useSharedNames(conversation?.members ?? null)
  const pane = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualListHandle>(null)
  const composer = useRef<ComposerHandle>(null)
  const [highlighted, setHighlighted] = useState<string>()
  const { root, items, hasMore } = thread
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
  const { rows, rootKey, entries, byKey, byId } = useMemo(() => {
    const options = { me: me.id, hasOlder: false, hasNewer: false, newAfter: undefined }
    const entries = items.map((message) => inThread(fromMessage(message, chat.readSeq, chat.deliveredSeq), root.id))
    const known = new Set<string>(entries.map(({ key }) => key))
    const ids = new Set([root.id, ...items.map(({ id }) => id)])
    for (const one of pending ?? []) {
      const entry = fromPending(one, me.id)
      if (one.replyTo !== null && ids.has(one.replyTo) && !known.has(entry.key)) entries.push(inThread(entry, root.id))
    }
    const own: Array<Row> = []
    rowsOf(entries, 0, beginRows(options), options, own, [])
    const rootEntry = fromMessage(root, chat.readSeq, chat.deliveredSeq)
    const rows: ReadonlyArray<ThreadRow> = [
      { kind: "message", key: rootEntry.key, entry: rootEntry, first: true, last: true },
      countRow,
      ...(hasMore ? [earlierRow] : []),
      ...own.filter(({ kind }) => kind !== "start"),
    ]
    const all = [rootEntry, ...entries]
    return {
      rows,
      rootKey: rootEntry.key,
      entries,
      byKey: new Map(all.map((entry) => [entry.key, entry])),
      byId: new Map(all.map((entry) => [entry.id, entry])),
    }
  }, [root, items, hasMore, pending, chat.readSeq, chat.deliveredSeq, me.id])
  const latest = useRef(byId)
  latest.current = byId

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
  const lines = useLines({ chat, acts, pane, list, entryOf: (key) => byKey.get(key), stops: "[data-entry]" })
  const actions = useMemo<RowActions>(
    () => ({
      ...lines.actions,
      goToQuoted: ({ reply_to }) => {
        const entry = latest.current.get(reply_to)
        if (entry === undefined || list.current?.scrollToKey(entry.key, "center") !== true) return
        setHighlighted(entry.key)
        setTimeout(() => setHighlighted((now) => (now === entry.key ? undefined : now)), highlightMillis)
      },
      select: () => undefined,
      // What is read here is read in the chat when it is seen there.
      seen: () => undefined,
    }),
    [lines.actions],
  )

  const tray = useTray(chat.id, root.id)
  const drop = useDrop(tray, composer, !closed && kept.mode.kind !== "edit")

  const editLast = () => {
    const last = entries.findLast(({ sender_id, deleted, id }) => sender_id === me.id && !deleted && id !== null)
    if (last === undefined) return false
    edit(last)
    return true
  }

  const render = (row: ThreadRow) => {
    if (row.kind === "count") {
      return (
        <p className="thread-line">
          <span>{thread.count === 0 ? own.none : own.count(thread.count)}</span>
        </p>
      )
    }
    if (row.kind === "earlier") {
      return (
        <p className="chip-line">
          <button type="button" className="chip link-button" disabled={earlier === "loading"} onClick={onEarlier}>
            {own.earlier}
          </button>
        </p>
      )
    }
    const quotes = row.kind === "message" ? row.entry.reply_to : null
    return (
      <ConversationRow
        row={row}
        inGroup={chat.type === "group"}
        unread={false}
        quoted={quotes === null ? undefined : (byId.get(quotes) ?? conversation?.quoted.get(quotes))}
        sharedNames={sharedNames}
        highlighted={highlighted === row.key}
        replies={null}
        selected={undefined}
        isEmpty={false}
        actions={actions}
      />
    )
  }

  return (
    <>
      <div ref={pane} className="messages-pane" {...lines.handlers} {...drop.handlers}>
        <VirtualList
          ref={list}
          className="messages thread-messages"
          label={own.replies}
          rows={rows}
          render={render}
          estimate={estimate}
          follow
          // Earlier replies come between the root and the others.
          drifts={(key) => isLine(key) || key === rootKey}
          onNearStart={() => {
            if (hasMore && earlier === "idle") onEarlier()
          }}
        />
        {drop.sign}
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
          onSent={() => list.current?.scrollToEnd()}
          onEditLast={editLast}
        />
      )}
      {lines.windows}
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
  const { state, failure, again, earlier, loadEarlier } = useThread(chat.id, messageId)
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
          earlier={earlier}
          onEarlier={() => void loadEarlier()}
        />
      ) : (
        <PaneWaiting failure={failure} onRetry={again} />
      )}
    </section>
  )
}
