// What the user may do in a chat, by the server's rules: the page offers nothing else.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { UserId } from "../../src/domain/Ids.ts"
import type { Entry } from "../model/Entry.ts"
import { isClosed } from "./names.ts"

export const isAdmin = (chat: ChatView): boolean => chat.role === "owner" || chat.role === "admin"

/** Every member of a private or saved chat; the owner and admins of a group. */
export const mayPin = (chat: ChatView): boolean => chat.type !== "group" || isAdmin(chat)

export const mayDelete = (chat: ChatView, entry: Entry, me: UserId): boolean => entry.sender_id === me || isAdmin(chat)

/** The text of a forward belongs to another author. */
export const mayEdit = (chat: ChatView, entry: Entry, me: UserId): boolean =>
  entry.sender_id === me && !isClosed(chat) && entry.author === undefined

/** Former texts are for the sender, the owner and admins. */
export const maySeeHistory = (chat: ChatView, entry: Entry, me: UserId): boolean =>
  entry.edited && (entry.sender_id === me || isAdmin(chat))
