// What is being written in a thread, kept in the browser per user and thread: it survives closing the thread and a
// reload.
import type { MessageId, UserId } from "../../../src/domain/Ids.ts"
import { base } from "../../base.ts"
import { type ComposerMode, parseMode, writing } from "../unfinished.ts"

export interface ThreadDraft {
  readonly text: string
  readonly mode: ComposerMode
}

const keyOf = (me: UserId, root: MessageId) => `confab${base}.thread.${me}.${root}`
/** For a browser without storage; lasts as long as the page. */
const kept = new Map<string, ThreadDraft>()

export const threadDraft = (me: UserId, root: MessageId): ThreadDraft => {
  const key = keyOf(me, root)
  const here = kept.get(key)
  if (here !== undefined) return here
  try {
    return { text: localStorage.getItem(key) ?? "", mode: parseMode(localStorage.getItem(`${key}.mode`)) }
  } catch {
    return { text: "", mode: writing }
  }
}

export const keepThreadDraft = (me: UserId, root: MessageId, draft: ThreadDraft): void => {
  const key = keyOf(me, root)
  kept.set(key, draft)
  const keep = (name: string, value: string | null) =>
    value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value)
  try {
    keep(key, draft.text || null)
    keep(`${key}.mode`, draft.mode.kind === "write" ? null : JSON.stringify(draft.mode))
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}
