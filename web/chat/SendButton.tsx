// The button that sends. Its menu (right click, long press, arrow keys) sends later.
import { type KeyboardEvent, useState } from "react"
import { useWords } from "../i18n/useWords.ts"
import { Icon } from "../ui/Icon.tsx"
import { later } from "../ui/later.tsx"
import { below, type MenuPlace } from "../ui/Menu.tsx"
import { useMenuGestures } from "../ui/useLongPress.ts"

const SendMenu = later(() => import("./windows.ts").then(({ SendMenu }) => SendMenu))

export const SendButton = ({
  disabled,
  label,
  icon,
  onLater,
}: {
  disabled: boolean
  label: string
  icon: "send" | "check"
  /** Has the server send it then; resolves with whether it will. Absent: it cannot be sent later. */
  onLater: ((at: Date) => Promise<boolean>) | undefined
}) => {
  const words = useWords()
  const [place, setPlace] = useState<MenuPlace>()
  const canWait = onLater !== undefined && !disabled
  const gestures = useMenuGestures((at) => canWait && setPlace({ ...at, align: "end" }))
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>) => {
    if (!canWait || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return
    event.preventDefault()
    setPlace(below(event.currentTarget))
  }
  return (
    <>
      <button
        type="submit"
        className="send"
        disabled={disabled}
        aria-label={label}
        aria-haspopup={onLater === undefined ? undefined : "menu"}
        title={canWait ? words.composer.sendHint : undefined}
        onKeyDown={onKeyDown}
        {...gestures}
        onPointerDown={(event) => {
          // The field keeps the focus.
          event.preventDefault()
          gestures.onPointerDown(event)
        }}
      >
        <Icon name={icon} />
      </button>
      {place !== undefined && onLater !== undefined && (
        <SendMenu place={place} onLater={onLater} onClose={() => setPlace(undefined)} />
      )}
    </>
  )
}
