// The day of the message at the top of the view, over the messages while they are scrolled: the lines of the days scroll
// away with them.
import { type RefObject, useEffect, useState } from "react"
import { dayName } from "../format.ts"
import { useWords } from "../i18n/useWords.ts"
import { useDay } from "../now.ts"
import type { VirtualListHandle } from "./VirtualList.tsx"

/** How long it stays after the last movement. */
const restMillis = 1_400
/** Where it lies: below the top edge. */
const below = 14

/** The time of the message at that height, unless the line of a day is there. */
const atTop = (log: HTMLElement, timeOf: (entryKey: string) => string | undefined): string | undefined => {
  const { top } = log.getBoundingClientRect()
  for (const row of log.querySelectorAll<HTMLElement>(".virtual-row")) {
    const box = row.getBoundingClientRect()
    // Beside the line of a day it would be a second one of the same words.
    if (row.dataset.key?.startsWith("day-") === true && box.top < top + 60 && box.bottom > top) return undefined
    if (box.bottom <= top + below) continue
    const key = row.querySelector<HTMLElement>("[data-entry]")?.dataset.entry
    const at = key === undefined ? undefined : timeOf(key)
    if (at !== undefined) return at
  }
  return undefined
}

export const DayChip = ({
  list,
  timeOf,
}: {
  list: RefObject<VirtualListHandle | null>
  timeOf: (entryKey: string) => string | undefined
}) => {
  const words = useWords()
  useDay()
  const [at, setAt] = useState<string>()
  const [moving, setMoving] = useState(false)
  useEffect(() => {
    const log = list.current?.element
    if (log == null) return
    let frame = 0
    let rest: ReturnType<typeof setTimeout> | undefined
    const look = () => {
      frame = 0
      const now = atTop(log, timeOf)
      setAt((before) => now ?? before)
      setMoving(now !== undefined)
      clearTimeout(rest)
      rest = setTimeout(() => setMoving(false), restMillis)
    }
    // Only what the user scrolls: a list that grows moves as well.
    let mine = Number.NEGATIVE_INFINITY
    const began = () => {
      mine = performance.now()
    }
    const onScroll = () => {
      if (performance.now() - mine > restMillis) return
      // It goes on by itself after the finger.
      mine = performance.now()
      if (frame === 0) frame = requestAnimationFrame(look)
    }
    const starts = ["wheel", "touchmove", "keydown", "pointerdown"] as const
    for (const start of starts) log.addEventListener(start, began, { passive: true })
    log.addEventListener("scroll", onScroll, { passive: true })
    return () => {
      for (const start of starts) log.removeEventListener(start, began)
      log.removeEventListener("scroll", onScroll)
      cancelAnimationFrame(frame)
      clearTimeout(rest)
    }
  }, [list, timeOf])
  if (at === undefined) return null
  return (
    <p className={moving ? "day-chip day-chip-moving" : "day-chip"} aria-hidden="true">
      <span className="chip">{dayName(at, words)}</span>
    </p>
  )
}
