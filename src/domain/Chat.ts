// A chat and its members, as one member sees them.
import { Schema } from "effect"
import { infoFields } from "./ChatInfo.ts"
import { ChatSettings } from "./ChatSettings.ts"
import { ChatId, Seq, UserId, Version } from "./Ids.ts"
import { Message } from "./Message.ts"
import { Timestamp } from "./Timestamp.ts"
import { User } from "./User.ts"

export const ChatType = Schema.Literals(["private", "group", "saved"])
export type ChatType = typeof ChatType.Type

export const Role = Schema.Literals(["owner", "admin", "member"])
export type Role = typeof Role.Type

/** A group with more members is large: their presence is not published. */
export const largeGroup = 200

/** The part of a chat that is the same for all members. */
export const ChatSummary = Schema.Struct({
  id: ChatId,
  type: ChatType,
  name: Schema.NullOr(Schema.String),
  created_by: UserId,
  created_at: Timestamp,
  member_count: Schema.Int,
  ...infoFields,
}).annotate({ identifier: "ChatSummary" })
export type ChatSummary = typeof ChatSummary.Type

/** Unread messages that mention the reader or all, or reply to one of theirs; absent while there are none. */
export const mentionCountField = { unread_mention_count: Schema.optionalKey(Schema.Int) }

export const mentionCount = (unread_mention_count: number): { readonly unread_mention_count?: number } =>
  unread_mention_count === 0 ? {} : { unread_mention_count }

export const Chat = Schema.Struct({
  ...ChatSummary.fields,
  /** The version at which its name, description or custom changed last: the copy with the greater version is newer. */
  version: Version,
  role: Role,
  last_seq: Seq,
  last_read_seq: Seq,
  unread_count: Schema.Int,
  ...mentionCountField,
  last_message: Schema.NullOr(Message),
  /** The peer of a private chat; null in others. */
  peer: Schema.NullOr(User),
  /** My own settings of it; absent while there are none. */
  settings: Schema.optionalKey(ChatSettings),
}).annotate({ identifier: "Chat" })
export type Chat = typeof Chat.Type

/** A member as in the chat's events, whose own `version` is the member's. */
export const EventMember = Schema.Struct({
  user: User,
  role: Role,
  last_read_seq: Seq,
  joined_at: Timestamp,
}).annotate({ identifier: "EventMember" })
export type EventMember = typeof EventMember.Type

export const Member = Schema.Struct({
  ...EventMember.fields,
  /**
   * The version at which the membership, its role or its read mark changed last: the copy with the greater version is
   * newer. Sending, which also reads, leaves it.
   */
  version: Version,
  /** In a private chat: a device of this member has the messages up to this one. Absent: none is known to have one. */
  last_delivered_seq: Schema.optionalKey(Seq),
}).annotate({ identifier: "Member" })
export type Member = typeof Member.Type

export const ChatWithMembers = Schema.Struct({
  ...Chat.fields,
  /** The first members, by user id. */
  members: Schema.Array(Member),
  /** The `after` of the next page of members; absent: these are all. */
  members_next: Schema.optionalKey(UserId),
}).annotate({ identifier: "ChatWithMembers" })
export type ChatWithMembers = typeof ChatWithMembers.Type

/** Members by user id; `next`: the `after` of the next page, or null. */
export const MemberPage = Schema.Struct({ items: Schema.Array(Member), next: Schema.NullOr(UserId) }).annotate({
  identifier: "MemberPage",
})
export type MemberPage = typeof MemberPage.Type
