// A chat as it is shown. Returns the former object when nothing in it changed, so that it is not rendered again.
import type { Chat } from "../../domain/Chat.ts"
import type { ChatSettings } from "../../domain/ChatSettings.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import type { User } from "../../domain/User.ts"
import type { ChatModel } from "./ChatModel.ts"
import type { ChatView, Conversation, PendingMessage } from "./ChatState.ts"

/** Whether both have the same fields. */
export const same = <A extends object>(a: A, b: A): boolean => {
  for (const key in b) if (!Object.is(a[key], b[key])) return false
  for (const key in a) if (!(key in b)) return false
  return true
}

const noUsers: ReadonlyArray<UserId> = []
const nothing: ReadonlyArray<Message> = []
const noQuotes: ReadonlyMap<MessageId, Message> = new Map()

const typists = (model: ChatModel, before: ReadonlyArray<UserId> | undefined): ReadonlyArray<UserId> => {
  if (model.typing.size === 0) return noUsers
  const now = [...model.typing.keys()]
  return before !== undefined && before.length === now.length && before.every((id, i) => id === now[i]) ? before : now
}

/** From frames, from the other member when the chat was loaded, or from what they have read. */
const deliveredOf = (model: ChatModel, { type }: Chat): number => {
  if (type !== "private") return 0
  const others = (model.members.list() ?? []).filter(({ user }) => user.id !== model.me)
  return Math.max(
    model.members.delivered,
    model.readSeq,
    ...others.map(({ last_delivered_seq = 0 }) => last_delivered_seq),
  )
}

export const viewOf = (
  model: ChatModel,
  { settings: _, ...chat }: Chat,
  settings: ChatSettings | undefined,
  peer: User | null,
  pending: ReadonlyArray<PendingMessage>,
  before: ChatView | undefined,
): ChatView => {
  const failedCount = pending.filter(({ status }) => status === "failed").length
  const view: ChatView = {
    ...chat,
    peer,
    title: peer?.display_name ?? chat.name ?? "",
    readSeq: model.readSeq,
    deliveredSeq: deliveredOf(model, chat),
    activeAt: chat.last_message?.created_at ?? chat.created_at,
    typing: typists(model, before?.typing),
    draft: model.draft,
    pendingCount: pending.filter(({ status }) => status !== "failed" && status !== "sent").length,
    failedCount,
    ...(settings === undefined ? {} : { settings }),
  }
  return before !== undefined && same(before, view) ? before : view
}

export const conversationOf = (
  chatId: ChatId,
  model: ChatModel | undefined,
  pending: ReadonlyArray<PendingMessage>,
  before: Conversation | undefined,
): Conversation => {
  const window = model?.window
  const conversation: Conversation = {
    chatId,
    messages: window?.snapshot() ?? nothing,
    quoted: model?.quotes.snapshot() ?? noQuotes,
    pending,
    loaded: window?.loaded ?? false,
    hasMoreBefore: window?.hasMoreBefore ?? false,
    hasMoreAfter: window?.hasMoreAfter ?? false,
    loading: model?.loading ?? null,
    members: model?.members.list() ?? null,
    pins: model?.pins.list() ?? null,
  }
  return before !== undefined && same(before, conversation) ? before : conversation
}
