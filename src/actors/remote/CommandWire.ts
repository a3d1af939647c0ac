// The format of commands, answers and refusals between nodes. Their port has no authentication, so input is validated
// by the same schemas as users' input; the actor's rules check permissions as always.
import { Cause, Exit, Schema } from "effect"
import { ChatSummary, Member, Role } from "../../domain/Chat.ts"
import { InfoPatch } from "../../domain/ChatInfo.ts"
import { Draft } from "../../domain/Draft.ts"
import {
  Blocked,
  ChatFull,
  ChatNotFound,
  DedupKeyReused,
  FileNotFound,
  MemberNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  RecipientDeleted,
  TooManyPins,
  TooManyReactions,
  Unavailable,
} from "../../domain/errors.ts"
import { MessageId, Seq, UserId } from "../../domain/Ids.ts"
import { ChangedMessage, MessageText } from "../../domain/Message.ts"
import { kindOf, kinds } from "../../kinds/Kinds.ts"
import type { Reply } from "../Mailbox.ts"
import type { Answers, Command } from "../rules/Command.ts"

const by = UserId

export const WireCommand = Schema.Union([
  Schema.TaggedStruct("Send", {
    by,
    draft: Draft,
  }),
  Schema.TaggedStruct("Edit", { by, message_id: MessageId, text: MessageText }),
  Schema.TaggedStruct("Delete", { by, message_id: MessageId }),
  Schema.TaggedStruct("Read", { by, seq: Seq }),
  Schema.TaggedStruct("SetInfo", { by, patch: InfoPatch }),
  Schema.TaggedStruct("DeleteChat", { by }),
  Schema.TaggedStruct("AddMembers", { by, user_ids: Schema.Array(UserId) }),
  Schema.TaggedStruct("SetRole", { by, user_id: UserId, role: Role }),
  Schema.TaggedStruct("RemoveMember", { by, user_id: UserId }),
  Schema.TaggedStruct("Depart", { by }),
  Schema.TaggedStruct("ReadBlocks", { by }),
  ...Object.values(kinds).map(({ ask, name }) =>
    Schema.TaggedStruct("Record", {
      by,
      kind: Schema.Literal(name),
      message_id: MessageId,
      on: Schema.Boolean,
      ask: Schema.Struct(ask),
    }),
  ),
])

/** The fields of each command's answer; none: it has no content. A command without an entry does not compile. */
const answers = {
  Send: { answer: Schema.Struct({ message: ChangedMessage, duplicate: Schema.Boolean }) },
  Edit: { answer: ChangedMessage },
  Delete: {},
  Read: { answer: Schema.Struct({ last_read_seq: Seq }) },
  SetInfo: { answer: ChatSummary },
  DeleteChat: {},
  AddMembers: { answer: Schema.Array(Member) },
  SetRole: { answer: Member },
  RemoveMember: {},
  Record: { answer: Schema.Record(Schema.String, Schema.Json) },
  Depart: {},
  ReadBlocks: {},
} as const satisfies {
  readonly [Tag in keyof Answers]: Answers[Tag] extends undefined
    ? object
    : { readonly answer: Schema.Codec<Answers[Tag], unknown> }
}

/** The binary form needs tags to distinguish them. */
const WireAnswer = Schema.Union([
  Schema.TaggedStruct("Send", answers.Send),
  Schema.TaggedStruct("Edit", answers.Edit),
  Schema.TaggedStruct("Delete", answers.Delete),
  Schema.TaggedStruct("Read", answers.Read),
  Schema.TaggedStruct("SetInfo", answers.SetInfo),
  Schema.TaggedStruct("DeleteChat", answers.DeleteChat),
  Schema.TaggedStruct("AddMembers", answers.AddMembers),
  Schema.TaggedStruct("SetRole", answers.SetRole),
  Schema.TaggedStruct("RemoveMember", answers.RemoveMember),
  Schema.TaggedStruct("Record", answers.Record),
  Schema.TaggedStruct("Depart", answers.Depart),
  Schema.TaggedStruct("ReadBlocks", answers.ReadBlocks),
])
type WireAnswer = typeof WireAnswer.Type

const WireError = Schema.Union([
  Unavailable,
  ChatNotFound,
  MessageNotFound,
  FileNotFound,
  DedupKeyReused,
  RecipientDeleted,
  Blocked,
  NotAllowed,
  MessageDeleted,
  ChatFull,
  MemberNotFound,
  TooManyPins,
  TooManyReactions,
])

/** The result of one command. `Broken`: a bug, which is logged on the node where it happened. */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Answered", { answer: WireAnswer }),
  Schema.TaggedStruct("Refused", { error: WireError }),
  /** The mailbox is full, the chat is not here, or it came too late: certainly not carried out. */
  Schema.TaggedStruct("NotTaken", {}),
  Schema.TaggedStruct("Broken", {}),
])
export type Outcome = typeof Outcome.Type

type AnyAnswer = Answers[keyof Answers]

/** The answer of a command, under the command's tag. */
const toWire = (_tag: Command["_tag"], answer: AnyAnswer): WireAnswer =>
  (answer === undefined ? { _tag } : { _tag, answer }) as WireAnswer

const fromWire = (wire: WireAnswer): AnyAnswer => ("answer" in wire ? wire.answer : undefined)

export const toOutcome = (command: Command, reply: Reply): Outcome => {
  if (Exit.isSuccess(reply)) return { _tag: "Answered", answer: toWire(command._tag, reply.value) }
  const failure = reply.cause.reasons.find(Cause.isFailReason)
  return failure === undefined ? { _tag: "Broken" } : { _tag: "Refused", error: failure.error }
}

/** undefined: there is no reply, since the command was not taken. */
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
    default:
      return outcome satisfies never
  }
}

const broken = Exit.die("a command failed by a bug on another node, whose log has it")

/**
 * Whether repeated execution has the effect of a single one, whatever happened in between: then it may be sent again
 * after an unknown result. An edit, a name or a role would undo concurrent changes; a message without a key would be
 * duplicated.
 */
export const isRepeatable = (command: Command): boolean => {
  switch (command._tag) {
    case "Send":
      return command.draft.dedup_key !== null
    case "Delete":
    case "Read":
    case "ReadBlocks":
      return true
    case "Record":
      return kindOf(command.kind).isOwn
    case "Edit":
    case "SetInfo":
    case "DeleteChat":
    case "AddMembers":
    case "SetRole":
    case "RemoveMember":
    case "Depart":
      return false
    default:
      return command satisfies never
  }
}
