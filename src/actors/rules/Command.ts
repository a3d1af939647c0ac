// The commands to a chat, their answers, and their refusals.
import type { ChatSummary, Member, Role } from "../../domain/Chat.ts"
import type { InfoPatch } from "../../domain/ChatInfo.ts"
import type { Draft } from "../../domain/Draft.ts"
import type {
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
  Unavailable,
} from "../../domain/errors.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import type { ChangedMessage } from "../../domain/Message.ts"
import type { RecordRefusal } from "../../kinds/Kind.ts"
import type { KindName } from "../../kinds/Kinds.ts"

/** `by` is the caller; the rules check membership and role. */
export type Command =
  | {
      readonly _tag: "Send"
      readonly by: UserId
      readonly draft: Draft
    }
  | { readonly _tag: "Edit"; readonly by: UserId; readonly message_id: MessageId; readonly text: string }
  | { readonly _tag: "Delete"; readonly by: UserId; readonly message_id: MessageId }
  | { readonly _tag: "Read"; readonly by: UserId; readonly seq: number }
  | { readonly _tag: "SetInfo"; readonly by: UserId; readonly patch: InfoPatch }
  | { readonly _tag: "DeleteChat"; readonly by: UserId }
  | { readonly _tag: "AddMembers"; readonly by: UserId; readonly user_ids: ReadonlyArray<UserId> }
  | { readonly _tag: "SetRole"; readonly by: UserId; readonly user_id: UserId; readonly role: Role }
  | { readonly _tag: "RemoveMember"; readonly by: UserId; readonly user_id: UserId }
  /** A record about a message: see kinds/. `ask` is the kind's input; `on` false: it is removed. */
  | {
      readonly _tag: "Record"
      readonly by: UserId
      readonly kind: KindName
      readonly message_id: MessageId
      readonly on: boolean
      readonly ask: JsonObject
    }
  /** The account of `by` was deleted. Leaves a group; a private chat stays for its peer. */
  | { readonly _tag: "Depart"; readonly by: UserId }
  /** In the private chat of `by`, who has blocked the other one, or no longer does: the chat is loaded again. */
  | { readonly _tag: "ReadBlocks"; readonly by: UserId }

/** The answer of each command. */
export interface Answers {
  /** `duplicate`: the dedup_key made this message before; `message` is its present state. */
  readonly Send: { readonly message: ChangedMessage; readonly duplicate: boolean }
  readonly Edit: ChangedMessage
  readonly Delete: undefined
  /** The watermark afterwards. */
  readonly Read: { readonly last_read_seq: number }
  readonly SetInfo: ChatSummary
  readonly DeleteChat: undefined
  /** The named users, new or not, in the order of `user_ids`. */
  readonly AddMembers: ReadonlyArray<Member>
  readonly SetRole: Member
  readonly RemoveMember: undefined
  /** What the record's event shows of it, in its present state. */
  readonly Record: JsonObject
  readonly Depart: undefined
  readonly ReadBlocks: undefined
}

/** Executed in parts, between which the chat's actor takes other commands. */
export const isLong = (command: Command): boolean => command._tag === "AddMembers" && command.user_ids.length > 200

/** The longest time that a caller waits, milliseconds. */
export const callerDeadlineMillis = (command: Command): number => (isLong(command) ? 20_000 : 5_000)

export type Answer<C extends Command> = Answers[C["_tag"]]

/** The rules' refusals of each command; `decide` returns no others. */
export interface Refusals {
  readonly Send:
    | ChatNotFound
    | MessageNotFound
    | MessageDeleted
    | FileNotFound
    | DedupKeyReused
    | RecipientDeleted
    | Blocked
  readonly Edit: ChatNotFound | MessageNotFound | NotAllowed | MessageDeleted | Blocked
  readonly Delete: ChatNotFound | MessageNotFound | NotAllowed
  readonly Read: ChatNotFound
  readonly SetInfo: ChatNotFound | NotAllowed
  readonly DeleteChat: ChatNotFound | NotAllowed
  readonly AddMembers: ChatNotFound | NotAllowed | ChatFull
  readonly SetRole: ChatNotFound | NotAllowed | MemberNotFound
  readonly RemoveMember: ChatNotFound | NotAllowed | MemberNotFound
  readonly Record: ChatNotFound | MessageNotFound | RecordRefusal | Blocked
  readonly Depart: ChatNotFound
  readonly ReadBlocks: ChatNotFound
}

export type Refusal = Refusals[keyof Refusals]

/** All failures of a command; without a type argument, of any. */
export type CommandError<C extends Command = Command> = Refusals[C["_tag"]] | Unavailable
