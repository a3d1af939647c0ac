// Commands, answers and refusals as they travel between nodes. The port they come in by has no authentication, so what
// comes in is checked by the same schemas as what users send; what it may do, the actor's rules check as ever.
import { Exit, Schema } from "effect"
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
import type { Command } from "./Command.ts"
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

/** The command says which of them it is; each has fields that those before it lack. */
const WireAnswer = Schema.Union([
  Schema.Struct({ message: Message, duplicate: Schema.Boolean }),
  Message,
  Member,
  Schema.Struct({ last_read_seq: Seq }),
  ChatSummary,
  Schema.Array(Member),
  Schema.Undefined,
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

export const toOutcome = (reply: Reply): Outcome => {
  if (Exit.isSuccess(reply)) return { _tag: "Answered", answer: reply.value }
  const error = reply.cause.reasons.find((reason) => reason._tag === "Fail")
  return error === undefined ? { _tag: "Broken" } : { _tag: "Refused", error: error.error }
}

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
