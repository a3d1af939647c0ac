// The words in the language that is chosen now. English comes with the page, every other language when it is chosen.
import { useSyncExternalStore } from "react"
import { getSettings, type Language, subscribeSettings } from "../settings.ts"
import { en, type Words } from "./en.ts"

export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский" }

const loaders: Readonly<Record<Exclude<Language, "en">, () => Promise<Words>>> = {
  ru: () => import("./ru.ts").then(({ ru }) => ru),
}

const loaded: { [language in Language]?: Words } = { en }
const listeners = new Set<() => void>()

/** Resolves when the chosen language is there, or cannot be had: then it is English. */
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

/** For places outside of components. */
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
