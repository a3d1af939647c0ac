// The menu of the button that sends, and the window that it leads to.
import { useState } from "react"
import { createPortal } from "react-dom"
import { ScheduleDialog } from "../dialogs/Schedule.tsx"
import { useMineWords } from "../i18n/useMineWords.ts"
import { Menu, type MenuPlace } from "../ui/Menu.tsx"

export const SendMenu = ({
  place,
  onLater,
  onClose,
}: {
  place: MenuPlace
  onLater: (at: Date) => Promise<boolean>
  onClose: () => void
}) => {
  const { schedule: words } = useMineWords()
  const [choosing, setChoosing] = useState(false)
  // Outside of the composer: a form in a form is none.
  if (choosing)
    return createPortal(
      <ScheduleDialog title={words.title} onSet={onLater} onClose={onClose} />,
      document.querySelector("main") ?? document.body,
    )
  return (
    <Menu
      label={words.options}
      place={place}
      onClose={onClose}
      items={[{ label: words.later, icon: "clock", stays: true, act: () => setChoosing(true) }]}
    />
  )
}
