// The palette and the shortcuts as pure functions: what is found, in which order, and which keys mean what.
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { User } from "../../src/domain/User.ts"
import { type PaletteAction, paletteSections } from "../../web/palette/entries.ts"
import { find } from "../../web/palette/find.ts"
import { keyNames, shortcutOf, shortcuts } from "../../web/palette/shortcuts.ts"
import { nextUnread } from "../../web/palette/unread.ts"

const user = (id: number, username: string, display_name: string): User => ({
  id: id as UserId,
  username,
  display_name,
  created_at: "2026-11-20T10:00:00.000Z",
})

const chat = (id: number, title: string, unread_count = 0, peer: User | null = null): ChatView => ({
  id: id as ChatId,
  type: peer === null ? "group" : "private",
  name: peer === null ? title : null,
  created_by: 1 as UserId,
  created_at: "2026-11-20T10:00:00.000Z",
  member_count: 2,
  version: 1,
  role: "member",
  last_seq: 9,
  last_read_seq: 9 - unread_count,
  unread_count,
  last_message: null,
  peer,
  title,
  readSeq: 0,
  deliveredSeq: 0,
  activeAt: "2026-11-20T10:00:00.000Z",
  typing: [],
  draft: "",
  pendingCount: 0,
  failedCount: 0,
})

const action = (id: string, label: string): PaletteAction => ({ id, label, act: () => undefined })
const titles = (sections: ReturnType<typeof paletteSections<PaletteAction>>) =>
  sections.map(({ name, entries }) => [name, ...entries.map(({ key }) => key)])

describe("the palette", () => {
  const ann = user(7, "ann", "Ann")
  const chats = [chat(1, "Lunch"), chat(2, "Ann", 0, ann), chat(3, "Release plans", 2), chat(4, "Планы на отпуск")]
  const actions = [action("new", "New chat"), action("theme", "Switch to the dark theme")]
  const sections = (query: string, people: ReadonlyArray<User> = []) =>
    titles(paletteSections(query, chats, actions, people, ({ title }) => title))

  it("begins with what is unread, then what is recent, then the actions", () => {
    expect(sections("")).toEqual([
      ["unread", "chat-3"],
      ["recent", "chat-1", "chat-2", "chat-4"],
      ["actions", "action-new", "action-theme"],
    ])
  })

  it("has marked chats under what is unread, and the archive under what is recent", () => {
    const marked = { ...chat(5, "Later"), settings: { unread: true } }
    const archived = { ...chat(6, "Old", 3), settings: { archived: true } }
    expect(titles(paletteSections("", [archived, marked], [], [], ({ title }) => title))).toEqual([
      ["unread", "chat-5"],
      ["recent", "chat-6"],
    ])
    expect(nextUnread([archived, marked], undefined, 1)).toBe(5)
  })

  it("finds chats by name and user name, actions, and people without a chat last", () => {
    expect(sections("plan", [ann, user(8, "planner", "A Planner")])).toEqual([
      ["chats", "chat-3"],
      ["people", "person-8"],
    ])
    expect(sections("@ann", [ann])).toEqual([["chats", "chat-2"]])
    expect(sections("dark")).toEqual([["actions", "action-theme"]])
    expect(sections("zzz")).toEqual([])
  })
})

describe("finding", () => {
  const names = ["Zoë Müller", "Планы на отпуск", "release-2026", "東京オフィス", "Lunch at noon"]
  const found = (query: string) => find(names, (name) => name, query)

  it("ignores case and accents, takes words in any order, and forgives a letter that is left out", () => {
    expect(found("muller zoe")).toEqual(["Zoë Müller"])
    expect(found("ОТПУСК")).toEqual(["Планы на отпуск"])
    expect(found("relase")).toEqual(["release-2026"])
    expect(found("東京")).toEqual(["東京オフィス"])
    expect(found("noon")).toEqual(["Lunch at noon"])
    expect(found("  ")).toEqual(names)
    expect(found("nobody")).toEqual([])
  })

  it("prefers names that begin with what is typed", () => {
    expect(find(["A planner", "Plans", "Explanation"], (name) => name, "plan")[0]).toBe("Plans")
  })
})

