// The reactions under a message: each emoji with its number, the user's own ones marked. A click gives or takes back.
import { useTextWords } from "../../i18n/useTextWords.ts"
import type { Entry } from "../../model/Entry.ts"
import type { ReactionActions } from "./useReactions.tsx"

export const Pills = ({ entry, actions }: { entry: Entry; actions: ReactionActions }) => {
  const { reactions: words } = useTextWords()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be a form
    <div className="pills" role="group" aria-label={words.title}>
      {entry.reactions.map(({ count, emoji }) => {
        const own = entry.mine.includes(emoji)
        return (
          <button
            key={emoji}
            type="button"
            tabIndex={-1}
            className={own ? "pill pill-own" : "pill"}
            aria-pressed={own}
            aria-label={words.pill(emoji, count, own)}
            title={words.who}
            onClick={() => actions.react(entry, emoji)}
            onContextMenu={(event) => {
              event.preventDefault()
              event.stopPropagation()
              actions.showWho(entry, emoji)
            }}
          >
            <span className="pill-emoji" aria-hidden="true">
              {emoji}
            </span>
            <span aria-hidden="true">{count.toLocaleString()}</span>
          </button>
        )
      })}
    </div>
  )
}
