// A `sync` of one chat that is not answered yet: its events may leap, and may come again after another cut.
import type { ChatPosition, ServerFrame } from "../../contract/ServerFrame.ts"
import type { Chat } from "../../domain/Chat.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { fromEvent } from "./copies.ts"
import type { UnknownFrame } from "./UnknownFrame.ts"

type Reset = Extract<ServerFrame, { type: "reset" }>

/** Frames that change a chat, and carry its `version`. */
export type ChatFrame =
  | Exclude<Extract<ServerFrame, { version: number }>, { type: "state" | "reset" }>
  | (Reset & { readonly chat_id: ChatId })

export type MessageFrame = Extract<ChatFrame, { type: "message" | "message_updated" | "message_deleted" }>
export type ReactionFrame = Extract<ChatFrame, { type: "reaction" }>
export type ChatUpdatedFrame = Extract<ChatFrame, { type: "chat_updated" }>
export type PinFrame = Extract<ChatFrame, { type: "pin" }>
export type MemberFrame = Extract<ChatFrame, { type: "member_added" | "member_updated" }>

/** As of which version the frame shows its thing. */
export const versionOf = (frame: ChatFrame): number => ("changed" in frame ? frame.changed : undefined) ?? frame.version

export const messageOf = (frame: MessageFrame): Message => {
  const { type: _, changed, ...message } = { changed: undefined, ...frame }
  return fromEvent({ ...message, version: changed ?? message.version })
}

export interface Replay {
  /** The highest `version` that was heard of; there may be holes below it. */
  newest: number
  /** Highest `seq` that was counted before it. */
  base: number
  /** Above `base`, and counted. */
  readonly seen: Set<number>
  /** Nothing live comes before it, so that what it told need not be told again after a cut. */
  ordered: boolean
  /** Versions that came over this connection since it was asked for. */
  readonly versions: Set<number>
  /** When not `ordered`: what is to be told once all of it is there, by `version`. */
  readonly untold: Map<number, ChatFrame | UnknownFrame>
  /** The chat as `hello` told it, if it did. */
  position: ChatPosition | undefined
  /** The count of unread messages cannot be known from events alone. */
  recount: boolean
}

/** Asks again when `former` was cut: what it counted stays counted. */
export const replayOf = (
  former: Replay | undefined,
  chat: Chat | undefined,
  position: ChatPosition | undefined,
  ordered: boolean,
): Replay => {
  const tombstones = chat === undefined ? 0 : chat.last_seq - chat.last_read_seq - chat.unread_count
  return {
    newest: Math.max(former?.newest ?? 0, position?.version ?? 0),
    base: former?.base ?? chat?.last_seq ?? 0,
    seen: former?.seen ?? new Set(),
    versions: new Set(),
    untold: new Map(),
    ordered,
    position,
    recount: former?.recount ?? tombstones > 0,
  }
}
