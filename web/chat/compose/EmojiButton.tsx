// The button in the composer that opens all emoji. Touch keyboards have emoji of their own.
import { type RefObject, useState } from "react"
import { useTextWords } from "../../i18n/useTextWords.ts"
import { Icon } from "../../ui/Icon.tsx"
import { later } from "../../ui/later.tsx"
import { below, type MenuPlace } from "../../ui/Menu.tsx"
import { replaceIn } from "./replaceIn.ts"

const EmojiWindow = later(() => import("../windows.ts").then(({ EmojiWindow }) => EmojiWindow))

export const EmojiButton = ({ area }: { area: RefObject<HTMLTextAreaElement | null> }) => {
  const { compose: words } = useTextWords()
  const [place, setPlace] = useState<MenuPlace>()
  const insert = (emoji: string) => {
    const box = area.current
    if (box === null) return
    const { selectionEnd: to, selectionStart: from } = box
    const caret = from + emoji.length
    replaceIn(box, { from, to, text: emoji, start: caret, end: caret })
  }
  return (
    <>
      <button
        type="button"
        className="icon-button composer-emoji"
        aria-label={words.emoji}
        aria-haspopup="dialog"
        onClick={(event) => setPlace(below(event.currentTarget))}
      >
        <Icon name="smile" size={24} />
      </button>
      {place !== undefined && <EmojiWindow place={place} onChoose={insert} onClose={() => setPlace(undefined)} />}
    </>
  )
}
