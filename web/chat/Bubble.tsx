// One message: sender, text, time, status.
import { type MouseEvent, memo, useRef, useState } from "react"
import type { FileId } from "../../src/domain/File.ts"
import { endsFromRight } from "../direction.ts"
import { clockTime, fullTime } from "../format.ts"
import { useMessageWords } from "../i18n/useMessageWords.ts"
import { useWords } from "../i18n/useWords.ts"
import { isOnlyEmoji } from "../links.ts"
import type { Entry } from "../model/Entry.ts"
import { Avatar, hue } from "../ui/Avatar.tsx"
import { Icon } from "../ui/Icon.tsx"
import type { BubbleActions } from "./BubbleActions.ts"
import { Status } from "./ChatRow.tsx"
import { Attachments } from "./files/Attachments.tsx"
import { oneLine } from "./files/oneLine.ts"
import { RichText } from "./RichText.tsx"
import { HoverBar } from "./reactions/HoverBar.tsx"
import { Pills } from "./reactions/Pills.tsx"
import { useReacted } from "./reactions/useWanted.ts"

const isTouch = () => matchMedia("(hover: none)").matches
/** The maximum length of a message's label for screen readers; the whole message is in its text. */
const spoken = 1_000

export const Bubble = memo(
  ({
    entry: stored,
    first,
    last,
    own,
    inGroup,
    sender,
    picture,
    origin,
    quotedName,
    quotedText,
    replies,
    unread,
    highlighted,
    actions,
  }: {
    entry: Entry
    first: boolean
    last: boolean
    own: boolean
    inGroup: boolean
    sender: string
    picture: FileId | undefined
    /** Of a forwarded text; null: it is the sender's own. */
    origin: string | null
    /** Null when it is not a reply. */
    quotedName: string | null
    quotedText: string
    /** How many replies are in its thread, in words; null: none, or they are shown below it. */
    replies: string | null
    unread: boolean
    highlighted: boolean
    actions: BubbleActions
  }) => {
    const words = useWords()
    const messageWords = useMessageWords()
    const entry = useReacted(stored)
    const files = entry.attachments.length + entry.uploads.length > 0
    const big = !files && !entry.deleted && entry.reply_to === null && isOnlyEmoji(entry.text)
    const leftwards = !entry.deleted && endsFromRight(entry.text)
    const canAct = !entry.deleted && entry.id !== null
    const { reactions } = actions
    /** Under the pointer of a mouse, or with the focus. */
    const [active, setActive] = useState(false)
    /** A click that ends a text selection does nothing else. */
    const selecting = useRef(false)
    const openAt = (event: MouseEvent) => {
      if (!canAct) return
      event.preventDefault()
      actions.openMenu(entry, { x: event.clientX, y: event.clientY, align: "start" })
    }
    const names = ["bubble"]
    if (own) names.push("bubble-own")
    if (big) names.push("bubble-big")
    if (entry.deleted) names.push("bubble-deleted")
    if (last) names.push("bubble-last")
    if (files) names.push("bubble-files")
    if (files && entry.text === "" && entry.status !== "failed") names.push("bubble-bare")
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens it too, see MessageList
      <article
        className={`line${own ? " line-own" : ""}${first ? " line-first" : ""}${highlighted ? " line-highlighted" : ""}`}
        aria-label={words.chat.from(
          own ? words.chat.you : sender,
          clockTime(entry.created_at),
          entry.deleted ? words.chat.deleted : oneLine(entry, words).slice(0, spoken),
        )}
        tabIndex={-1}
        data-entry={entry.key}
        onPointerEnter={() => setActive(true)}
        onPointerLeave={() => setActive(false)}
        onFocus={() => setActive(true)}
        onBlur={({ currentTarget, relatedTarget }) => {
          // A button that vanished while the focus moves to it would not be clicked.
          if (!currentTarget.contains(relatedTarget)) setActive(currentTarget.matches(":hover"))
        }}
        onPointerDown={() => {
          selecting.current = getSelection()?.isCollapsed === false
        }}
        onContextMenu={(event) => {
          // A long press selects text on touch screens.
          if (isTouch()) return
          if (event.target instanceof Element && event.target.closest("a") !== null) return
          if (getSelection()?.toString() !== "") return
          openAt(event)
        }}
        onClick={(event) => {
          if (!isTouch() || !(event.target instanceof Element)) return
          if (selecting.current || getSelection()?.isCollapsed === false) return
          if (event.target.closest(".bubble") !== null && event.target.closest("a, button, input, video") === null)
            openAt(event)
        }}
      >
        {inGroup && !own && (
          <span className="line-avatar">
            {last && <Avatar id={entry.sender_id} name={sender} picture={picture} size="s" />}
          </span>
        )}
        <div className={names.join(" ")}>
          {inGroup && !own && first && (
            <span className={`bubble-sender hue-${hue(entry.sender_id)}`} dir="auto">
              {sender}
            </span>
          )}
          {origin !== null &&
            (entry.original === undefined ? (
              <span className="bubble-origin" dir="auto">
                {origin}
              </span>
            ) : (
              <button
                type="button"
                tabIndex={-1}
                className="bubble-origin bubble-original"
                title={messageWords.forward.original}
                onClick={() => actions.goToOriginal(entry)}
              >
                <span dir="auto">{origin}</span>
                <Icon name="next" size={14} />
              </button>
            ))}
          {quotedName !== null && (
            <button
              type="button"
              tabIndex={-1}
              className="quote"
              title={words.chat.goToQuoted}
              onClick={() => actions.goToQuoted(entry)}
            >
              <span className="quote-name" dir="auto">
                {quotedName}
              </span>
              <span className="quote-text" dir="auto">
                {quotedText}
              </span>
            </button>
          )}
          {files && <Attachments entry={entry} onCancel={() => actions.discard(entry)} />}
          <div className="bubble-body">
            <span className="bubble-text">
              {entry.deleted ? (
                words.chat.deleted
              ) : (
                <RichText text={entry.text} mentions={entry.mentions} mentionsAll={entry.mentionsAll} />
              )}
            </span>
            <span className={leftwards ? "bubble-meta bubble-meta-left" : "bubble-meta"}>
              {entry.edited && !entry.deleted && <span>{words.chat.edited}</span>}
              <time dateTime={entry.created_at} title={fullTime(entry.created_at)}>
                {clockTime(entry.created_at)}
              </time>
              {own && !entry.deleted && <Status status={entry.status} />}
            </span>
          </div>
          {entry.status === "failed" && (
            <div className="bubble-failed">
              {entry.failure !== null && <span className="bubble-reason">{words.chat.refused[entry.failure]}</span>}
              <button type="button" className="link-button" onClick={() => actions.retry(entry)}>
                {words.chat.failedRetry}
              </button>
              <button type="button" className="link-button" onClick={() => actions.discard(entry)}>
                {words.chat.failedDiscard}
              </button>
            </div>
          )}
          {entry.reactions.length > 0 && reactions !== undefined && <Pills entry={entry} actions={reactions} />}
          {replies !== null && (
            <button
              type="button"
              tabIndex={-1}
              className="link-button bubble-thread"
              onClick={() => actions.openThread?.(entry)}
            >
              <Icon name="thread" size={16} />
              {replies}
            </button>
          )}
          {unread && entry.seq !== null && <span className="seen-mark" data-seq={entry.seq} ref={actions.seen} />}
        </div>
        {canAct && active && !isTouch() && <HoverBar entry={entry} own={own} actions={actions} />}
      </article>
    )
  },
)
