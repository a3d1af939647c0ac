// The rules of a chat: what a command changes, or why it is refused. Pure: facts from the database are parameters.
import { HashMap } from "effect"
import { patched } from "../../domain/ChatInfo.ts"
import { contentOf, type Draft, hasMoreThanText, lacksFiles, savedDraft } from "../../domain/Draft.ts"
import {
  ChatFull,
  ChatNotFound,
  DedupKeyReused,
  FileNotFound,
  MemberNotFound,
  MessageDeleted,
  MessageNotFound,
  NotAllowed,
  RecipientDeleted,
} from "../../domain/errors.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { JsonObject } from "../../domain/Json.ts"
import { withMentions } from "../../domain/MessageParts.ts"
import type { KeptRecord } from "../../kinds/Kind.ts"
import { type KindName, kindOf, removedKinds } from "../../kinds/Kinds.ts"
import type { RecordSet } from "../../kinds/RecordSet.ts"
import type { StoredMessage } from "../../sql/journal/Journal.ts"
import type { OriginalDigests } from "../memory/OriginalDigests.ts"
import { blockedBy } from "./blockedBy.ts"
import { type Change, type ChatState, type DigestedMessage, type MemberState, memberOf } from "./ChatState.ts"
import type { Command, Refusal } from "./Command.ts"
import { leave } from "./leave.ts"
import { mentionsIn, withMentionsOf } from "./mentionsIn.ts"
import { partOf } from "./partOf.ts"

/** A message of the present batch: it has no id yet. */
export type PendingMessage = Extract<Change, { _tag: "Sent" }>

/** What the rules may read about messages, as if everything decided before in the batch had happened. */
export interface Facts {
  /** The thread that a reply to this message belongs to; undefined: there is no such message in this chat. */
  readonly threadOf: (id: MessageId) => MessageId | undefined
  readonly senderOf: (id: MessageId) => UserId | undefined
  readonly message: (id: MessageId) => StoredMessage | undefined
  /** The users whose names the batch's texts may mention, by name in lower case; undefined: there are no names. */
  readonly named: ReadonlyMap<string, UserId> | undefined
  /** The current records that the rule of this kind counts. */
  readonly records: (kind: KindName, message_id: MessageId) => RecordSet
  readonly byDedupKey: (sender_id: UserId, dedup_key: string) => StoredMessage | PendingMessage | undefined
  readonly digests: OriginalDigests["Service"]
  /** The maximum number of members of a group. */
  readonly maxMembers: number
  /** The time of the batch, epoch milliseconds. */
  readonly at: number
}

/**
 * `unfinished`: these changes are a part; decided again after them, the command returns the next one.
 * `Duplicate`: the dedup_key made `first` before; nothing changes.
 */
export type Decision =
  | {
      readonly _tag: "Accepted"
      readonly changes: ReadonlyArray<Change>
      readonly unfinished?: boolean
      /** The content of a record that stays as it is. */
      readonly shown?: JsonObject
    }
  | { readonly _tag: "Duplicate"; readonly first: StoredMessage | PendingMessage }
  | { readonly _tag: "Refused"; readonly error: Refusal }

const unchanged = { _tag: "Accepted", changes: [] } as const satisfies Decision
const accepted = (...changes: ReadonlyArray<Change>): Decision => ({ _tag: "Accepted", changes })
const refused = (error: Refusal): Decision => ({ _tag: "Refused", error })

const sameContent = ({ digests }: Facts, first: StoredMessage | PendingMessage, draft: Draft): boolean => {
  const content = contentOf(draft)
  if ("draft" in first) return first.draft.reply_to === draft.reply_to && contentOf(first.draft) === content
  const { original_digest, reply_to, text } = first
  return (
    reply_to === draft.reply_to &&
    (original_digest === null ? text === content : digests.isOf(original_digest, content))
  )
}

/** The message before the change, with a digest of its first text. */
const withDigest = ({ digests }: Facts, before: StoredMessage): DigestedMessage => ({
  ...before,
  original_digest: before.original_digest === null ? digests.of(before.text) : digests.keyed(before.original_digest),
})

