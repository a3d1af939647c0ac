// Which messages make themselves heard, by the user's own settings: muted chats, levels, the archive. Pure rules.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { ChatId, UserId } from "../../src/domain/Ids.ts"
import type { Message } from "../../src/domain/Message.ts"

/** Until the end of all calendars. */
export const forEver = "9999-12-31T23:59:59.999Z"

type Settled = Pick<ChatView, "settings">

/** `now`: epoch milliseconds. Muted, or set to notify of nothing. */
export const isMuted = ({ settings }: Settled, now: number): boolean =>
  settings?.level === "none" || (settings?.muted_until != null && Date.parse(settings.muted_until) > now)

export const isArchived = ({ settings }: Settled): boolean => settings?.archived === true
export const isPinned = ({ settings }: Settled): boolean => settings?.pinned_at != null
export const isMarkedUnread = ({ settings }: Settled): boolean => settings?.unread === true

/** Whether there is something to read in it, or its reader wants to return to it. */
export const isUnread = (chat: Pick<ChatView, "settings" | "unread_count">): boolean =>
  chat.unread_count > 0 || isMarkedUnread(chat)

/** Whether the keys to the next unread chat lead to it. */
export const isToRead = (chat: Pick<ChatView, "settings" | "unread_count">): boolean =>
  isUnread(chat) && !isArchived(chat)

/** What of a chat is heard: all messages, those that concern the user, or none. */
export const hears = (chat: Settled, now: number): "all" | "mentions" | "none" =>
  isMuted(chat, now) ? "none" : chat.settings?.level === "mentions" || isArchived(chat) ? "mentions" : "all"

/** The unread messages that count in the title and on the badge, and those that count apart. */
export const unreadOf = (
  chats: ReadonlyArray<ChatView>,
  now: number,
): { readonly loud: number; readonly quiet: number } => {
  let [loud, quiet] = [0, 0]
  for (const chat of chats) {
    const all = chat.unread_count > 0 ? chat.unread_count : isMarkedUnread(chat) ? 1 : 0
    if (all === 0) continue
    const heard = hears(chat, now)
    const counted = heard === "all" ? all : heard === "mentions" ? Math.min(all, chat.unread_mention_count ?? 0) : 0
    loud += counted
    quiet += all - counted
  }
  return { loud, quiet }
}

/** Whether a message of another user is announced. `repliesToMe`: it replies to a message of the user. */
export const isHeard = (
  chat: Settled,
  message: Pick<Message, "mentions" | "mentions_all">,
  me: UserId,
  repliesToMe: boolean,
  now: number,
): boolean => {
  const heard = hears(chat, now)
  if (heard !== "mentions") return heard === "all"
  return repliesToMe || message.mentions_all === true || message.mentions?.includes(me) === true
}

/** Which chats the list shows. */
export type Folder = "all" | "unread" | "archive"

/** The open chat stays where it was chosen, though it has been read since. */
export const inFolder = (
  chats: ReadonlyArray<ChatView>,
  folder: Folder,
  chosen: ChatId | undefined,
): ReadonlyArray<ChatView> =>
  chats.filter((chat) =>
    folder === "archive"
      ? isArchived(chat)
      : !isArchived(chat) && (folder === "all" || isUnread(chat) || chat.id === chosen),
  )
