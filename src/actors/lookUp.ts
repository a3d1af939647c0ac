// What a turn reads from the database besides the chat itself: `facts` for the rules, `names` for the answers. Most turns
// need none of it, so the missing parts are determined first, without an effect. The actor is the only writer, so what
// it reads stays true during the turn.
import { Array as Arr, Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../domain/Ids.ts"
import { namesIn } from "../domain/mentions.ts"
import type { User } from "../domain/User.ts"
import { type KindName, kindOf, removedKinds } from "../kinds/Kinds.ts"
import type { Journal, RecordScope, StoredMessage } from "../sql/journal/Journal.ts"
import type { UserStore } from "../sql/users/UserStore.ts"
import type { ChatMemory } from "./memory/ChatMemory.ts"
import { scopeOf } from "./memory/RecordCache.ts"
import type { ChatState } from "./rules/ChatState.ts"
import type { Command } from "./rules/Command.ts"
import type { Known, Plan } from "./rules/plan.ts"

/** Where a chat's turns read, and what the chat has in memory. */
export interface Sources {
  readonly journal: Journal["Service"]
  readonly users: UserStore["Service"]
  readonly memory: ChatMemory
  readonly chat_id: ChatId
}

/** The effect of a read, or the value if no read is needed. */
type Read<A> = Effect.Effect<A, Unavailable> | A

/** What the rules decide by, besides the memory, which has its part of it then. */
export type Facts = Pick<Known, "messages" | "named">

/** The facts of these commands. */
export const facts = (sources: Sources, state: ChatState, commands: ReadonlyArray<Command>): Read<Facts> => {
  const messages = messagesOf(sources, commands)
  const records = recordsOf(sources, commands)
  const named = namedIn(sources, commands)
  // A commit would find a key that is not in memory; these are refused before it.
  const needsKeys = state.blockers.length > 0 || state.departed !== null
  if (!Effect.isEffect(messages) && records === undefined && named === undefined && !needsKeys) {
    return { messages, named: undefined }
  }
  return Effect.gen(function* () {
    const found = Effect.isEffect(messages) ? yield* messages : messages
    if (records !== undefined) yield* records
    if (needsKeys) yield* dedupKeys(sources, commands)
    return { messages: found, named: named && (yield* named) }
  })
}

/** What answers and events name. */
export interface Names {
  readonly users: ReadonlyMap<UserId, User>
  /** The ids of the messages at the read marks that are not in memory, by `seq`. */
  readonly readIds: ReadonlyMap<number, MessageId>
}

/** The names of the plan's answers and events. `known`: the users named by earlier parts of the command. */
export const names = (
  sources: Sources,
  commands: ReadonlyArray<Command>,
  plan: Plan,
  known: ReadonlyMap<UserId, User> = noUsers,
): Read<Names> => {
  const users = usersOf(sources, commands, plan, known)
  const readIds = readIdsOf(sources, plan)
  if (!Effect.isEffect(users) && !Effect.isEffect(readIds)) return { users, readIds }
  return Effect.gen(function* () {
    return {
      users: Effect.isEffect(users) ? yield* users : users,
      readIds: Effect.isEffect(readIds) ? yield* readIds : readIds,
    }
  })
}

const noUsers: ReadonlyMap<UserId, User> = new Map()

/** The messages that the commands name. */
const messagesOf = (
  { journal, chat_id, memory }: Sources,
  commands: ReadonlyArray<Command>,
): Read<ReadonlyMap<MessageId, StoredMessage>> => {
  const ids = new Set<MessageId>()
  for (const command of commands) {
    if (command._tag === "Edit" || command._tag === "Delete" || command._tag === "Record") ids.add(command.message_id)
    else if (command._tag === "Send") {
      const { reply_to } = command.draft
      if (reply_to !== null && memory.recent.threadOf(reply_to) === undefined) ids.add(reply_to)
    }
  }
  if (ids.size === 0) return new Map()
  return Effect.map(
    journal.messages(chat_id, [...ids]),
    (found) => new Map(found.map((message) => [message.id, message])),
  )
}

/** Names looked up in one statement. */
const namesAtOnce = 1_000

/** The users whose names the texts of the commands may mention; undefined: there are no names. */
const namedIn = (
  { users }: Sources,
  commands: ReadonlyArray<Command>,
): Effect.Effect<ReadonlyMap<string, UserId>, Unavailable> | undefined => {
  let names: Set<string> | undefined
  for (const command of commands) {
    const text = command._tag === "Send" ? command.draft.text : command._tag === "Edit" ? command.text : ""
    if (!text.includes("@")) continue
    names ??= new Set()
    for (const name of namesIn(text)) names.add(name)
  }
  if (names === undefined || names.size === 0) return undefined
  return Effect.map(
    Effect.forEach(Arr.chunksOf([...names], namesAtOnce), (part) => users.byNames(part)),
    (found) => new Map(found.flat().map(({ id, name }) => [name, id])),
  )
}

/** Loads the records that the rules count into memory; undefined: they are there. */
const recordsOf = (
  { journal, chat_id, memory }: Sources,
  commands: ReadonlyArray<Command>,
): Effect.Effect<void, Unavailable> | undefined => {
  const scopes = new Map<string, RecordScope>()
  const need = (kind: KindName, message_id: MessageId) => {
    if (memory.records.has(kind, message_id)) return
    scopes.set(scopeOf(kind, message_id), { kind, message_id: kindOf(kind).scope === "chat" ? null : message_id })
  }
  for (const command of commands) {
    if (command._tag === "Record") need(command.kind, command.message_id)
    else if (command._tag === "Delete") for (const kind of removedKinds) need(kind, command.message_id)
  }
  if (scopes.size === 0) return undefined
  const missing = [...scopes.values()]
  return Effect.map(journal.records(chat_id, missing), (found) => memory.records.learn(missing, found))
}

/** Loads the messages of these commands' dedup_keys into memory. */
export const dedupKeys = Effect.fnUntraced(function* (
  { journal, chat_id, memory }: Sources,
  commands: ReadonlyArray<Command>,
) {
  const requested: Array<{ sender_id: UserId; dedup_key: string }> = []
  for (const command of commands) {
    if (command._tag !== "Send") continue
    const { dedup_key } = command.draft
    if (dedup_key !== null) requested.push({ sender_id: command.by, dedup_key })
  }
  if (requested.length > 0) for (const m of yield* journal.byDedupKeys(chat_id, requested)) memory.remember(m)
})

/** The users whom the plan's answers and events name. */
const usersOf = (
  { users }: Sources,
  commands: ReadonlyArray<Command>,
  { changes, unfinished }: Plan,
  known: ReadonlyMap<UserId, User>,
): Read<ReadonlyMap<UserId, User>> => {
  const ids = new Set<UserId>()
  for (const command of commands) {
    // The answer names them, after the last part.
    if (command._tag === "AddMembers" && !unfinished) for (const id of command.user_ids) ids.add(id)
    else if (command._tag === "SetRole") ids.add(command.user_id)
  }
  for (const change of changes) {
    if (change._tag === "MemberAdded" || change._tag === "RoleSet" || change._tag === "Departed")
      ids.add(change.user_id)
  }
  for (const id of known.keys()) ids.delete(id)
  if (ids.size === 0) return known
  return Effect.map(
    users.byIds([...ids]),
    (found) => new Map([...known, ...found.map((user) => [user.id, user] as const)]),
  )
}

/** The ids of the messages at the plan's read marks that are not in memory. */
const readIdsOf = ({ journal, chat_id, memory }: Sources, { changes }: Plan): Read<ReadonlyMap<number, MessageId>> => {
  const seqs = new Set<number>()
  for (const change of changes) {
    if (change._tag !== "Read" || change.seq > (memory.state?.last_seq ?? 0)) continue
    if (memory.recent.idAt(change.seq) === undefined) seqs.add(change.seq)
  }
  if (seqs.size === 0) return new Map()
  return Effect.map(
    Effect.forEach(seqs, (seq) => Effect.map(journal.messageIdAt(chat_id, seq), (id) => [seq, id] as const)),
    (found) => new Map(found.flatMap(([seq, id]) => (id === undefined ? [] : [[seq, id] as const]))),
  )
}
