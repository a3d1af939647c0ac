// Runs a batch of commands through the rules, each on the state after those before it, and combines the changes into
// one commit. Pure, like the rules: a plan that is not committed has changed nothing.
import { HashMap } from "effect"
import { largeGroup } from "../../domain/Chat.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import type { MessageParts } from "../../domain/MessageParts.ts"
import { droppedKinds, type KindName } from "../../kinds/Kinds.ts"
import type { RecordSet } from "../../kinds/RecordSet.ts"
import { boundMillis } from "../../sql/journal/activityBound.ts"
import type {
  ChatChange,
  FormerText,
  MemberChange,
  MessageChange,
  NewMessage,
  ReadMark,
  RecordRow,
  StoredMessage,
} from "../../sql/journal/Journal.ts"
import { changedMentions } from "../../sql/journal/mentionRows.ts"
import { DedupKeys } from "../memory/DedupKeys.ts"
import type { OriginalDigests } from "../memory/OriginalDigests.ts"
import { scopeOf } from "../memory/RecordCache.ts"
import type { Watermarks } from "../memory/Watermarks.ts"
import { apply, type Change, type ChatState, type DigestedMessage, memberOf, readUpTo } from "./ChatState.ts"
import type { Command } from "./Command.ts"
import { type Decision, decide, type Facts, type PendingMessage } from "./decide.ts"

export interface Plan {
  /** The state after the plan is committed. */
  readonly state: ChatState
  /** In `version` order. */
  readonly changes: ReadonlyArray<Change>
  /** The i-th is that of the i-th command. */
  readonly decisions: ReadonlyArray<Decision>
  /** The plan is a part of its only command, which continues afterwards. */
  readonly unfinished: boolean
}

/** What was read for a batch, and what the batch itself adds to it. */
export interface Known {
  readonly messages: ReadonlyMap<MessageId, StoredMessage>
  readonly keys: Pick<DedupKeys<StoredMessage>, "get">
  readonly threadOf: Facts["threadOf"]
  readonly senderOf: Facts["senderOf"]
  readonly named: Facts["named"]
  readonly records: Facts["records"]
  readonly digests: OriginalDigests["Service"]
  readonly maxMembers: number
  readonly at: number
}

/** The message after an edit or a deletion. */
export const after = (change: Extract<Change, { _tag: "Edited" | "Tombstoned" }>, at: number): DigestedMessage => ({
  ...change.before,
  text: change._tag === "Edited" ? change.text : "",
  edited_at: change._tag === "Edited" ? at : change.before.edited_at,
  deleted: change._tag === "Tombstoned",
  parts: change._tag === "Edited" ? change.parts : null,
  version: change.version,
})

export const plan = (start: ChatState, commands: ReadonlyArray<Command>, known: Known): Plan => {
  const messages = new Map<MessageId, StoredMessage>()
  const pending = new DedupKeys<PendingMessage>()
  const records = new Map<string, RecordSet>()
  /** A copy that this batch may change. */
  const recordsOf = (kind: KindName, message_id: MessageId): RecordSet => {
    const scope = scopeOf(kind, message_id)
    const found = records.get(scope) ?? known.records(kind, message_id).copy()
    records.set(scope, found)
    return found
  }
  const facts: Facts = {
    records: recordsOf,
    threadOf: (id) => {
      const message = known.messages.get(id)
      return message === undefined ? known.threadOf(id) : (message.thread_id ?? id)
    },
    senderOf: (id) => known.messages.get(id)?.sender_id ?? known.senderOf(id),
    message: (id) => messages.get(id) ?? known.messages.get(id),
    named: known.named,
    byDedupKey: (sender_id, dedup_key) => {
      const stored = known.keys.get(sender_id, dedup_key)
      return stored === undefined ? pending.get(sender_id, dedup_key) : (messages.get(stored.id) ?? stored)
    },
    digests: known.digests,
    maxMembers: known.maxMembers,
    at: known.at,
  }
  let state = start
  let unfinished = false
  const changes: Array<Change> = []
  const decisions: Array<Decision> = []
  /** The last of consecutive messages of one sender, whose watermark has not moved yet. */
  let unreadOwn: PendingMessage | undefined
  const readOwn = () => {
    if (unreadOwn !== undefined) state = readUpTo(state, unreadOwn.sender_id, unreadOwn.seq)
    unreadOwn = undefined
  }
  for (const command of commands) {
    if (unreadOwn !== undefined && (command._tag !== "Send" || command.by !== unreadOwn.sender_id)) readOwn()
    const decision = decide(state, facts, command)
    decisions.push(decision)
    if (decision._tag !== "Accepted") continue
    if (decision.unfinished === true) unfinished = true
    for (const change of decision.changes) {
      state = apply(state, change)
      changes.push(change)
      if (change._tag === "Sent") {
        unreadOwn = change
        if (change.draft.dedup_key !== null) pending.set(change.draft.dedup_key, change)
      } else if (change._tag === "Edited" || change._tag === "Tombstoned") {
        messages.set(change.before.id, after(change, known.at))
        if (change._tag === "Tombstoned") for (const kind of droppedKinds) recordsOf(kind, change.before.id).clear()
      } else if (change._tag === "Recorded") {
        recordsOf(change.kind, change.message_id).put(change.key, change.record)
      }
    }
  }
  readOwn()
  return { state, changes, decisions, unfinished }
}

