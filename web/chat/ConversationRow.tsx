// One row of the conversation's list, whatever it is.
import type { ChatView } from "../../src/client/ChatState.ts"
import type { MessageId, UserId } from "../../src/domain/Ids.ts"
import { dayName } from "../format.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useChatState, useMe } from "../model/hooks.ts"
import { useDay } from "../now.ts"
import { Bubble, type BubbleActions } from "./Bubble.tsx"
import type { Row } from "./rows.ts"
import { nameAmong } from "./useNames.ts"

/** What a quote shows of a message. */
type Quoted = Pick<Entry, "sender_id" | "text" | "deleted">

const MessageRow = ({
  row,
  chat,
  byId,
  quoted,
  sharedNames,
  highlighted,
  actions,
}: {
  row: Extract<Row, { kind: "message" }>
  chat: ChatView
  byId: ReadonlyMap<number, Entry>
  quoted: ReadonlyMap<MessageId, Quoted>
  sharedNames: ReadonlySet<string>
  highlighted: boolean
  actions: BubbleActions
}) => {
  const words = useWords()
  const me = useMe()
  const users = useChatState((state) => state.users)
  const { entry } = row
  const nameOf = (id: UserId) => nameAmong(users, id, sharedNames, words)
  const isReply = entry.reply_to !== null && !entry.deleted
  const original = isReply ? (byId.get(entry.reply_to) ?? quoted.get(entry.reply_to)) : undefined
  const quotedName =
    original === undefined
      ? words.chat.unknownQuote
      : original.sender_id === me.id
        ? words.chat.you
        : nameOf(original.sender_id)
  return (
    <Bubble
      entry={entry}
      first={row.first}
      last={row.last}
      own={entry.sender_id === me.id}
      inGroup={chat.type === "group"}
      sender={nameOf(entry.sender_id)}
      quotedName={isReply ? quotedName : null}
      quotedText={original === undefined ? "…" : original.deleted ? words.chat.deleted : original.text.slice(0, 240)}
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
  quoted: ReadonlyMap<MessageId, Quoted>
  sharedNames: ReadonlySet<string>
  highlighted: boolean
  /** Nothing was written in this chat yet. */
  isEmpty: boolean
  actions: BubbleActions
}) => {
  const words = useWords()
  useDay()
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
    case "gap":
      return (
        <p className="chip-line">
          <span className="chip">{words.chat.notLoaded}</span>
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