const send = (
  state: ChatState,
  facts: Facts,
  { by, draft: written }: Extract<Command, { _tag: "Send" }>,
  { role }: MemberState,
): Decision => {
  const draft = withMentionsOf(written, mentionsIn(state, facts.named, by, role, written.text))
  const { dedup_key, forward, reply_to } = draft
  if (dedup_key !== null) {
    const first = facts.byDedupKey(by, dedup_key)
    if (first !== undefined) {
      return sameContent(facts, first, draft) ? { _tag: "Duplicate", first } : refused(new DedupKeyReused())
    }
  }
  if (state.departed !== null) return refused(new RecipientDeleted())
  if (forward !== null && forward.missing !== null) {
    return refused(forward.missing === "MessageDeleted" ? new MessageDeleted() : new MessageNotFound())
  }
  if (lacksFiles(draft)) return refused(new FileNotFound())
  const thread_id = reply_to === null ? null : facts.threadOf(reply_to)
  if (thread_id === undefined) return refused(new MessageNotFound())
  const version = state.version + 1
  const original_digest = hasMoreThanText(draft) ? facts.digests.of(contentOf(draft)) : null
  const author = reply_to === null ? null : (facts.senderOf(reply_to) ?? null)
  const replied_to = author === by ? null : author
  const seq = state.last_seq + 1
  const kept = state.type === "saved" ? savedDraft(draft) : draft
  return accepted({ _tag: "Sent", version, seq, sender_id: by, draft: kept, thread_id, replied_to, original_digest })
}

const edit = (
  state: ChatState,
  facts: Facts,
  command: Extract<Command, { _tag: "Edit" }>,
  { role }: MemberState,
): Decision => {
  const before = facts.message(command.message_id)
  if (before === undefined) return refused(new MessageNotFound())
  if (before.sender_id !== command.by) return refused(new NotAllowed())
  if (before.deleted) return refused(new MessageDeleted())
  // Its text belongs to another author.
  if (before.parts?.forwarded !== undefined) return refused(new NotAllowed())
  if (before.text === command.text) return unchanged
  const { by, text } = command
  const parts = withMentions(before.parts, mentionsIn(state, facts.named, by, role, text))
  return accepted({ _tag: "Edited", version: state.version + 1, before: withDigest(facts, before), text, parts })
}

const tombstone = (
  state: ChatState,
  facts: Facts,
  command: Extract<Command, { _tag: "Delete" }>,
  member: MemberState,
): Decision => {
  const before = facts.message(command.message_id)
  if (before === undefined) return refused(new MessageNotFound())
  if (before.sender_id !== command.by && member.role === "member") return refused(new NotAllowed())
  if (before.deleted) return unchanged
  const version = state.version + 1
  const tombstoned: Change = { _tag: "Tombstoned", version, before: withDigest(facts, before) }
  return accepted(tombstoned, ...endedWith(state, facts, command, version + 1))
}

/** The records whose end must be published when their message is deleted; the versions begin with `version`. */
const endedWith = (
  { type }: ChatState,
  facts: Facts,
  { by, message_id }: Extract<Command, { _tag: "Delete" }>,
  version: number,
): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  for (const name of removedKinds) {
    const kind = kindOf(name)
    const kept = facts.records(name, message_id)
    const key = kind.keyOf(message_id, by)
    const own = kept.get(key)
    if (own === undefined) continue
    // Users who may delete the message may do this.
    const asked = {
      by,
      role: "owner",
      chat: type,
      at: facts.at,
      deleted: true,
      on: false,
      ask: {},
      own,
      count: kept.size,
      tallies: [],
    } as const
    const ruling = kind.rule(asked)
    if (ruling._tag !== "Removed") continue
    const record: KeptRecord = { user_id: by, removed: true, body: ruling.body }
    const shown = kind.show(record, by, [])
    changes.push({ _tag: "Recorded", version: version + changes.length, kind: name, message_id, key, record, shown })
  }
  return changes
}

const setRecord = (
  state: ChatState,
  facts: Facts,
  command: Extract<Command, { _tag: "Record" }>,
  { role }: MemberState,
): Decision => {
  const { ask, by, message_id, on } = command
  const message = facts.message(message_id)
  if (message === undefined) return refused(new MessageNotFound())
  const kind = kindOf(command.kind)
  const kept = facts.records(kind.name, message_id)
  const key = kind.keyOf(message_id, by)
  const own = kept.get(key)
  const { deleted } = message
  const tallies = kept.tallies()
  const { at } = facts
  const ruling = kind.rule({ by, role, chat: state.type, at, deleted, on, ask, own, count: kept.size, tallies })
  switch (ruling._tag) {
    case "Refused":
      return refused(ruling.error)
    case "Unchanged":
      return { ...unchanged, shown: kind.show(own, by, tallies) }
    case "Kept":
    case "Removed": {
      const record: KeptRecord = { user_id: by, removed: ruling._tag === "Removed", body: ruling.body }
      const shown = kind.show(record, by, kept.talliesWith(key, record))
      return accepted({ _tag: "Recorded", version: state.version + 1, kind: kind.name, message_id, key, record, shown })
    }
    default:
      return ruling satisfies never
  }
}

const read = (
  state: ChatState,
  command: Extract<Command, { _tag: "Read" }>,
  { last_read_seq }: MemberState,
): Decision => {
  const seq = Math.min(command.seq, state.last_seq)
  return seq <= last_read_seq
    ? unchanged
    : accepted({ _tag: "Read", version: state.version + 1, user_id: command.by, seq })
}

