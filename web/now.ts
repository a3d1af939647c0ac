// The current time for the page: components that use it render again when it changes, also at midnight.
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
    // Timers stop while a computer sleeps.
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

/** Changes every minute. */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => Math.floor(Date.now() / minuteMillis))

/** Changes every local day. */
export const useDay = (): number => useSyncExternalStore(subscribe, () => dayNumber(new Date()))
