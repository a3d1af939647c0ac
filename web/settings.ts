// The user's settings of the page in this browser: theme, language, sound, notifications. All tabs share them.
import { useSyncExternalStore } from "react"

export type Theme = "auto" | "light" | "dark"
export type Language = "en" | "ru"

export interface Settings {
  readonly theme: Theme
  readonly language: Language
  readonly sound: boolean
  readonly notifications: boolean
  /** The offer was shown, and is not shown again. */
  readonly notificationsOffered: boolean
}

const key = "confab.settings"

/** The first of the browser's languages that the page supports. */
const preferredLanguage = (): Language => {
  for (const tag of navigator.languages) {
    const language = tag.slice(0, 2).toLowerCase()
    if (language === "ru" || language === "en") return language
  }
  return "en"
}

const read = (): Settings => {
  let stored: Partial<Settings> = {}
  try {
    stored = JSON.parse(localStorage.getItem(key) ?? "{}")
  } catch {
    // A damaged entry counts as none.
  }
  return {
    theme: stored.theme === "light" || stored.theme === "dark" ? stored.theme : "auto",
    language: stored.language === "en" || stored.language === "ru" ? stored.language : preferredLanguage(),
    sound: stored.sound !== false,
    notifications: stored.notifications === true,
    notificationsOffered: stored.notificationsOffered === true,
  }
}

let current = read()
const listeners = new Set<() => void>()

const apply = () => {
  const root = document.documentElement
  if (current.theme === "auto") delete root.dataset.theme
  else root.dataset.theme = current.theme
  root.lang = current.language
}

const publish = (next: Settings) => {
  current = next
  apply()
  for (const listener of listeners) listener()
}

window.addEventListener("storage", (event) => {
  if (event.key === key) publish(read())
})
apply()

export const getSettings = (): Settings => current

export const changeSettings = (change: Partial<Settings>): void => {
  const next = { ...current, ...change }
  try {
    const { language, ...rest } = next
    const keepsLanguage = change.language !== undefined || localStorage.getItem(key)?.includes('"language"')
    localStorage.setItem(key, JSON.stringify(keepsLanguage ? { ...rest, language } : rest))
  } catch {
    // Storage may be full or forbidden; the setting then lasts as long as the page.
  }
  publish(next)
}

export const subscribeSettings = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}

export const useSettings = (): Settings => useSyncExternalStore(subscribeSettings, getSettings)

const darkQuery = matchMedia("(prefers-color-scheme: dark)")
const subscribeDark = (listener: () => void) => {
  darkQuery.addEventListener("change", listener)
  return () => darkQuery.removeEventListener("change", listener)
}

/** Whether the page is dark now, by the setting or by the system. */
export const useIsDark = (): boolean => {
  const system = useSyncExternalStore(subscribeDark, () => darkQuery.matches)
  const { theme } = useSettings()
  return theme === "auto" ? system : theme === "dark"
}
