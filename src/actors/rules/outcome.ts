// The answers and events of a committed plan.
import { Exit, HashMap } from "effect"
import type { ChatSummary, EventMember, Member } from "../../domain/Chat.ts"
import type { ChatEvent } from "../../domain/ChatEvent.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { ChangedMessage, EventMessage } from "../../domain/Message.ts"
import { withExtras } from "../../domain/MessageParts.ts"
import { timestamp } from "../../domain/Timestamp.ts"
import type { User } from "../../domain/User.ts"
import type { StoredMessage } from "../../sql/journal/Journal.ts"
import { apply, type Change, type ChatState, memberOf } from "./ChatState.ts"
import type { Answers, Command, CommandError } from "./Command.ts"
import type { Decision, PendingMessage } from "./decide.ts"
import { after, type Plan } from "./plan.ts"

const toPlain = (stored: StoredMessage, lowest: number): EventMessage => ({
  id: stored.id,
  chat_id: stored.chat_id,
  seq: stored.seq,
  sender_id: stored.sender_id,
  text: stored.text,
  created_at: timestamp(stored.created_at),
  edited_at: stored.edited_at === null ? null : timestamp(stored.edited_at),
  deleted: stored.deleted,
  reply_to: stored.reply_to,
  is_read: stored.seq <= lowest,
  dedup_key: stored.dedup_key,
})

export const toMessage = (stored: StoredMessage, lowest: number): EventMessage =>
  withExtras(toPlain(stored, lowest), stored.thread_id, stored.parts)

/** For the caller: the present state. */
const toAnswered = (stored: StoredMessage, lowest: number): ChangedMessage => ({
  ...toMessage(stored, lowest),
  version: Math.max(stored.version, stored.records_version ?? 0),
})

export const toStored = (state: ChatState, sent: PendingMessage, id: MessageId, at: number): StoredMessage => ({
  id,
  chat_id: state.id,
  seq: sent.seq,
  sender_id: sent.sender_id,
  text: sent.draft.text,
  dedup_key: sent.draft.dedup_key,
  reply_to: sent.draft.reply_to,
  thread_id: sent.thread_id,
  parts: sent.draft.parts,
  created_at: at,
  edited_at: null,
  deleted: false,
  version: sent.version,
  original_digest: sent.original_digest,
  records_version: null,
})

const toSummary = (state: ChatState): ChatSummary => ({
  id: state.id,
  type: state.type,
  name: state.name,
  created_by: state.created_by,
  created_at: timestamp(state.created_at),
  member_count: HashMap.size(state.members),
  ...state.info,
})

/** The results of the commit and of the reads before it. */
export interface Context {
  readonly at: number
  /** The lowest watermark after the commit. */
  readonly lowest: number
  /** The users named in answers and events. */
  readonly users: ReadonlyMap<UserId, User>
  /** The plan's new messages, in the order of `seq`, which has no gap. */
  readonly sent: ReadonlyArray<StoredMessage>
  /** Messages named by commands, after the commit. */
  readonly message: (id: MessageId) => StoredMessage | undefined
  readonly messageIdAt: (seq: number) => MessageId | undefined
}

const sentAt = ({ sent }: Context, seq: number): StoredMessage | undefined =>
  sent[0] === undefined ? undefined : sent[seq - sent[0].seq]

const toMember = (state: ChatState, user_id: UserId, users: Context["users"]): EventMember | undefined => {
  const member = memberOf(state, user_id)
  const user = users.get(user_id)
  return member === undefined || user === undefined
    ? undefined
    : { user, role: member.role, last_read_seq: member.last_read_seq, joined_at: timestamp(member.joined_at) }
}

/** For the caller: with its version. */
const toAnsweredMember = (state: ChatState, user_id: UserId, users: Context["users"]): Member | undefined => {
  const member = toMember(state, user_id, users)
  return member && { ...member, version: memberOf(state, user_id)?.version ?? 0 }
}

