// Encodes a chat's events as JSON of server frames. hot: written by hand, since each text is encoded once and sent to
// all listeners: only user text goes through JSON.stringify. A test compares it with the contract's schemas.
import type { ChatSummary, EventMember } from "../../domain/Chat.ts"
import type { ChatEvent, FullyRead, Recorded, ReplayedEvent } from "../../domain/ChatEvent.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { EventMessage } from "../../domain/Message.ts"
import { extraNames } from "../../domain/MessageParts.ts"
import type { User } from "../../domain/User.ts"

const quoted = (text: string | null): string => (text === null ? "null" : JSON.stringify(text))

/** What a plain message does not have. */
const extrasJson = (message: EventMessage): string => {
  let json = ""
  for (let i = 0; i < extraNames.length; i++) {
    const name = extraNames[i]!
    const value = message[name]
    if (value !== undefined) json += `,"${name}":${JSON.stringify(value)}`
  }
  return json
}

const messageHead = (type: string, message: EventMessage): string =>
  `{"type":"${type}","id":${message.id},"chat_id":${message.chat_id},"seq":${message.seq},"sender_id":${message.sender_id},"text":${JSON.stringify(
    message.text,
  )},"created_at":"${message.created_at}","edited_at":${
    message.edited_at === null ? "null" : `"${message.edited_at}"`
  },"deleted":${message.deleted},"reply_to":${message.reply_to},"is_read":${message.is_read}${extrasJson(message)},"dedup_key":`

const messageTail = (dedup_key: string | null, version: number): string => `${quoted(dedup_key)},"version":${version}}`

const avatarJson = (avatar: number | undefined): string => (avatar === undefined ? "" : `,"avatar":${avatar}`)

const info = ({ avatar, custom, description }: ChatSummary): string =>
  `${description === undefined ? "" : `,"description":${quoted(description)}`}${avatarJson(avatar)}${custom === undefined ? "" : `,"custom":${JSON.stringify(custom)}`}`

const summary = (chat: ChatSummary): string =>
  `{"id":${chat.id},"type":"${chat.type}","name":${quoted(chat.name)},"created_by":${chat.created_by},"created_at":"${chat.created_at}","member_count":${chat.member_count}${info(chat)}}`

/** Field by field: a profile with more fields than others may see must not leak. */
export const userJson = ({ avatar, created_at, custom, display_name, id, username }: User): string =>
  `{"id":${id},"username":${quoted(username)},"display_name":${quoted(display_name)},"created_at":"${created_at}"${avatarJson(avatar)}${custom === undefined ? "" : `,"custom":${JSON.stringify(custom)}`}}`

const memberJson = ({ joined_at, last_read_seq, role, user }: EventMember): string =>
  `{"user":${userJson(user)},"role":"${role}","last_read_seq":${last_read_seq},"joined_at":"${joined_at}"}`

const chatCreated = (chat: ChatSummary, version: number): string =>
  `{"type":"chat_created","chat":${summary(chat)},"version":${version}}`

/** The frame for all listeners; a message without its `dedup_key`. */
export const eventJson = (chat_id: ChatId, event: ChatEvent): string => {
  switch (event._tag) {
    case "MessageSent":
      return `${messageHead("message", event.message)}${messageTail(null, event.version)}`
    case "MessageUpdated":
      return `${messageHead("message_updated", event.message)}${messageTail(null, event.version)}`
    case "MessageDeleted":
      return `${messageHead("message_deleted", event.message)}${messageTail(null, event.version)}`
    case "ReadMarked":
      return `{"type":"read","chat_id":${chat_id},"user_id":${event.user_id},"seq":${event.seq},"message_id":${event.message_id},"version":${event.version}}`
    case "ChatCreated":
      return chatCreated(event.chat, event.version)
    case "ChatUpdated":
      return `{"type":"chat_updated","chat":${summary(event.chat)},"version":${event.version}}`
    case "ChatDeleted":
      return `{"type":"chat_deleted","chat_id":${chat_id},"version":${event.version}}`
    case "MemberAdded":
      return `{"type":"member_added","chat_id":${chat_id},"member":${memberJson(event.member)},"version":${event.version}}`
    case "MemberUpdated":
      return `{"type":"member_updated","chat_id":${chat_id},"member":${memberJson(event.member)},"version":${event.version}}`
    case "MemberRemoved":
      return `{"type":"member_removed","chat_id":${chat_id},"user_id":${event.user_id},"version":${event.version}}`
    case "Recorded":
      return recordJson(chat_id, event)
    default:
      return event satisfies never
  }
}

const recordJson = (chat_id: ChatId, { kind, message_id, shown, version }: Recorded): string => {
  const fields = JSON.stringify(shown).slice(1, -1)
  return `{"type":"${kind}","chat_id":${chat_id},"message_id":${message_id}${fields === "" ? "" : `,${fields}`},"version":${version}}`
}

/**
 * The user whose devices receive another form of this event: the sender of a message with a `dedup_key`, or an added
 * member.
 */
export const specialReader = (event: ChatEvent): number => {
  switch (event._tag) {
    case "MessageSent":
    case "MessageUpdated":
    case "MessageDeleted":
      return event.message.dedup_key === null ? 0 : event.message.sender_id
    case "MemberAdded":
      return event.member.user.id
    case "ReadMarked":
    case "ChatCreated":
    case "ChatUpdated":
    case "ChatDeleted":
    case "MemberUpdated":
    case "MemberRemoved":
    case "Recorded":
      return 0
    default:
      return event satisfies never
  }
}

/** The frame for the special reader, made from the common one. */
export const specialJson = (event: ChatEvent, common: string): string => {
  switch (event._tag) {
    case "MessageSent":
    case "MessageUpdated":
    case "MessageDeleted": {
      const { message, version } = event
      return `${common.slice(0, -messageTail(null, version).length)}${messageTail(message.dedup_key, version)}`
    }
    case "MemberAdded":
      return chatCreated(event.chat, event.version)
    case "ReadMarked":
    case "ChatCreated":
    case "ChatUpdated":
    case "ChatDeleted":
    case "MemberUpdated":
    case "MemberRemoved":
    case "Recorded":
      return common
    default:
      return event satisfies never
  }
}

/** The frame of an event that was read from the database, for `reader`; 0: the common form. */
export const replayedJson = (chat_id: ChatId, { event, changed }: ReplayedEvent, reader: number): string => {
  const common = eventJson(chat_id, event)
  const isSpecial = reader !== 0 && specialReader(event) === reader
  const json = isSpecial ? specialJson(event, common) : common
  // `chat_created`, which the added member receives, contains nothing about the member.
  if (changed === undefined || (isSpecial && event._tag === "MemberAdded")) return json
  return `${json.slice(0, -1)},"changed":${changed}}`
}

export const fullyReadJson = (chat_id: ChatId, read: FullyRead): string =>
  `{"type":"fully_read","chat_id":${chat_id},"seq":${read.seq},"message_id":${read.message_id}}`
