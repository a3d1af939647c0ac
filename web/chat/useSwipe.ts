// Swiping a message answers it, on touch screens. The message follows the finger.
import { type RefObject, useEffect, useRef } from "react"
import { isAnswer, type Point, type Swipe, swiped } from "./swipe.ts"

/** `onSwiped` gets the key of the entry; undefined: nothing can be answered. */
export const useSwipe = (
  pane: RefObject<HTMLElement | null>,
  onSwiped: ((entryKey: string) => void) | undefined,
): void => {
  const answer = useRef(onSwiped)
  answer.current = onSwiped
  useEffect(() => {
    const box = pane.current
    if (box === null) return
    let line: HTMLElement | undefined
    let from: Point = { x: 0, y: 0 }
    let swipe: Swipe = { kind: "open" }
    const end = () => {
      line?.style.removeProperty("translate")
      line?.classList.remove("line-swiped", "line-swiped-enough")
      line = undefined
      swipe = { kind: "open" }
    }
    const onStart = (event: TouchEvent) => {
      end()
      const [touch] = event.touches
      if (touch === undefined || event.touches.length > 1 || answer.current === undefined) return
      if (!(event.target instanceof Element) || getSelection()?.isCollapsed === false) return
      // A deleted or unsent message cannot be answered, and what scrolls sideways by itself is left alone.
      if (event.target.closest("pre, input, audio, video") !== null) return
      line = event.target.closest<HTMLElement>("[data-entry]") ?? undefined
      if (line?.querySelector(".bubble-deleted, .bubble-failed") != null) line = undefined
      from = { x: touch.clientX, y: touch.clientY }
    }
    const onMove = (event: TouchEvent) => {
      const [touch] = event.touches
      if (line === undefined || touch === undefined || event.touches.length > 1) return end()
      const towards = getComputedStyle(line).direction === "rtl" ? 1 : -1
      swipe = swiped(swipe, from, { x: touch.clientX, y: touch.clientY }, towards)
      if (swipe.kind !== "swipe") return
      // The browser neither scrolls nor goes back.
      if (event.cancelable) event.preventDefault()
      line.style.translate = `${swipe.by * towards}px`
      line.classList.add("line-swiped")
      line.classList.toggle("line-swiped-enough", isAnswer(swipe))
    }
    const onEnd = () => {
      const key = line?.dataset.entry
      const answers = isAnswer(swipe)
      end()
      if (answers && key !== undefined) answer.current?.(key)
    }
    box.addEventListener("touchstart", onStart, { passive: true })
    box.addEventListener("touchmove", onMove, { passive: false })
    box.addEventListener("touchend", onEnd)
    box.addEventListener("touchcancel", end)
    return () => {
      box.removeEventListener("touchstart", onStart)
      box.removeEventListener("touchmove", onMove)
      box.removeEventListener("touchend", onEnd)
      box.removeEventListener("touchcancel", end)
    }
  }, [pane])
}
