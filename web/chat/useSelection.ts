// The messages that the user has selected, to copy, forward or delete them together.
import { useCallback, useState } from "react"
import { messageWords } from "../i18n/useMessageWords.ts"
import type { Entry } from "../model/Entry.ts"
import { notice } from "../ui/notices.tsx"
import { type Selected, selectedAtMost } from "./selected.ts"

export const useSelection = () => {
  const [selected, setSelected] = useState<Selected>()
  const toggle = useCallback((entry: Entry) => {
    const { id } = entry
    if (id === null) return
    setSelected((before) => {
      const next = new Map(before)
      if (!next.delete(id)) {
        if (next.size === selectedAtMost) {
          notice(messageWords().select.most(selectedAtMost))
          return before
        }
        next.set(id, entry)
      }
      return next
    })
  }, [])
  const stop = useCallback(() => setSelected(undefined), [])
  return { selected, toggle, stop }
}
