// Encodes frames other than the events of chats: answers to the client's frames, hello, typing, presence, sync.
import type { CommandError } from "../../actors/rules/Command.ts"
import type { StateValue } from "../../broadcast/Broadcast.ts"
import { features } from "../../contract/features.ts"
import type { ErrorCode } from "../../contract/frames/connection.ts"
import type { Ref } from "../../contract/frames/frame.ts"
import { Limits } from "../../contract/Limits.ts"
import type { ChatSums } from "../../domain/Check.ts"
import type { TooManyRequests } from "../../domain/errors.ts"
import type { ChatId, MessageId, SessionId, UserId } from "../../domain/Ids.ts"
import type { EventMessage } from "../../domain/Message.ts"
import type { User } from "../../domain/User.ts"
import type { StateWriteError } from "../../services/OwnState.ts"
import type { Position } from "../../sql/chats/ChatStore.ts"
import { userJson } from "./EventFrames.ts"

const echo = (ref: Ref | undefined): string => (ref === undefined ? "" : `,"ref":${JSON.stringify(ref)}`)

export const sentJson = (ref: Ref | undefined, message: EventMessage, duplicate: boolean): string =>
  `{"type":"ack"${echo(ref)},"message_id":${message.id},"chat_id":${message.chat_id},"seq":${message.seq},"created_at":"${message.created_at}","duplicate":${duplicate}}`

export const readJson = (ref: Ref | undefined, chat_id: ChatId, seq: number): string =>
  `{"type":"ack"${echo(ref)},"chat_id":${chat_id},"seq":${seq}}`

export const changedJson = (ref: Ref | undefined, message_id: MessageId): string =>
  `{"type":"ack"${echo(ref)},"message_id":${message_id}}`

export const stateSetJson = (ref: Ref | undefined, version: number): string =>
  `{"type":"ack"${echo(ref)},"version":${version}}`

export const authenticatedJson = (ref: Ref | undefined, expires_at: string): string =>
  `{"type":"ack"${echo(ref)},"expires_at":"${expires_at}"}`

export const pongJson = (ref: Ref | undefined, time: string): string => `{"type":"pong"${echo(ref)},"time":"${time}"}`

export const errorJson = (ref: Ref | undefined, code: ErrorCode, message: string, retry_after_ms?: number): string =>
  `{"type":"error"${echo(ref)},"code":"${code}","message":${JSON.stringify(message)}${
    retry_after_ms === undefined ? "" : `,"retry_after_ms":${retry_after_ms}`
  }}`

/** The refusal of a command; undefined: a defect, which is logged and not described. */
export const refusalJson = (
  ref: Ref | undefined,
  error: CommandError | StateWriteError | TooManyRequests | undefined,
): string => {
  switch (error?._tag) {
    case undefined:
      return errorJson(ref, "unavailable", "An unexpected error. Try again.", 1_000)
    case "ChatNotFound":
    case "MessageNotFound":
    case "MemberNotFound":
    case "ScheduledNotFound":
    case "UserNotFound":
    case "FileNotFound":
      return errorJson(ref, "not_found", error.detail)
    case "NotAllowed":
    case "Blocked":
      return errorJson(ref, "forbidden", error.detail)
    case "DedupKeyReused":
    case "MessageDeleted":
    case "RecipientDeleted":
    case "ChatFull":
    case "TooManyPins":
    case "TooManyReactions":
    case "StateFull":
    case "AlreadySent":
      return errorJson(ref, "conflict", error.detail)
    case "InvalidInput": {
      const [issue] = error.issues
      const at = issue === undefined || issue.path === "" ? "" : `.${issue.path}`
      return errorJson(ref, "invalid", issue === undefined ? error.detail : `value${at}: ${issue.message}`)
    }
    case "ValueTooLarge":
      return errorJson(ref, "invalid", error.detail)
    case "TooManyRequests":
      return errorJson(ref, "rate_limited", error.detail, error.retry_after_ms)
    case "Unavailable":
      return errorJson(ref, "unavailable", error.detail, error.retry_after_ms)
    default:
      return error satisfies never
  }
}