/** `state` is the one right after the change. */
const toEvent = (state: ChatState, change: Change, context: Context): ChatEvent | undefined => {
  const { version } = change
  switch (change._tag) {
    case "Sent": {
      const stored = sentAt(context, change.seq)
      return stored && { _tag: "MessageSent", version, message: toMessage(stored, context.lowest) }
    }
    case "Edited":
      return { _tag: "MessageUpdated", version, message: toMessage(after(change, context.at), context.lowest) }
    case "Tombstoned":
      return { _tag: "MessageDeleted", version, message: toMessage(after(change, context.at), context.lowest) }
    case "Read": {
      const { user_id, seq } = change
      const message_id = context.messageIdAt(seq)
      return message_id && { _tag: "ReadMarked", version, user_id, seq, message_id }
    }
    case "InfoSet":
      return { _tag: "ChatUpdated", version, chat: toSummary(state) }
    case "ChatDeleted":
      return { _tag: "ChatDeleted", version }
    case "MemberAdded": {
      const member = toMember(state, change.user_id, context.users)
      return member && { _tag: "MemberAdded", version, member, chat: toSummary(state) }
    }
    case "RoleSet":
    case "Departed": {
      const member = toMember(state, change.user_id, context.users)
      return member && { _tag: "MemberUpdated", version, member }
    }
    case "MemberRemoved":
      return { _tag: "MemberRemoved", version, user_id: change.user_id }
    case "Recorded": {
      const { kind, message_id, shown } = change
      return { _tag: "Recorded", version, kind, message_id, shown }
    }
    default:
      return change satisfies never
  }
}

/** In `version` order, without a hole: every change has its event. */
export const toEvents = (start: ChatState, plan: Plan, context: Context): ReadonlyArray<ChatEvent> => {
  let state = start
  return plan.changes.map((change) => {
    // Messages and marks show nothing of the state in between.
    if (change._tag !== "Sent" && change._tag !== "Read") state = apply(state, change)
    const event = toEvent(state, change, context)
    if (event === undefined) throw new Error(`no event for a committed ${change._tag}`)
    return event
  })
}

export const toAnswer = (
  state: ChatState,
  command: Command,
  decision: Decision,
  context: Context,
): Exit.Exit<Answers[keyof Answers], CommandError> => {
  if (decision._tag === "Refused") return Exit.fail(decision.error)
  switch (command._tag) {
    case "Send": {
      const first = decision._tag === "Duplicate" ? decision.first : decision.changes[0]
      const stored = first && "id" in first ? first : first && "seq" in first ? sentAt(context, first.seq) : undefined
      if (stored === undefined) return Exit.die("a sent message is missing from its own commit")
      const message = toAnswered(context.message(stored.id) ?? stored, context.lowest)
      return Exit.succeed({ message, duplicate: decision._tag === "Duplicate" })
    }
    case "Edit": {
      const message = context.message(command.message_id)
      return message === undefined
        ? Exit.die("an edited message is missing from its own commit")
        : Exit.succeed(toAnswered(message, context.lowest))
    }
    case "Record": {
      const change = decision._tag === "Accepted" ? decision.changes[0] : undefined
      const shown =
        change?._tag === "Recorded" ? change.shown : decision._tag === "Accepted" ? decision.shown : undefined
      return shown === undefined ? Exit.die("a record has nothing to show") : Exit.succeed(shown)
    }
    case "Read":
      return Exit.succeed({ last_read_seq: memberOf(state, command.by)?.last_read_seq ?? 0 })
    case "SetInfo":
      return Exit.succeed(toSummary(state))
    case "AddMembers":
      return Exit.succeed(
        [...new Set(command.user_ids)].flatMap((id) => toAnsweredMember(state, id, context.users) ?? []),
      )
    case "SetRole": {
      const member = toAnsweredMember(state, command.user_id, context.users)
      return member === undefined ? Exit.die("a member has no user") : Exit.succeed(member)
    }
    case "Delete":
    case "DeleteChat":
    case "RemoveMember":
    case "Depart":
    case "ReadBlocks":
      return Exit.succeed(undefined)
    default:
      return command satisfies never
  }
}
