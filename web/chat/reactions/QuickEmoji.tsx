// A row of emoji to react with at once, and a button for all others: beside a message under the pointer, and in its menu.
import { useTextWords } from "../../i18n/useTextWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { quickEmoji, recentEmoji } from "./quickEmoji.ts"

export const QuickEmoji = ({
  mine,
  count,
  role,
  onChoose,
  onMore,
}: {
  /** The user's own reactions: choosing one of them takes it back. */
  mine: ReadonlyArray<string>
  count: number
  role?: "menuitem"
  onChoose: (emoji: string) => void
  onMore: (button: Element) => void
}) => {
  const { reactions: words } = useTextWords()
  return (
    <>
      {quickEmoji(recentEmoji(), count).map((emoji) => {
        const own = mine.includes(emoji)
        return (
          <button
            key={emoji}
            type="button"
            role={role}
            tabIndex={-1}
            className={own ? "quick quick-own" : "quick"}
            aria-label={own ? words.remove(emoji) : words.add(emoji)}
            onClick={() => onChoose(emoji)}
          >
            {emoji}
          </button>
        )
      })}
      <button
        type="button"
        role={role}
        tabIndex={-1}
        className="quick quick-more"
        aria-label={words.more}
        aria-haspopup="dialog"
        onClick={(event) => onMore(event.currentTarget)}
      >
        <Icon name="smile" size={20} />
      </button>
    </>
  )
}
