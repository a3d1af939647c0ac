// The time as the page shows it: components that use it are drawn anew when it changes, at midnight too.
import { useSyncExternalStore } from "react"
import { dayNumber } from "./day.ts"

const minuteMillis = 60_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setTimeout> | undefined

const tick = () => {
  clearTimeout(timer)
  for (const listener of listeners) listener()
  // Local midnights fall on whole minutes.
  timer = listeners.size === 0 ? undefined : setTimeout(tick, minuteMillis - (Date.now() % minuteMillis))
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  if (listeners.size === 1) {
    // Timers stand still while a computer sleeps.
    document.addEventListener("visibilitychange", tick)
    timer = setTimeout(tick, minuteMillis - (Date.now() % minuteMillis))
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    document.removeEventListener("visibilitychange", tick)
    clearTimeout(timer)
    timer = undefined
  }
}

/** Another number each minute. */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => Math.floor(Date.now() / minuteMillis))

/** Another number each local day. */
export const useDay = (): number => useSyncExternalStore(subscribe, () => dayNumber(new Date()))
