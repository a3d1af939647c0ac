// Reports which messages were on the screen: the end of a message in the viewport of a page with attention.

import { useCallback, useEffect, useRef } from "react"
import { hasAttention, onAttention } from "../attention.ts"

const pauseMillis = 80

/**
 * A ref for the marks at the ends of messages (`data-seq`); `onSeen` receives the highest one, and only when it rises.
 */
export const useSeen = (onSeen: (seq: number) => void) => {
  const callback = useRef(onSeen)
  callback.current = onSeen
  const observer = useRef<IntersectionObserver | undefined>(undefined)
  const onScreen = useRef(new Set<Element>())
  const told = useRef(0)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  const tell = useCallback(() => {
    timer.current = undefined
    if (!hasAttention()) return
    let highest = 0
    for (const element of onScreen.current) {
      if (element.isConnected && element instanceof HTMLElement)
        highest = Math.max(highest, Number(element.dataset.seq))
    }
    if (highest > told.current) {
      told.current = highest
      callback.current(highest)
    }
  }, [])

  const soon = useCallback(() => {
    timer.current ??= setTimeout(tell, pauseMillis)
  }, [tell])

  useEffect(() => {
    const stop = onAttention(soon)
    return () => {
      stop()
      clearTimeout(timer.current)
      timer.current = undefined
      observer.current?.disconnect()
      observer.current = undefined
      onScreen.current.clear()
    }
  }, [soon])

  return useCallback(
    (element: HTMLElement | null) => {
      if (element === null) return
      observer.current ??= new IntersectionObserver((changes) => {
        for (const { target, isIntersecting } of changes) {
          if (isIntersecting) onScreen.current.add(target)
          else onScreen.current.delete(target)
        }
        soon()
      })
      const watching = observer.current
      watching.observe(element)
      return () => {
        watching.unobserve(element)
        onScreen.current.delete(element)
      }
    },
    [soon],
  )
}