const featuresJson = JSON.stringify(features)

/** `hello`: its beginning, its chats in one text or several, separated by commas, its end. */
export const helloHead = (user_id: UserId, session_id: SessionId, me: number): string =>
  `{"type":"hello","user_id":${user_id},"session_id":"${session_id}","heartbeat":{"ping_seconds":${Limits.heartbeat.pingSeconds},"timeout_seconds":${Limits.heartbeat.timeoutSeconds}},"features":${featuresJson},"me":${me},"chats":[`

const mentions = ({ unread_mention_count }: Position): string =>
  unread_mention_count === 0 ? "" : `,"unread_mention_count":${unread_mention_count}`

export const helloChats = (positions: ReadonlyArray<Position>): string => {
  let chats = ""
  for (const position of positions) {
    chats += `${chats === "" ? "" : ","}{"chat_id":${position.chat_id},"last_seq":${position.last_seq},"last_read_seq":${position.last_read_seq},"unread_count":${position.unread_count}${mentions(position)},"version":${position.version}}`
  }
  return chats
}

export const helloTail = (online: ReadonlyArray<UserId>): string => `],"online":[${online.join(",")}]}`

export const helloJson = (
  user_id: UserId,
  session_id: SessionId,
  me: number,
  positions: ReadonlyArray<Position>,
  online: ReadonlyArray<UserId>,
): string => helloHead(user_id, session_id, me) + helloChats(positions) + helloTail(online)

export const typingJson = (chat_id: ChatId, user_id: UserId, is_typing: boolean): string =>
  `{"type":"typing","chat_id":${chat_id},"user_id":${user_id},"is_typing":${is_typing}}`

export const deliveredJson = (chat_id: ChatId, user_id: UserId, seq: number): string =>
  `{"type":"delivered","chat_id":${chat_id},"user_id":${user_id},"seq":${seq}}`

/** `last_seen_at` null: online. */
export const presenceJson = (user_id: UserId, last_seen_at: string | null): string =>
  last_seen_at === null
    ? `{"type":"presence","user_id":${user_id},"status":"online","last_seen_at":null}`
    : `{"type":"presence","user_id":${user_id},"status":"offline","last_seen_at":"${last_seen_at}"}`

export const userUpdatedJson = (user: User): string => `{"type":"user_updated","user":${userJson(user)}}`

export const syncedJson = (
  ref: Ref | undefined,
  cursors: ReadonlyMap<ChatId, number>,
  failed: ReadonlyArray<ChatId> = [],
  me?: number,
): string => {
  const failures = failed.length === 0 ? "" : `,"failed":[${failed.join(",")}]`
  return `{"type":"synced"${echo(ref)},"cursors":${JSON.stringify({ ...Object.fromEntries(cursors), me })}${failures}}`
}

/** `value`: JSON. */
export const stateJson = ({ key, value, version }: StateValue): string =>
  `{"type":"state","key":"${key}","value":${value ?? "null"},"version":${version}}`

/** `chat_id` null: the user's own state. */
export const resetJson = (chat_id: ChatId | null, version: number): string =>
  `{"type":"reset","chat_id":${chat_id},"version":${version}}`

export const checkJson = (chat_id: ChatId, version: number, { members, messages }: ChatSums): string =>
  `{"type":"check","chat_id":${chat_id},"version":${version},"messages":{"count":${messages.count},"sum":${messages.sum}},"members":{"count":${members.count},"sum":${members.sum}}}`

export const chatGoneJson = (chat_id: ChatId): string => `{"type":"chat_gone","chat_id":${chat_id}}`

/** The reason of a close with 1001 after which the client may come back soon. */
export const comeBack = `{"retry_after_ms":1000}`
