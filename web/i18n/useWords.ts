// The words in the chosen language. English is a part of the page; every other language is loaded when it is chosen.
import { useSyncExternalStore } from "react"
import { getSettings, type Language, subscribeSettings } from "../settings.ts"
import { en, type Words } from "./en.ts"

export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский" }

const loaders: Readonly<Record<Exclude<Language, "en">, () => Promise<Words>>> = {
  ru: () => import("./ru.ts").then(({ ru }) => ru),
}

const loaded: { [language in Language]?: Words } = { en }
const listeners = new Set<() => void>()

/** Resolves once the chosen language is loaded; if that fails, English is used. */
export const loadWords = async (): Promise<void> => {
  const { language } = getSettings()
  if (language === "en" || loaded[language] !== undefined) return
  try {
    loaded[language] = await loaders[language]()
  } catch {
    return
  }
  for (const listener of listeners) listener()
}
subscribeSettings(() => void loadWords())

/** For code outside of components. */
export const words = (): Words => loaded[getSettings().language] ?? en

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  const stop = subscribeSettings(listener)
  return () => {
    listeners.delete(listener)
    stop()
  }
}

export const useWords = (): Words => useSyncExternalStore(subscribe, words)
