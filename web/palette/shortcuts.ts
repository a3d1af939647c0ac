// All keyboard shortcuts of the messenger, in one table: the page binds those that work everywhere, and the list shows
// all of them.
import { matchKeybindingPress, parseKeybinding } from "tinykeys"
import { letterOf } from "../letterOf.ts"

/** Handled wherever the focus is, unless a window or a menu is open. */
export type BoundShortcut =
  | "palette"
  | "search"
  | "help"
  | "nextChat"
  | "previousChat"
  | "nextUnread"
  | "previousUnread"
  | "close"

/** Handled where they belong: in the conversation or the composer. */
type LocalShortcut =
  | "page"
  | "messages"
  | "within"
  | "menu"
  | "send"
  | "newLine"
  | "editLast"
  | "bold"
  | "italic"
  | "code"
  | "cancel"

export type ShortcutId = BoundShortcut | LocalShortcut
export type ShortcutGroup = "everywhere" | "reading" | "writing"

export interface Shortcut {
  readonly id: ShortcutId
  readonly group: ShortcutGroup
  /** In the notation of tinykeys; each of them does the same. */
  readonly keys: ReadonlyArray<string>
  /** A plain key, which belongs to the text while one is being written. */
  readonly outsideText?: true
}

export const shortcuts: ReadonlyArray<Shortcut> = [
  { id: "palette", group: "everywhere", keys: ["$mod+k"] },
  { id: "search", group: "everywhere", keys: ["$mod+Shift+f"] },
  { id: "nextUnread", group: "everywhere", keys: ["Alt+Shift+ArrowDown"] },
  { id: "previousUnread", group: "everywhere", keys: ["Alt+Shift+ArrowUp"] },
  { id: "nextChat", group: "everywhere", keys: ["Alt+ArrowDown"] },
  { id: "previousChat", group: "everywhere", keys: ["Alt+ArrowUp"] },
  { id: "close", group: "everywhere", keys: ["Escape"] },
  { id: "help", group: "everywhere", keys: ["[Shift]+?", "$mod+Slash"], outsideText: true },
  { id: "page", group: "reading", keys: ["PageUp", "PageDown"] },
  { id: "messages", group: "reading", keys: ["ArrowUp", "ArrowDown"] },
  { id: "within", group: "reading", keys: ["ArrowLeft", "ArrowRight"] },
  { id: "menu", group: "reading", keys: ["Enter"] },
  { id: "send", group: "writing", keys: ["Enter"] },
  { id: "newLine", group: "writing", keys: ["Shift+Enter"] },
  { id: "editLast", group: "writing", keys: ["ArrowUp"] },
  { id: "bold", group: "writing", keys: ["$mod+b"] },
  { id: "italic", group: "writing", keys: ["$mod+i"] },
  { id: "code", group: "writing", keys: ["$mod+Shift+c"] },
  { id: "cancel", group: "writing", keys: ["Escape"] },
]

const isBound = (id: ShortcutId): id is BoundShortcut => {
  switch (id) {
    case "page":
    case "messages":
    case "within":
    case "menu":
    case "send":
    case "newLine":
    case "editLast":
    case "bold":
    case "italic":
    case "code":
    case "cancel":
      return false
    default:
      id satisfies BoundShortcut
      return true
  }
}

const bound = shortcuts.flatMap(({ id, keys, outsideText = false }) =>
  isBound(id) ? keys.map((key) => ({ id, outsideText, presses: parseKeybinding(key) })) : [],
)

/** On a keyboard without Latin letters: the same event with the Latin letter of the key. */
const inLatin = (event: KeyboardEvent): KeyboardEvent => {
  if (!/^Key[A-Z]$/.test(event.code) || /^[a-z]$/i.test(event.key)) return event
  const { altKey, code, ctrlKey, metaKey, shiftKey } = event
  return new KeyboardEvent(event.type, { key: letterOf(event), code, altKey, ctrlKey, metaKey, shiftKey })
}

/** The shortcut that the event is, if any. `inText`: a text is being written. */
export const shortcutOf = (event: KeyboardEvent, inText: boolean): BoundShortcut | undefined => {
  const latin = inLatin(event)
  return bound.find(
    ({ outsideText, presses: [press] }) =>
      press !== undefined &&
      // With Ctrl it is no sign of a text.
      !(outsideText && inText && press[0].length === 0) &&
      matchKeybindingPress(latin, press),
  )?.id
}

const signs: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Escape: "Esc",
  Slash: "/",
  PageUp: "Page Up",
  PageDown: "Page Down",
}

/** The keys of one combination as they are written on the keyboard. */
export const keyNames = (keys: string, isMac: boolean): ReadonlyArray<string> =>
  keys
    .split(/(?<=\w|\])\+/)
    .filter((key) => !key.startsWith("["))
    .map((key) => {
      if (key === "$mod") return isMac ? "⌘" : "Ctrl"
      if (isMac && key === "Alt") return "⌥"
      if (isMac && key === "Shift") return "⇧"
      return signs[key] ?? (key.length === 1 ? key.toUpperCase() : key)
    })
