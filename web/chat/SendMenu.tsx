// The menu of the button that sends, and the window that it leads to.
import { useState } from "react"
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
  if (choosing) return <ScheduleDialog title={words.title} onSet={onLater} onClose={onClose} />
  return (
    <Menu
      label={words.options}
      place={place}
      onClose={onClose}
      items={[{ label: words.later, icon: "clock", stays: true, act: () => setChoosing(true) }]}
    />
  )
}