describe("the next unread chat", () => {
  const list = [0, 2, 0, 1, 0].map((unread_count, i) => ({ id: i as ChatId, unread_count }))
  const next = (chosen: number | undefined, step: 1 | -1) => nextUnread(list, chosen as ChatId | undefined, step)

  it("is below or above the open one, around the list, and never the open one itself", () => {
    expect(next(undefined, 1)).toBe(1)
    expect(next(1, 1)).toBe(3)
    expect(next(3, 1)).toBe(1)
    expect(next(2, -1)).toBe(1)
    expect(next(1, -1)).toBe(3)
    expect(next(undefined, -1)).toBe(3)
    expect(nextUnread(list.slice(0, 2), 1 as ChatId, 1)).toBeUndefined()
    expect(nextUnread([], undefined, 1)).toBeUndefined()
  })
})

describe("the shortcuts", () => {
  // What of the browser's events is asked for.
  class Press {
    readonly type: string
    readonly key: string
    readonly code: string
    readonly altKey: boolean
    readonly ctrlKey: boolean
    readonly metaKey: boolean
    readonly shiftKey: boolean
    constructor(type: string, init: KeyboardEventInit) {
      this.type = type
      this.key = init.key ?? ""
      this.code = init.code ?? ""
      this.altKey = init.altKey === true
      this.ctrlKey = init.ctrlKey === true
      this.metaKey = init.metaKey === true
      this.shiftKey = init.shiftKey === true
    }
    getModifierState(name: string): boolean {
      return { Alt: this.altKey, Control: this.ctrlKey, Meta: this.metaKey, Shift: this.shiftKey }[name] ?? false
    }
  }
  const before = Reflect.get(globalThis, "KeyboardEvent")
  beforeAll(() => void Reflect.set(globalThis, "KeyboardEvent", Press))
  afterAll(() => void Reflect.set(globalThis, "KeyboardEvent", before))
  const press = (init: KeyboardEventInit, inText = false) => shortcutOf(new KeyboardEvent("keydown", init), inText)

  it("work on a keyboard without Latin letters, and by the letter where letters lie elsewhere", () => {
    expect(press({ key: "k", code: "KeyK", ctrlKey: true })).toBe("palette")
    expect(press({ key: "л", code: "KeyK", ctrlKey: true })).toBe("palette")
    expect(press({ key: "k", code: "KeyV", ctrlKey: true })).toBe("palette")
    expect(press({ key: "t", code: "KeyK", ctrlKey: true })).toBeUndefined()
    expect(press({ key: "F", code: "KeyF", ctrlKey: true, shiftKey: true })).toBe("search")
    expect(press({ key: "k", code: "KeyK" })).toBeUndefined()
  })

  it("leave a question mark to the text", () => {
    expect(press({ key: "?", code: "Slash", shiftKey: true })).toBe("help")
    expect(press({ key: "?", code: "Digit7", shiftKey: true })).toBe("help")
    expect(press({ key: "?", code: "Slash", shiftKey: true }, true)).toBeUndefined()
    expect(press({ key: "/", code: "Slash", ctrlKey: true }, true)).toBe("help")
    expect(press({ key: "/", code: "Slash" })).toBeUndefined()
  })

  it("tell the arrows with Alt from those with Alt and Shift", () => {
    expect(press({ key: "ArrowDown", code: "ArrowDown", altKey: true }, true)).toBe("nextChat")
    expect(press({ key: "ArrowUp", code: "ArrowUp", altKey: true, shiftKey: true }, true)).toBe("previousUnread")
    expect(press({ key: "ArrowUp", code: "ArrowUp" })).toBeUndefined()
  })

  it("are listed once each, in the words of the keyboard", () => {
    expect(new Set(shortcuts.map(({ id }) => id)).size).toBe(shortcuts.length)
    expect(keyNames("$mod+Shift+f", false)).toEqual(["Ctrl", "Shift", "F"])
    expect(keyNames("$mod+Shift+f", true)).toEqual(["⌘", "⇧", "F"])
    expect(keyNames("[Shift]+?", false)).toEqual(["?"])
    expect(keyNames("Alt+ArrowDown", true)).toEqual(["⌥", "↓"])
  })
})
