// The words in the language that is chosen now.
import { getSettings, type Language, useSettings } from "../settings.ts"
import { en, type Words } from "./en.ts"
import { ru } from "./ru.ts"

export const languages: Readonly<Record<Language, Words>> = { en, ru }

export const useWords = (): Words => languages[useSettings().language]

/** For places outside of components. */
export const words = (): Words => languages[getSettings().language]
