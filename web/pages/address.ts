// The page's addresses and the navigation between them: the address contains the chat and the place in it, so that
// Back, a reload and a link lead to the same place.
import { useSyncExternalStore } from "react"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"
import { at, below } from "../base.ts"
import { goBack, layersHere, onceThere } from "./layers.ts"

export interface Place {
  readonly chatId: ChatId | undefined
  /** A message to show. */
  readonly seq: number | undefined
  /** A message whose thread is open beside the chat. */
  readonly thread: MessageId | undefined
  /** Reached by Back or Forward: the position at which the user left counts, not the message of the address. */
  readonly again: boolean
}

const pattern = /^\/messenger(?:\/c\/([1-9]\d{0,15})(?:\/([1-9]\d{0,15}))?)?$/

export const pathOf = (chatId: ChatId, seq?: number): string =>
  `/messenger/c/${chatId}${seq === undefined ? "" : `/${seq}`}`

/** The thread of `/messenger/c/5?thread=77`. */
const threadPattern = /^\?thread=([1-9]\d{0,15})$/

const pathOfThread = (chatId: ChatId, thread: MessageId): string => `${pathOf(chatId)}?thread=${thread}`

/** The path without a trailing slash. */
export const currentPath = (): string => below(location.pathname).replace(/\/+$/, "") || "/"

export const isMessengerPath = (path: string): boolean => pattern.test(path)

/** Grows with each navigation, since the same place may be requested twice. */
let visit = 0
let again = false
let place: Place | undefined
let placeKey: string | undefined

const readPlace = (): Place => {
  const key = `${currentPath()}${location.search} ${visit}`
  if (place !== undefined && placeKey === key) return place
  const [, chat, seq] = pattern.exec(currentPath()) ?? []
  const [, thread] = threadPattern.exec(location.search) ?? []
  placeKey = key
  place = {
    chatId: chat === undefined ? undefined : (Number(chat) as ChatId),
    seq: seq === undefined ? undefined : Number(seq),
    thread: chat === undefined || thread === undefined ? undefined : (Number(thread) as MessageId),
    again,
  }
  return place
}

const listeners = new Set<() => void>()
const changed = () => {
  for (const listener of listeners) listener()
}
window.addEventListener("popstate", () => {
  again = true
  changed()
})

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const usePath = (): string => useSyncExternalStore(subscribe, currentPath)
export const usePlace = (): Place => useSyncExternalStore(subscribe, readPlace)

/** The previous entry of the history: `fromList`: the list of chats; `fromChat`: the same chat without the thread. */
interface EntryState {
  readonly fromList?: true
  readonly fromChat?: true
}

const arrived = () => {
  visit++
  again = false
  changed()
}

/** Navigates to an address. An open window gives its history entry to it. */
export const go = (path: string, state: EntryState | null = null): void =>
  onceThere(() => {
    if (layersHere() > 0) history.replaceState(state, "", at(path))
    else history.pushState(state, "", at(path))
    arrived()
  })

/** Replaces the address: Back does not return here. */
export const goInstead = (path: string): void =>
  onceThere(() => {
    history.replaceState(null, "", at(path))
    arrived()
  })

export const goToChat = (chatId: ChatId, seq?: number): void => {
  const path = pathOf(chatId, seq)
  if (path === currentPath() && seq === undefined && readPlace().thread === undefined) return
  go(path, readPlace().chatId === undefined && currentPath() === "/messenger" ? { fromList: true } : null)
}

/** Opens a thread beside its chat. */
export const goToThread = (chatId: ChatId, thread: MessageId): void => {
  const here = readPlace()
  if (here.chatId === chatId && here.thread === thread) return
  go(pathOfThread(chatId, thread), here.chatId === chatId && here.thread === undefined ? { fromChat: true } : null)
}

/** From a thread to its chat. */
export const leaveThread = (): void =>
  onceThere(() => {
    const { chatId, thread } = readPlace()
    if (chatId === undefined || thread === undefined) return
    if (history.state?.fromChat === true && layersHere() === 0) goBack()
    else goInstead(pathOf(chatId))
  })

/** From the chat to the list of chats. */
export const goToList = (): void =>
  onceThere(() => {
    if (readPlace().chatId === undefined) return
    if (history.state?.fromList === true && layersHere() === 0) goBack()
    else go("/messenger")
  })

/** The place to open after signing in, from `/login?to=…`. Only places of the messenger are accepted. */
export const wantedPath = (): string => {
  const to = new URLSearchParams(location.search).get("to")
  const [path = "", thread] = (to ?? "").split("?")
  return to !== null && pattern.test(path) && (thread === undefined || threadPattern.test(`?${thread}`))
    ? to
    : "/messenger"
}

/** The code of `/register?invite=…`. */
export const wantedInvite = (): string | undefined => new URLSearchParams(location.search).get("invite") || undefined

/** `/login` or `/register` with a return to this place. */
export const signInPath = (page: "/login" | "/register"): string => {
  const thread = threadPattern.test(location.search) ? location.search : ""
  const here = isMessengerPath(currentPath()) ? `${currentPath()}${thread}` : wantedPath()
  return here === "/messenger" ? page : `${page}?to=${encodeURIComponent(here)}`
}

// Addresses of former versions: /messenger#chat-5.
const former = /^#chat-([1-9]\d{0,15})$/.exec(location.hash)?.[1]
if (former !== undefined && currentPath() === "/messenger")
  history.replaceState(null, "", at(pathOf(Number(former) as ChatId)))
