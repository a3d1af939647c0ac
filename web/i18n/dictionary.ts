// A set of words in all languages. English belongs to the code that uses it; another language is loaded when it is chosen.
import { useSyncExternalStore } from "react"
import { getSettings, type Language, subscribeSettings } from "../settings.ts"

type Loaders<Words> = Readonly<Record<Exclude<Language, "en">, () => Promise<Words>>>

const loads: Array<() => Promise<void>> = []
const listeners = new Set<() => void>()

/** Resolves once the chosen language of all words that are in use is loaded; if that fails, English is used. */
export const loadWords = async (): Promise<void> => {
  await Promise.all(loads.map((load) => load()))
}
subscribeSettings(() => void loadWords())

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  const stop = subscribeSettings(listener)
  return () => {
    listeners.delete(listener)
    stop()
  }
}

/** `words()` is for code outside of components. */
export const dictionary = <Words>(
  english: Words,
  loaders: Loaders<Words>,
): { readonly words: () => Words; readonly useWords: () => Words } => {
  const loaded: { [language in Language]?: Words } = { en: english }
  loads.push(async () => {
    const { language } = getSettings()
    if (language === "en" || loaded[language] !== undefined) return
    try {
      loaded[language] = await loaders[language]()
    } catch {
      return
    }
    for (const listener of listeners) listener()
  })
  const words = () => loaded[getSettings().language] ?? english
  return { words, useWords: () => useSyncExternalStore(subscribe, words) }
}