/** A batch of its own. A membership change overwrites a member's whole row, so it excludes marks. */
export const standsAlone = (command: Command): boolean => {
  switch (command._tag) {
    case "AddMembers":
    case "SetRole":
    case "RemoveMember":
    case "Depart":
    case "DeleteChat":
    // What is decided with it must not have been loaded before it.
    case "ReadBlocks":
      return true
    case "Send":
    case "Edit":
    case "Delete":
    case "Read":
    case "SetInfo":
    case "Record":
      return false
    default:
      return command satisfies never
  }
}

/** The plan as rows; `active_before` is the chat's bound so far. */
export const toChatChange = (
  start: ChatState,
  { state, changes }: Plan,
  at: number,
  watermarks: Watermarks,
  active_before: number | null = null,
): ChatChange => {
  const sent: Array<NewMessage> = []
  const messages = new Map<MessageId, MessageChange>()
  /** The parts of changed messages before the plan. */
  let before: Map<MessageId, MessageParts | null> | undefined
  let former: Array<FormerText> = []
  const marks = new Map<UserId, ReadMark>()
  const members = new Map<UserId, MemberChange>()
  const records = new Map<string, RecordRow>()
  let summary: ChatChange["summary"] = null
  for (const change of changes) {
    const { version } = change
    switch (change._tag) {
      case "Sent": {
        const { seq, sender_id } = change
        sent.push(change)
        const read_version = marks.get(sender_id)?.read_version ?? null
        marks.set(sender_id, { user_id: sender_id, last_read_seq: seq, read_version })
        break
      }
      case "Read":
        marks.set(change.user_id, { user_id: change.user_id, last_read_seq: change.seq, read_version: version })
        break
      case "Edited":
      case "Tombstoned": {
        const { id, text, edited_at, deleted, original_digest, parts } = after(change, at)
        before ??= new Map()
        if (!before.has(id)) before.set(id, change.before.parts)
        const mentioned = deleted ? null : changedMentions(before.get(id) ?? null, parts)
        const detached = deleted && change.before.parts?.attachments !== undefined
        messages.set(id, { id, text, edited_at, deleted, original_digest, version, mentioned, detached })
        if (!deleted) {
          former.push(formerOf(change.before, version))
          break
        }
        former = former.filter(({ message_id }) => message_id !== id)
        for (const [key, row] of records) {
          if (row.message_id === id && droppedKinds.includes(row.kind)) records.delete(key)
        }
        break
      }
      case "Recorded": {
        const { key, kind, message_id, record } = change
        // The last one becomes the version of its message's records.
        records.delete(`${kind} ${key}`)
        records.set(`${kind} ${key}`, { kind, key, message_id, ...record, version })
        break
      }
      case "InfoSet":
        summary = { name: change.name, info: change.info, version }
        break
      case "MemberAdded":
      case "RoleSet":
      case "Departed":
      case "MemberRemoved": {
        const { user_id } = change
        const member = memberOf(state, user_id) ?? memberOf(start, user_id)
        if (member !== undefined) {
          members.set(user_id, { ...member, user_id, version, removed: change._tag === "MemberRemoved" })
        }
        break
      }
      case "ChatDeleted":
        break
      default:
        change satisfies never
    }
  }
  const isActive = sent.length > 0 || members.size > 0 || summary !== null
  return {
    chat_id: start.id,
    expected_version: start.version,
    fence: start.fence,
    version: state.version,
    last_seq: state.last_seq,
    at,
    sent,
    messages: [...messages.values()],
    former,
    marks: [...marks.values()],
    members: [...members.values()],
    records: [...records.values()],
    summary,
    deleted: state.deleted,
    member_count: members.size === 0 && !state.deleted ? null : HashMap.size(state.members),
    lowest_read_seq: lowestOf(start, state, changes, watermarks),
    active_before: isActive && active_before !== null && at >= active_before ? at + boundMillis : null,
  }
}

const formerOf = ({ created_at, edited_at, id, text }: DigestedMessage, version: number): FormerText => ({
  message_id: id,
  version,
  text,
  at: edited_at ?? created_at,
})

/** For a large group, written whenever it changes; null: unchanged. */
const lowestOf = (
  start: ChatState,
  state: ChatState,
  changes: ReadonlyArray<Change>,
  watermarks: Watermarks,
): number | null => {
  if (HashMap.size(state.members) <= largeGroup) return null
  const touched = new Set<UserId>()
  for (const change of changes) {
    if (change._tag === "Sent") touched.add(change.sender_id)
    else if ("user_id" in change) touched.add(change.user_id)
  }
  const lowest = watermarks.lowestWith(touched, (user_id) => memberOf(state, user_id)?.last_read_seq)
  return lowest === watermarks.lowest && HashMap.size(start.members) > largeGroup ? null : lowest
}
