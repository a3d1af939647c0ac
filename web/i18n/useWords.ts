// The words that the messenger shows from the start.
import type { Language } from "../settings.ts"
import { dictionary } from "./dictionary.ts"
import { en } from "./en.ts"

export const languageNames: Readonly<Record<Language, string>> = { en: "English", ru: "Русский" }

export const { words, useWords } = dictionary(en, { ru: () => import("./ru.ts").then(({ ru }) => ru) })
