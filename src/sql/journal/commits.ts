// Commits batches of changes: chooses the statement and reads its result; if one chat fails for the others, finds out
// which, and continues without it.
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId } from "../../domain/Ids.ts"
import { Database } from "../database/Database.ts"
import { numbers, texts } from "../database/params.ts"
import { orUnavailable } from "../database/unavailable.ts"
import type { CommitRow } from "./commitPieces.ts"
import { commitOf } from "./commitStatement.ts"
import { Folds } from "./Folds.ts"
import { ServerEpoch } from "./ServerEpoch.ts"
import { isPlain, type MessageRow, mustFold, sendStatement } from "./sendStatements.ts"
import type { ChatChange, CommitResult, JournalShape } from "./shape.ts"

const stale: CommitResult = { _tag: "Stale" }
const keyTaken: CommitResult = { _tag: "KeyTaken" }

/** How often a batch with conflicts is tried again: each time without the changes that proved refused. */
const tries = 5

/** The unique value that a new message shares with a stored one: another actor's `seq`, or its sender's dedup_key. */
const takenOf = (error: SqlError.SqlError): "seq" | "key" | undefined => {
  if (error.reason._tag !== "UniqueViolation") return undefined
  if (error.reason.constraint === "messages_seq") return "seq"
  return error.reason.constraint === "messages_dedup" ? "key" : undefined
}

/** The database aborted it in favour of another transaction; nothing was changed. */
const isUndone = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "DeadlockError" || error.reason._tag === "SerializationError"

/** Whether the change has the same key twice. */
const repeatsKey = (change: ChatChange): boolean => {
  const keys = change.sent.flatMap((message) =>
    message.draft.dedup_key === null ? [] : [`${message.sender_id}:${message.draft.dedup_key}`],
  )
  return new Set(keys).size < keys.length
}

/**
 * The chats that were changed, the ids of their messages in the order of the changes, and the lineage, if requested.
 */
const answerOf = (changes: ReadonlyArray<ChatChange>, rows: ReadonlyArray<CommitRow | MessageRow>) => {
  const [row] = rows
  if (row === undefined) return { changed: new Set<ChatId>(), ids: [], lineage: undefined }
  if ("chats" in row) return { changed: new Set(row.chats), ids: row.ids ?? [], lineage: row.lineage }
  const ids: Array<MessageId> = []
  for (const row of rows) if ("id" in row) ids.push(row.id)
  return { changed: new Set(changes.map(({ chat_id }) => chat_id)), ids, lineage: row.lineage }
}

export const makeCommit = Effect.gen(function* () {
  const { attemptUntimed, query } = yield* Database
  const folds = new Folds()
  const known = new ServerEpoch()

  const chatsWithTakenKeys = Effect.fnUntraced(function* (changes: ReadonlyArray<ChatChange>) {
    const keyed = changes.flatMap((change) =>
      change.sent.flatMap(({ draft: { dedup_key }, sender_id }) =>
        dedup_key === null ? [] : [{ chat_id: change.chat_id, sender_id, dedup_key }],
      ),
    )
    const rows = yield* query<{ chat_id: ChatId }>(
      `select distinct m.chat_id::float8
       from unnest($1::float8[], $2::float8[], $3::text[]) as u(chat_id, sender_id, dedup_key)
       join messages m on m.chat_id = u.chat_id::bigint and m.sender_id = u.sender_id::bigint
         and m.dedup_key = u.dedup_key`,
      [
        numbers(keyed.map((key) => key.chat_id)),
        numbers(keyed.map((key) => key.sender_id)),
        texts(keyed.map((key) => key.dedup_key)),
      ],
    )
    const taken = new Set(rows.map((row) => row.chat_id))
    for (const change of changes) if (repeatsKey(change)) taken.add(change.chat_id)
    return taken
  })

  const staleChats = Effect.fnUntraced(function* (changes: ReadonlyArray<ChatChange>) {
    const rows = yield* query<{ chat_id: ChatId }>(
      `select u.chat_id from unnest($1::float8[], $2::float8[]) as u(chat_id, seq)
       where newest_seq(u.chat_id::bigint) <> u.seq`,
      [
        numbers(changes.map((change) => change.chat_id)),
        numbers(changes.map((change) => change.last_seq - change.sent.length)),
      ],
    )
    return new Set(rows.map((row) => row.chat_id))
  })

  /** Fills `results`; `changes` are sorted by chat id, each chat once. */
  const write = (
    changes: ReadonlyArray<ChatChange>,
    results: Map<ChatId, CommitResult>,
    left: number,
  ): Effect.Effect<void, Unavailable> => {
    const plain = changes.every(isPlain)
    const folding = plain ? folds.due(changes, mustFold) : changes.map(() => true)
    const since = folding === undefined ? known.since(changes) : undefined
    const batch = { changes, folding, since }
    const { params, text } = plain ? sendStatement(batch) : commitOf(changes)
    return Effect.matchEffect(attemptUntimed<CommitRow | MessageRow>(text, params(batch)), {
      onSuccess: (rows) => {
        const { changed, ids, lineage = since } = answerOf(changes, rows)
        const missing: Array<ChatChange> = []
        let next = 0
        for (let i = 0; i < changes.length; i++) {
          const change = changes[i]!
          if (!changed.has(change.chat_id)) {
            known.forget(change)
            missing.push(change)
            continue
          }
          const end = next + change.sent.length
          results.set(change.chat_id, { _tag: "Committed", ids: ids.slice(next, end) })
          next = end
          if (folding?.[i] === true) folds.done(change)
          if (lineage !== undefined) known.committed(change, lineage)
        }
        // Perhaps only the server has changed.
        return since === undefined || missing.length === 0 ? Effect.void : write(missing, results, left)
      },
      onFailure: (error) => {
        if (left === 0) return Effect.fail(new Unavailable())
        if (isUndone(error)) return write(changes, results, left - 1)
        const what = takenOf(error)
        if (what === undefined) return orUnavailable(error)
        return Effect.flatMap(what === "key" ? chatsWithTakenKeys(changes) : staleChats(changes), (taken) => {
          for (const chat_id of taken) results.set(chat_id, what === "key" ? keyTaken : stale)
          const rest = changes.filter((change) => !taken.has(change.chat_id))
          return rest.length === 0 ? Effect.void : write(rest, results, left - 1)
        })
      },
    })
  }

  const commit: JournalShape["commit"] = (changes) =>
    Effect.suspend(() => {
      const results = new Map<ChatId, CommitResult>()
      const batch = new Map<ChatId, ChatChange>()
      // A second change of a chat cannot expect the version after the first.
      for (const change of changes) if (!batch.has(change.chat_id)) batch.set(change.chat_id, change)
      const ascending = [...batch.values()].sort((a, b) => a.chat_id - b.chat_id)
      return Effect.map(ascending.length === 0 ? Effect.void : write(ascending, results, tries), () =>
        changes.map((change) =>
          batch.get(change.chat_id) === change ? (results.get(change.chat_id) ?? stale) : stale,
        ),
      )
    })
  return commit
})
