// The frames that the server sends; each is declared in frames/.
import { Schema } from "effect"
import { ChatGoneEvent, CheckEvent, ResetEvent, SyncedEvent } from "./frames/catchingUp.ts"
import {
  ChatCreatedEvent,
  ChatDeletedEvent,
  ChatUpdatedEvent,
  MemberAddedEvent,
  MemberRemovedEvent,
  MemberUpdatedEvent,
} from "./frames/chats.ts"
import { AckEvent, ErrorEvent, HelloEvent, PongEvent } from "./frames/connection.ts"
import { MessageDeletedEvent, MessageEvent, MessageUpdatedEvent } from "./frames/messages.ts"
import { PresenceEvent, TypingEvent, UserUpdatedEvent } from "./frames/presence.ts"
import { DeliveredEvent, FullyReadEvent, ReadEvent } from "./frames/reading.ts"
import { recordEvents } from "./frames/records.ts"
import { StateEvent } from "./frames/state.ts"

/** By `type`. An `ack` has the fields of the frame that it answers. */
export const ServerFrames = {
  hello: HelloEvent,
  ack: AckEvent,
  pong: PongEvent,
  error: ErrorEvent,
  state: StateEvent,
  check: CheckEvent,
  synced: SyncedEvent,
  reset: ResetEvent,
  chat_gone: ChatGoneEvent,
  message: MessageEvent,
  message_updated: MessageUpdatedEvent,
  message_deleted: MessageDeletedEvent,
  ...recordEvents,
  read: ReadEvent,
  fully_read: FullyReadEvent,
  delivered: DeliveredEvent,
  typing: TypingEvent,
  presence: PresenceEvent,
  user_updated: UserUpdatedEvent,
  chat_created: ChatCreatedEvent,
  chat_updated: ChatUpdatedEvent,
  chat_deleted: ChatDeletedEvent,
  member_added: MemberAddedEvent,
  member_updated: MemberUpdatedEvent,
  member_removed: MemberRemovedEvent,
} as const

export const ServerFrame = Schema.Union(Object.values(ServerFrames)).annotate({ identifier: "ServerFrame" })
export type ServerFrame = typeof ServerFrame.Type
