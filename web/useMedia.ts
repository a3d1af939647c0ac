// Properties of the device that may change while the page is open.
import { useCallback, useSyncExternalStore } from "react"

export const useMedia = (query: string): boolean => {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query)
      list.addEventListener("change", listener)
      return () => list.removeEventListener("change", listener)
    },
    [query],
  )
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches)
}

/** A touch screen: there is no Shift+Enter, and a tap is not precise. */
export const useCoarsePointer = (): boolean => useMedia("(pointer: coarse)")
