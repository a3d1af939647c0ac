// One row of the conversation's list, of any kind.
import { memo } from "react"
import type { UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { dayName } from "../format.ts"
import { useWords } from "../i18n/useWords.ts"
import { useChatState, useMe } from "../model/hooks.ts"
import { useDay } from "../now.ts"
import { Bubble, type BubbleActions } from "./Bubble.tsx"
import { oneLine } from "./files/oneLine.ts"
import type { Row } from "./rows.ts"
import { nameAmong } from "./useNames.ts"

/** The part of a message that a quote shows. */
type Quoted = Pick<Message, "sender_id" | "text" | "deleted" | "attachments">

interface RowProps {
  row: Row
  inGroup: boolean
  /** This user has not seen it yet. */
  unread: boolean
  /** The message to which it replies, if known. */
  quoted: Quoted | undefined
  sharedNames: ReadonlySet<string>
  highlighted: boolean
  /** The chat has no messages yet. */
  isEmpty: boolean
  actions: BubbleActions
}

const MessageRow = ({
  row,
  inGroup,
  unread,
  quoted,
  sharedNames,
  highlighted,
  actions,
}: Omit<RowProps, "row" | "isEmpty"> & { row: Extract<Row, { kind: "message" }> }) => {
  const words = useWords()
  const me = useMe()
  const users = useChatState((state) => state.users)
  const { entry } = row
  const nameOf = (id: UserId) => nameAmong(users, id, sharedNames, words)
  const originOf = (author: UserId | null) =>
    author === null || !users.has(author) ? words.chat.forwarded : words.chat.forwardedFrom(nameOf(author))
  const isReply = entry.reply_to !== null && !entry.deleted
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
      inGroup={inGroup}
      sender={nameOf(entry.sender_id)}
      picture={users.get(entry.sender_id)?.avatar}
      origin={entry.author === undefined || entry.deleted ? null : originOf(entry.author)}
      quotedName={isReply ? quotedName : null}
      quotedText={
        quoted === undefined ? "…" : quoted.deleted ? words.chat.deleted : oneLine(quoted, words).slice(0, 240)
      }
      unread={unread}
      highlighted={highlighted}
      actions={actions}
    />
  )
}

export const ConversationRow = memo(({ row, isEmpty, ...rest }: RowProps) => {
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
})
