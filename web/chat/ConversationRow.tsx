// One row of the conversation's list, of any kind.
import { memo } from "react"
import type { UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"
import { clockTime, dayName } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import type { Entry } from "../model/Entry.ts"
import { useChatState, useMe } from "../model/hooks.ts"
import { useDay } from "../now.ts"
import { Loading } from "../ui/Waiting.tsx"
import { Bubble } from "./Bubble.tsx"
import type { BubbleActions } from "./BubbleActions.ts"
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
  /** How many replies are in its thread, in words; null: none. */
  replies: string | null
  /** Undefined while no messages are being selected. */
  selected: boolean | undefined
  /** The chat has no messages yet. */
  isEmpty: boolean
  actions: RowActions
}

export interface RowActions extends BubbleActions {
  select(entry: Entry): void
  /** Absent within a thread. `at`: the time of the day's first message. */
  readonly openDay?: (at: string) => void
}

const MessageRow = ({
  row,
  inGroup,
  unread,
  quoted,
  sharedNames,
  highlighted,
  replies,
  selected,
  actions,
}: Omit<RowProps, "row" | "isEmpty"> & { row: Extract<Row, { kind: "message" }> }) => {
  const words = useWords()
  const { select } = useMessageWords()
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
  const canSelect = !entry.deleted && entry.id !== null
  const bubble = (
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
      replies={replies}
      unread={unread}
      highlighted={highlighted}
      actions={actions}
    />
  )
  // The same element in both modes: nothing in the message begins anew.
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the box inside is what the keyboard uses
    // biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the box inside
    <div
      className={selected === undefined ? undefined : selected ? "selectable selected" : "selectable"}
      onClick={selected === undefined || !canSelect ? undefined : () => actions.select(entry)}
    >
      {selected !== undefined && canSelect && (
        <input
          type="checkbox"
          className="select-box"
          checked={selected}
          data-select={entry.key}
          aria-label={select.one(
            words.chat.from(nameOf(entry.sender_id), clockTime(entry.created_at), entry.text.slice(0, 200)),
          )}
          onChange={() => actions.select(entry)}
          onClick={(event) => event.stopPropagation()}
        />
      )}
      <div inert={selected !== undefined}>{bubble}</div>
    </div>
  )
}

export const ConversationRow = memo(({ row, isEmpty, ...rest }: RowProps) => {
  const words = useWords()
  const { dates } = useMessageWords()
  const { openDay } = rest.actions
  useDay()
  switch (row.kind) {
    case "start":
      return row.loading ? (
        <Loading />
      ) : (
        <p className="chip-line">
          <span className="chip">{isEmpty ? `${words.chat.empty}. ${words.chat.emptyHint}` : words.chat.start}</span>
        </p>
      )
    case "day":
      return (
        <p className="chip-line">
          {openDay === undefined ? (
            <span className="chip">{dayName(row.at, words)}</span>
          ) : (
            <button
              type="button"
              className="chip chip-button"
              tabIndex={-1}
              aria-label={dates.open(dayName(row.at, words))}
              onClick={() => openDay(row.at)}
            >
              {dayName(row.at, words)}
            </button>
          )}
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
