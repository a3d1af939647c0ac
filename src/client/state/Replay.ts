// A `sync` of one chat that is not answered yet: its events may skip versions, and may arrive again after another
// disconnection.
import type { ChatPosition } from "../../contract/frames/connection.ts"
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { Chat } from "../../domain/Chat.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { fromEvent } from "./copies.ts"
import type { UnknownFrame } from "./UnknownFrame.ts"

type Reset = Extract<ServerFrame, { type: "reset" }>

/** Frames that change a chat, with its `version`. */
export type ChatFrame =
  | Exclude<Extract<ServerFrame, { version: number }>, { type: "state" | "reset" | "check" }>
  | (Reset & { readonly chat_id: ChatId })

export type MessageFrame = Extract<ChatFrame, { type: "message" | "message_updated" | "message_deleted" }>
export type ReactionFrame = Extract<ChatFrame, { type: "reaction" }>
export type ChatUpdatedFrame = Extract<ChatFrame, { type: "chat_updated" }>
export type PinFrame = Extract<ChatFrame, { type: "pin" }>
export type MemberFrame = Extract<ChatFrame, { type: "member_added" | "member_updated" }>

/** The version as of which the frame shows its thing. */
export const versionOf = (frame: ChatFrame): number => ("changed" in frame ? frame.changed : undefined) ?? frame.version

export const messageOf = (frame: MessageFrame): Message => {
  const { type: _, changed, ...message } = { changed: undefined, ...frame }
  return fromEvent({ ...message, version: changed ?? message.version })
}

export interface Replay {
  /** The highest `version` received; there may be holes below it. */
  newest: number
  /** The highest `seq` that was counted before it. */
  base: number
  /** Above `base`, and counted. */
  readonly seen: Set<number>
  /** No live event arrives before it, so that what it reported need not be reported again after a disconnection. */
  ordered: boolean
  /** Versions that arrived over this connection since the request. */
  readonly versions: Set<number>
  /** When not `ordered`: what is to be reported once all of it has arrived, by `version`. */
  readonly untold: Map<number, ChatFrame | UnknownFrame>
  /** The chat's position in `hello`, if it was there. */
  position: ChatPosition | undefined
  /** The number of unread messages cannot be derived from events alone. */
  recount: boolean
}

/** Repeats `former` after a disconnection: what it counted stays counted. */
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
