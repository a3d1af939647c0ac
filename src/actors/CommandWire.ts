// Commands, answers and refusals as they travel between nodes. The port they come in by has no authentication, so what
// comes in is checked by the same schemas as what users send; what it may do, the actor's rules check as ever.
import { Cause, Exit, Schema } from "effect"
import { ChatName, ChatSummary, Member, Role } from "../domain/Chat.ts"
import {
  ChatFull,
  ChatNotFound,
  DedupKeyReused,
  MemberNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  RecipientDeleted,
  Unavailable,
} from "../domain/errors.ts"
import { MessageId, Seq, UserId } from "../domain/Ids.ts"
import { DedupKey, Message, MessageText } from "../domain/Message.ts"
import type { Answers, Command } from "./Command.ts"
import type { Reply } from "./Mailbox.ts"

const by = UserId

export const WireCommand = Schema.Union([
  Schema.TaggedStruct("Send", {
    by,
    text: MessageText,
    dedup_key: Schema.NullOr(DedupKey),
    reply_to: Schema.NullOr(MessageId),
  }),
  Schema.TaggedStruct("Edit", { by, message_id: MessageId, text: MessageText }),
  Schema.TaggedStruct("Delete", { by, message_id: MessageId }),
  Schema.TaggedStruct("Read", { by, seq: Seq }),
  Schema.TaggedStruct("Rename", { by, name: ChatName }),
  Schema.TaggedStruct("DeleteChat", { by }),
  Schema.TaggedStruct("AddMembers", { by, user_ids: Schema.Array(UserId) }),
  Schema.TaggedStruct("SetRole", { by, user_id: UserId, role: Role }),
  Schema.TaggedStruct("RemoveMember", { by, user_id: UserId }),
  Schema.TaggedStruct("Depart", { by }),
])

/** The binary form needs tags to tell them apart. */
const WireAnswer = Schema.Union([
  Schema.TaggedStruct("Sent", { message: Message, duplicate: Schema.Boolean }),
  Schema.TaggedStruct("Message", { message: Message }),
  Schema.TaggedStruct("Mark", { last_read_seq: Seq }),
  Schema.TaggedStruct("Chat", { chat: ChatSummary }),
  Schema.TaggedStruct("Members", { members: Schema.Array(Member) }),
  Schema.TaggedStruct("Member", { member: Member }),
  Schema.TaggedStruct("Nothing", {}),
])

const WireError = Schema.Union([
  Unavailable,
  ChatNotFound,
  MessageNotFound,
  DedupKeyReused,
  RecipientDeleted,
  NotAllowed,
  MessageDeleted,
  ChatFull,
  MemberNotFound,
])

/** What became of one command. `Broken`: a bug, which the log of the node that met it has whole. */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Answered", { answer: WireAnswer }),
  Schema.TaggedStruct("Refused", { error: WireError }),
  /** The mailbox is full, the chat is not here, or it came too late: surely not carried out. */
  Schema.TaggedStruct("NotTaken", {}),
  Schema.TaggedStruct("Broken", {}),
])
export type Outcome = typeof Outcome.Type

type AnyAnswer = Answers[keyof Answers]

const toWire = (answer: AnyAnswer): typeof WireAnswer.Type => {
  if (answer === undefined) return { _tag: "Nothing" }
  if ("length" in answer) return { _tag: "Members", members: answer }
  if ("duplicate" in answer) return { _tag: "Sent", ...answer }
  if ("chat_id" in answer) return { _tag: "Message", message: answer }
  if ("user" in answer) return { _tag: "Member", member: answer }
  return "member_count" in answer ? { _tag: "Chat", chat: answer } : { _tag: "Mark", ...answer }
}

const fromWire = (answer: typeof WireAnswer.Type): AnyAnswer => {
  switch (answer._tag) {
    case "Nothing":
      return undefined
    case "Members":
      return answer.members
    case "Message":
      return answer.message
    case "Member":
      return answer.member
    case "Chat":
      return answer.chat
    case "Mark":
      return { last_read_seq: answer.last_read_seq }
    case "Sent":
      return { message: answer.message, duplicate: answer.duplicate }
  }
}

export const toOutcome = (reply: Reply): Outcome => {
  if (Exit.isSuccess(reply)) return { _tag: "Answered", answer: toWire(reply.value) }
  const failure = reply.cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? { _tag: "Broken" } : { _tag: "Refused", error: failure.error }
}

/** undefined: there is none, since it was not taken. */
export const toReply = (outcome: Outcome): Reply | undefined => {
  switch (outcome._tag) {
    case "Answered":
      return Exit.succeed(fromWire(outcome.answer))
    case "Refused":
      return Exit.fail(outcome.error)
    case "Broken":
      return broken
    case "NotTaken":
      return undefined
  }
}

const broken = Exit.die("a command failed by a bug on another node, whose log has it")

/**
 * Takes effect once however often it is carried out, whatever happened between: then it may be sent again when nobody knows
 * what became of it. An edit, a name or a role would undo what others did meanwhile; a message without a key would be two.
 */
export const isRepeatable = (command: Command): boolean => {
  switch (command._tag) {
    case "Send":
      return command.dedup_key !== null
    case "Delete":
    case "Read":
      return true
    default:
      return false
  }
}
