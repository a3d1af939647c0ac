// The files that a user has attached to the message that they write, by user, chat and thread, and which chats have some. What is
// done with them is the tray's, what was sent is the outbox's.

import { useEffect, useSyncExternalStore } from "react"
import type { ChatId, UserId } from "../../../src/domain/Ids.ts"
import { base } from "../../base.ts"
import { useMe } from "../../model/hooks.ts"
import { type KeptFile, keptInChats, type WritingPlace } from "./keptFiles.ts"

export interface Staged {
  readonly id: number
  readonly file: File
  /** Pixels of a picture, once they are known; null: it is none that this browser can show. */
  readonly shape: { readonly width: number; readonly height: number } | null | undefined
  /** Whether a reload keeps it; undefined: not known yet. */
  readonly kept: boolean | undefined
}

export interface Attached {
  readonly files: ReadonlyArray<Staged>
  /** Pictures are sent as they are. */
  readonly asFiles: boolean
}

const empty: Attached = { files: [], asFiles: false }
const trays = new Map<string, Attached>()
/** Whose tray this page has opened, which knows more than what is stored. */
export const loaded = new Set<string>()
const listeners = new Set<() => void>()

export const keyOf = ({ chatId, thread, userId }: WritingPlace) => `${userId}.${chatId}.${thread}`
export const attached = (key: string): Attached => trays.get(key) ?? empty

export const change = (key: string, next: Attached): void => {
  if (next.files.length === 0) trays.delete(key)
  else trays.set(key, next)
  for (const listener of listeners) listener()
}

export const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(`confab${base}.attached`)

/** What is kept in all chats of a user, for those that this page has not opened. */
let ofUser: { readonly userId: UserId; readonly chats: ReadonlyMap<ChatId, ReadonlyArray<KeptFile>> } | undefined

const loadKept = async (userId: UserId): Promise<void> => {
  ofUser = { userId, chats: ofUser?.userId === userId ? ofUser.chats : new Map() }
  // Without storage there are none.
  const chats = await keptInChats(userId).catch(() => undefined)
  if (chats === undefined || ofUser.userId !== userId) return
  ofUser = { userId, chats }
  for (const listener of listeners) listener()
}

tabs?.addEventListener("message", ({ data }: MessageEvent<WritingPlace>) => {
  if (!loaded.has(keyOf(data)) && ofUser?.userId === data.userId) void loadKept(data.userId)
})

const none: ReadonlyArray<{ readonly file: File }> = []

/** What is attached in the chat itself, whether this page has opened it or not. */
export const useAttached = (chatId: ChatId): ReadonlyArray<{ readonly file: File }> => {
  const { id: userId } = useMe()
  useEffect(() => {
    if (ofUser?.userId !== userId) void loadKept(userId)
  }, [userId])
  return useSyncExternalStore(subscribe, () => {
    const key = keyOf({ userId, chatId, thread: 0 })
    return loaded.has(key) || trays.has(key) ? attached(key).files : (ofUser?.chats.get(chatId) ?? none)
  })
}