const setInfo = (
  state: ChatState,
  { patch }: Extract<Command, { _tag: "SetInfo" }>,
  { role }: MemberState,
): Decision => {
  if (role === "member") return refused(new NotAllowed())
  const { name, info } = state
  const after = patched({ name, info }, patch)
  return after === undefined ? unchanged : accepted({ _tag: "InfoSet", version: state.version + 1, ...after })
}

/** Refused or accepted as a whole; an accepted command is executed in parts. */
const addMembers = (
  state: ChatState,
  facts: Facts,
  command: Extract<Command, { _tag: "AddMembers" }>,
  member: MemberState,
): Decision => {
  if (member.role === "member") return refused(new NotAllowed())
  const user_ids = [...new Set(command.user_ids)].filter((id) => !HashMap.has(state.members, id))
  if (user_ids.length === 0) return unchanged
  const members = HashMap.size(state.members)
  if (members + user_ids.length > facts.maxMembers) return refused(new ChatFull({ max_members: facts.maxMembers }))
  const part = user_ids.slice(0, partOf(members))
  const changes = part.map(
    (user_id, i): Change => ({ _tag: "MemberAdded", version: state.version + 1 + i, user_id, at: facts.at }),
  )
  return { _tag: "Accepted", changes, unfinished: part.length < user_ids.length }
}

const setRole = (
  state: ChatState,
  command: Extract<Command, { _tag: "SetRole" }>,
  { role: own }: MemberState,
): Decision => {
  const { by, user_id, role } = command
  if (own !== "owner") return refused(new NotAllowed())
  const member = memberOf(state, user_id)
  if (member === undefined) return refused(new MemberNotFound())
  if (member.role === role) return unchanged
  // A group has one owner, who only stops being it by naming the next one or by leaving.
  if (user_id === by) return refused(new NotAllowed())
  const version = state.version + 1
  const change: Change = { _tag: "RoleSet", version, user_id, role }
  return role === "owner"
    ? accepted(change, { _tag: "RoleSet", version: version + 1, user_id: by, role: "admin" })
    : accepted(change)
}

const removeMember = (
  state: ChatState,
  command: Extract<Command, { _tag: "RemoveMember" }>,
  { role: own }: MemberState,
): Decision => {
  const { by, user_id } = command
  if (user_id !== by && own === "member") return refused(new NotAllowed())
  const member = memberOf(state, user_id)
  if (member === undefined) return refused(new MemberNotFound())
  if (user_id !== by && own === "admin" && member.role !== "member") return refused(new NotAllowed())
  return accepted(...leave(state, state.version + 1, user_id, member.role))
}

/** Others receive the new name before the leaving. A private chat ends with its second deleted account. */
const depart = (state: ChatState, by: UserId, { role }: MemberState): Decision => {
  const version = state.version + 1
  const departed: Change = { _tag: "Departed", version, user_id: by }
  if (state.type === "group") return accepted(departed, ...leave(state, version + 1, by, role))
  if (state.departed === by) return unchanged
  return accepted(state.type === "private" && state.departed === null ? departed : { _tag: "ChatDeleted", version })
}

/** For users outside the chat every command fails as if it did not exist. */
export const decide = (state: ChatState, facts: Facts, command: Command): Decision => {
  const member = memberOf(state, command.by)
  if (member === undefined) return refused(new ChatNotFound())
  const decision = ofMember(state, facts, command, member)
  // The repetition of a message that was sent before is no new one.
  const blocked = decision._tag === "Accepted" ? blockedBy(state, command) : undefined
  return blocked === undefined ? decision : refused(blocked)
}

const ofMember = (state: ChatState, facts: Facts, command: Command, member: MemberState): Decision => {
  switch (command._tag) {
    case "Send":
      return send(state, facts, command, member)
    case "Read":
      return read(state, command, member)
    case "Edit":
      return edit(state, facts, command, member)
    case "Delete":
      return tombstone(state, facts, command, member)
    case "Record":
      return setRecord(state, facts, command, member)
    case "Depart":
      return depart(state, command.by, member)
    case "ReadBlocks":
      return unchanged
  }
  if (state.type !== "group") return refused(new NotAllowed())
  switch (command._tag) {
    case "SetInfo":
      return setInfo(state, command, member)
    case "DeleteChat":
      return member.role === "owner"
        ? accepted({ _tag: "ChatDeleted", version: state.version + 1 })
        : refused(new NotAllowed())
    case "AddMembers":
      return addMembers(state, facts, command, member)
    case "SetRole":
      return setRole(state, command, member)
    case "RemoveMember":
      return removeMember(state, command, member)
    default:
      return command satisfies never
  }
}
