// What the palette shows for a query: chats with the unread and recent ones first, actions, people.
import type { ChatView } from "../../src/client/state/ChatState.ts"
import type { User } from "../../src/domain/User.ts"
import { isToRead } from "../model/quiet.ts"
import { find } from "./find.ts"

export interface PaletteAction {
  readonly id: string
  readonly label: string
  /** Its shortcut, in the notation of the table of shortcuts. */
  readonly keys?: string
  readonly act: () => void
}

export type PaletteEntry<Action extends PaletteAction> =
  | { readonly kind: "chat"; readonly key: string; readonly chat: ChatView }
  | { readonly kind: "action"; readonly key: string; readonly action: Action }
  | { readonly kind: "person"; readonly key: string; readonly user: User }

export interface PaletteSection<Action extends PaletteAction> {
  readonly name: "unread" | "recent" | "chats" | "actions" | "people"
  readonly entries: ReadonlyArray<PaletteEntry<Action>>
}

const most = { unread: 6, recent: 6, chats: 8, people: 6 } as const

const ofChat = (chat: ChatView) => ({ kind: "chat", key: `chat-${chat.id}`, chat }) as const
const ofAction = <Action extends PaletteAction>(action: Action) =>
  ({ kind: "action", key: `action-${action.id}`, action }) as const
const ofPerson = (user: User) => ({ kind: "person", key: `person-${user.id}`, user }) as const

/** `chats`: newest activity first, without the one that is open; `people`: those that the server found. */
export const paletteSections = <Action extends PaletteAction>(
  query: string,
  chats: ReadonlyArray<ChatView>,
  actions: ReadonlyArray<Action>,
  people: ReadonlyArray<User>,
  nameOf: (chat: ChatView) => string,
): ReadonlyArray<PaletteSection<Action>> => {
  const unread = chats.filter(isToRead)
  const others = chats.filter((chat) => !isToRead(chat))
  const withChat = new Set(chats.flatMap(({ peer }) => (peer === null ? [] : [peer.id])))
  const sections: ReadonlyArray<PaletteSection<Action>> =
    query.trim() === ""
      ? [
          { name: "unread", entries: unread.slice(0, most.unread).map(ofChat) },
          { name: "recent", entries: others.slice(0, most.recent).map(ofChat) },
          { name: "actions", entries: actions.map(ofAction) },
        ]
      : [
          {
            name: "chats",
            entries: find([...unread, ...others], (chat) => `${nameOf(chat)} ${chat.peer?.username ?? ""}`, query)
              .slice(0, most.chats)
              .map(ofChat),
          },
          { name: "actions", entries: find(actions, ({ label }) => label, query).map(ofAction) },
          // They come last: they arrive after the others, which must not move.
          {
            name: "people",
            entries: people
              .filter(({ id }) => !withChat.has(id))
              .slice(0, most.people)
              .map(ofPerson),
          },
        ]
  return sections.filter(({ entries }) => entries.length > 0)
}
