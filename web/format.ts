// Formats times, days and devices in the chosen language.
import { dayNumber } from "./day.ts"
import type { Words } from "./i18n/en.ts"
import { getSettings } from "./settings.ts"

const cache = new Map<string, Intl.DateTimeFormat>()

/** The browser's own variant of the language (en-GB, ru-KZ); some browsers use tags that no standard defines. */
const locale = (language: string): string => {
  const own = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language))
  try {
    return own === undefined ? language : (Intl.getCanonicalLocales(own)[0] ?? language)
  } catch {
    return language
  }
}

const formatter = (name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const { language } = getSettings()
  const key = `${language} ${name}`
  let found = cache.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale(language), options)
    cache.set(key, found)
  }
  return found
}

/** "14:05", or the language's own format. */
export const clockTime = (iso: string): string =>
  formatter("time", { hour: "numeric", minute: "2-digit" }).format(new Date(iso))

/** The full date and time, for tooltips. */
export const fullTime = (iso: string): string =>
  formatter("full", { dateStyle: "long", timeStyle: "medium" }).format(new Date(iso))

/** "Today", "Yesterday", "21 November", with the year if it is not the current one. */
export const dayName = (iso: string, words: Words, now = new Date()): string => {
  const date = new Date(iso)
  const ago = dayNumber(now) - dayNumber(date)
  if (ago === 0) return words.chat.today
  if (ago === 1) return words.chat.yesterday
  return date.getFullYear() === now.getFullYear()
    ? formatter("day", { day: "numeric", month: "long" }).format(date)
    : formatter("dayYear", { day: "numeric", month: "long", year: "numeric" }).format(date)
}

/** "Today at 14:05", "21 November at 14:05". */
export const fullDay = (iso: string, words: Words): string => words.time.at(dayName(iso, words), clockTime(iso))

/** For the list of chats: the time if today, the weekday if this week, otherwise the date. */
export const shortTime = (iso: string, now = new Date()): string => {
  const date = new Date(iso)
  const ago = dayNumber(now) - dayNumber(date)
  if (ago <= 0) return clockTime(iso)
  if (ago < 7) return formatter("weekday", { weekday: "short" }).format(date)
  return date.getFullYear() === now.getFullYear()
    ? formatter("short", { day: "numeric", month: "short" }).format(date)
    : formatter("numeric", { day: "2-digit", month: "2-digit", year: "numeric" }).format(date)
}

/** "just now", "5 minutes ago", "yesterday at 14:05". */
export const agoTime = (iso: string, words: Words, now = new Date()): string => {
  const minutes = Math.floor((now.getTime() - new Date(iso).getTime()) / 60_000)
  if (minutes < 1) return words.time.now
  if (minutes < 60) return words.time.minutes(minutes)
  return words.time.at(dayName(iso, words, now).toLocaleLowerCase(getSettings().language), clockTime(iso))
}

const first = (text: string, table: ReadonlyArray<readonly [RegExp, string]>) =>
  table.find(([pattern]) => pattern.test(text))?.[1]

/** "Firefox, Linux" from a User-Agent header; the header itself if no browser is recognised. */
export const deviceName = (userAgent: string | null | undefined, unknown: string): string => {
  if (!userAgent) return unknown
  const browser = first(userAgent, [
    [/Edg\//, "Edge"],
    [/OPR\//, "Opera"],
    [/YaBrowser\//, "Yandex Browser"],
    [/Firefox\//, "Firefox"],
    [/Chrome\/|CriOS\//, "Chrome"],
    [/Safari\//, "Safari"],
  ])
  const system = first(userAgent, [
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ])
  return browser === undefined ? userAgent.slice(0, 60) : system === undefined ? browser : `${browser}, ${system}`
}
