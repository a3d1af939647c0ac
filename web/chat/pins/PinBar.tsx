// The bar under the head of a conversation: one pinned message, which it leads to, and then the one before it.
import { useEffect, useState } from "react"
import { useMessageWords } from "../../i18n/useMessageWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { summary } from "../text/summary.ts"
import type { PinnedMessage } from "./pinnedMessages.ts"

/** Marks for more pins would be too small to see. */
const marksAtMost = 12

export const PinBar = ({
  pins,
  onGo,
  onList,
}: {
  pins: ReadonlyArray<PinnedMessage>
  onGo: (seq: number) => void
  onList: () => void
}) => {
  const { pins: words } = useMessageWords()
  const [at, setAt] = useState(0)
  const newest = pins[0]?.message_id
  // A new pin is shown at once.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest pin is the occasion
  useEffect(() => setAt(0), [newest])
  const shown = pins[Math.min(at, pins.length - 1)]
  if (shown === undefined) return null
  const index = pins.indexOf(shown)
  const place = pins.length === 1 ? words.one : words.place(index + 1, pins.length)
  return (
    <section className="pin-bar" aria-label={words.bar}>
      <button
        type="button"
        className="pin-go"
        title={words.go}
        onClick={() => {
          onGo(shown.message.seq)
          setAt((index + 1) % pins.length)
        }}
      >
        {pins.length > 1 && pins.length <= marksAtMost ? (
          <span className="pin-marks" aria-hidden="true">
            {/* As in the chat: the newest is the lowest. */}
            {pins.map(({ message_id }) => (
              <span
                key={message_id}
                className={message_id === shown.message_id ? "pin-mark pin-mark-here" : "pin-mark"}
              />
            ))}
          </span>
        ) : (
          <span className="pin-marks" aria-hidden="true">
            <span className="pin-mark pin-mark-here" />
          </span>
        )}
        <span className="pin-text">
          <span className="quote-name">{place}</span>
          <span className="quote-text" dir="auto">
            {summary(shown.message.text.slice(0, 240)) || "…"}
          </span>
        </span>
      </button>
      <button type="button" className="icon-button" aria-label={words.all} title={words.all} onClick={onList}>
        <Icon name={pins.length === 1 ? "pushPin" : "list"} size={20} />
      </button>
    </section>
  )
}
