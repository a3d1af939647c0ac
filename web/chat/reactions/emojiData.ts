// Loads the emoji that can be chosen, in the language of the page, when they are first needed.
import type { Language } from "../../settings.ts"
import type { EmojiList } from "./findEmoji.ts"

const loaders: Readonly<Record<Language, () => Promise<{ readonly default: EmojiList }>>> = {
  en: () => import("virtual:emoji/en"),
  ru: () => import("virtual:emoji/ru"),
}
const loaded: { [language in Language]?: Promise<EmojiList> } = {}

/** The same list for each call; a failed load is tried again by the next one. */
export const loadEmoji = (language: Language): Promise<EmojiList> =>
  (loaded[language] ??= loaders[language]().then(
    (module) => module.default,
    (cause) => {
      delete loaded[language]
      throw cause
    },
  ))
