// What the user does with their own state: settings, settings of chats, blocks, scheduled messages.
import type { UserId } from "../domain/Ids.ts"
import type { Scheduled } from "../domain/Scheduled.ts"
import type { StateEntry } from "../domain/State.ts"
import type { ChatClient } from "./ChatClient.ts"
import type { Session } from "./Session.ts"
import type { ScheduledMessage } from "./state/ChatState.ts"
import { blockOf, changed } from "./state/OwnState.ts"
import type { Store } from "./state/Store.ts"

export type StateActions = Pick<
  ChatClient,
  | "schedule"
  | "scheduled"
  | "changeScheduled"
  | "callOff"
  | "changeChatSettings"
  | "changeSettings"
  | "block"
  | "unblock"
>

type ScheduledEntry = Omit<StateEntry, "value"> & { readonly value: Scheduled }
const scheduledOf = ({ key, value }: ScheduledEntry): ScheduledMessage => ({ key, ...value })

export const stateActions = (session: Session, store: Store): StateActions => {
  /** The state changes with the answer; its frame follows. */
  const put = async (key: string, json: object | null): Promise<void> => {
    const { era } = store
    const entry = await session.request<StateEntry>({ method: "PUT", path: `/me/state/${key}`, json })
    if (era === store.era) store.own.take(entry)
  }
  /** Shown at once, until the server has answered; sent after the answer to the change before it. */
  let last: Promise<unknown> = Promise.resolve()
  const wanted = (key: string, wish: object, value: () => object | null): Promise<void> => {
    const answered = store.own.wish(key, wish)
    const done = last.then(() => put(key, value())).finally(answered)
    last = done.catch(() => {})
    return done
  }
  /** A value is replaced as a whole, so each change begins with what the one before it has stored. */
  const change = (key: string, stored: () => object | undefined, fields: object): Promise<void> =>
    wanted(key, fields, () => changed(stored(), fields) ?? null)
  const block = (userId: UserId, blocked: boolean) => wanted(blockOf(userId), { blocked }, () => (blocked ? {} : null))

  return {
    schedule: async (chatId, at, text, { attachments, replyTo } = {}) => {
      const entry = await session.request<ScheduledEntry>({
        method: "POST",
        path: `/chats/${chatId}/scheduled`,
        json: { at: at.toISOString(), text, reply_to: replyTo, attachments },
      })
      store.own.take(entry)
      return scheduledOf(entry)
    },
    scheduled: async (chatId, { signal } = {}) => {
      // All of a user are at most one page.
      const query = { prefix: "scheduled:", limit: 200 }
      const { items } = await session.request<{ readonly items: ReadonlyArray<ScheduledEntry> }>({
        method: "GET",
        path: "/me/state",
        query,
        ...(signal === undefined ? {} : { signal }),
      })
      const own = items.map(scheduledOf).filter(({ chat_id }) => chat_id === chatId)
      return own.sort((a, b) => (a.at < b.at ? -1 : 1))
    },
    changeScheduled: async (key, { at, attachments, replyTo, text }) => {
      const json = { at: at?.toISOString(), text, reply_to: replyTo, attachments }
      const entry = await session.request<ScheduledEntry>({ method: "PUT", path: `/me/state/${key}`, json })
      store.own.take(entry)
      return scheduledOf(entry)
    },
    callOff: (key) => session.request<void>({ method: "DELETE", path: `/me/state/${key}` }),
    changeChatSettings: (chatId, fields) => change(`chat:${chatId}`, () => store.chatSettings(chatId), fields),
    changeSettings: (fields) => change("settings", () => store.own.settings(), fields),
    block: (userId) => block(userId, true),
    unblock: (userId) => block(userId, false),
  }
}
