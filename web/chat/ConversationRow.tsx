// One row of the conversation's list, whatever it is.
import type { ChatView } from "../../src/client/ChatState.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import { dayName } from "../format.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useChatState, useMe } from "../model/hooks.ts"
import { Bubble, type BubbleActions } from "./Bubble.tsx"
import { personName } from "./names.ts"
import type { Row } from "./rows.ts"

const MessageRow = ({
  row,
  chat,
  byId,
  highlighted,
  actions,
}: {
  row: Extract<Row, { kind: "message" }>
  chat: ChatView
  byId: ReadonlyMap<number, Entry>
  highlighted: boolean
  actions: BubbleActions
}) => {
  const words = useWords()
  const me = useMe()
  const users = useChatState((state) => state.users)
  const { entry } = row
  const nameOf = (id: UserId) => personName(users.get(id), words)
  const isReply = entry.reply_to !== null && !entry.deleted
  const quoted = isReply ? byId.get(entry.reply_to) : undefined
  const quotedName =
    quoted === undefined
      ? words.chat.unknownQuote
      : quoted.sender_id === me.id
        ? words.chat.you
        : nameOf(quoted.sender_id)
  return (
    <Bubble
      entry={entry}
      first={row.first}
      last={row.last}
      own={entry.sender_id === me.id}
      inGroup={chat.type === "group"}
      sender={nameOf(entry.sender_id)}
      quotedName={isReply ? quotedName : null}
      quotedText={quoted === undefined ? "…" : quoted.deleted ? words.chat.deleted : quoted.text.slice(0, 240)}
      unread={entry.sender_id !== me.id && entry.seq !== null && entry.seq > chat.last_read_seq}
      highlighted={highlighted}
      actions={actions}
    />
  )
}

export const ConversationRow = ({
  row,
  isEmpty,
  ...rest
}: {
  row: Row
  chat: ChatView
  byId: ReadonlyMap<number, Entry>
  highlighted: boolean
  /** Nothing was written in this chat yet. */
  isEmpty: boolean
  actions: BubbleActions
}) => {
  const words = useWords()
  switch (row.kind) {
    case "start":
      return row.loading ? (
        <div className="list-loading">
          <span className="spinner" />
          <span className="visually-hidden">{words.loading}</span>
        </div>
      ) : (
        <p className="chip-line">
          <span className="chip">{isEmpty ? `${words.chat.empty}. ${words.chat.emptyHint}` : words.chat.start}</span>
        </p>
      )
    case "day":
      return (
        <p className="chip-line">
          <span className="chip">{dayName(row.at, words)}</span>
        </p>
      )
    case "new":
      return (
        <p className="new-line">
          <span>{words.chat.newMessages}</span>
        </p>
      )
    case "message":
      return <MessageRow row={row} {...rest} />
  }
}
