// The composer's mode besides its text: the message that is answered, or the edit with its text so far. Kept in the
// browser, per user and chat: it survives a look at another chat, a reload and the end of a session. Does not own the
// text of a new message: that is the chat's draft, which the client keeps.
import { useSyncExternalStore } from "react"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { base } from "../base.ts"
import { useMe } from "../model/hooks.ts"

export type ComposerMode =
  | { readonly kind: "write" }
  | { readonly kind: "reply"; readonly id: MessageId; readonly name: string; readonly text: string }
  /** `text`: the current text; `typed`: the edited one. */
  | { readonly kind: "edit"; readonly id: MessageId; readonly text: string; readonly typed: string }

export const writing: ComposerMode = { kind: "write" }

const prefixOf = (me: UserId) => `confab${base}.unfinished.${me}.`
const keyOf = (me: UserId, chatId: ChatId) => `${prefixOf(me)}${chatId}`

/** For a browser without storage; lasts as long as the page. */
const kept = new Map<string, ComposerMode>()
const listeners = new Set<() => void>()

export const parseMode = (json: string | null): ComposerMode => {
  try {
    const mode: ComposerMode = JSON.parse(json ?? "")
    const known = mode.kind === "reply" || (mode.kind === "edit" && typeof mode.typed === "string")
    return known && typeof mode.id === "number" && typeof mode.text === "string" ? mode : writing
  } catch {
    // A damaged entry counts as none.
    return writing
  }
}

export const unfinished = (me: UserId, chatId: ChatId): ComposerMode => {
  const key = keyOf(me, chatId)
  const here = kept.get(key)
  if (here !== undefined) return here
  try {
    return parseMode(localStorage.getItem(key))
  } catch {
    return writing
  }
}

export const keepUnfinished = (me: UserId, chatId: ChatId, mode: ComposerMode): void => {
  const key = keyOf(me, chatId)
  kept.set(key, mode)
  try {
    if (mode.kind === "write") localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(mode))
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  // From another tab.
  window.addEventListener("storage", listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener("storage", listener)
  }
}

/** The text so far of an edit that is neither saved nor given up; undefined without one. */
export const useUnfinishedEdit = (chatId: ChatId): string | undefined => {
  const me = useMe()
  return useSyncExternalStore(subscribe, () => {
    const mode = unfinished(me.id, chatId)
    return mode.kind === "edit" ? mode.typed : undefined
  })
}

/** The chats with an unfinished edit or reply. */
export const unfinishedChats = (me: UserId): ReadonlyArray<ChatId> => {
  const prefix = prefixOf(me)
  let keys = [...kept].flatMap(([key, mode]) => (mode.kind === "write" ? [] : [key]))
  try {
    keys = [...keys, ...Object.keys(localStorage)]
  } catch {
    // Forbidden: what this page keeps is all there is.
  }
  const ids = keys.filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length)))
  return [...new Set(ids)].filter(Number.isSafeInteger) as Array<ChatId>
}
