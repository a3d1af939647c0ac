// The Journal over PostgreSQL.
import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Role } from "../../domain/Chat.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import { Database } from "../Database.ts"
import type { ChatChange, ChatSnapshot, CommitResult, Journal, StoredMessage } from "../Journal.ts"
import { orUnavailable } from "../unavailable.ts"
import { millis, storedColumns } from "./columns.ts"
import type { CommitRow } from "./commitPieces.ts"
import { commitParams, commitStatement } from "./commitStatement.ts"
import { number, numbers, texts } from "./params.ts"
import { isPlain, sendStatement } from "./sendStatements.ts"

const stale: CommitResult = { _tag: "Stale" }
const keyTaken: CommitResult = { _tag: "KeyTaken" }

/** How often a batch that others got in the way of is tried again: each time without those that proved refused. */
const tries = 5

const loadStatement = `
  select c.id::float8, c.type, c.name, c.created_by::float8, ${millis("c.created_at")} as created_at,
    c.version::float8, c.last_seq::float8, case when c.type = 'private' then m.departed end as departed,
    m.user_ids, m.roles, m.last_read_seqs, m.joined_ats
  from chats_now c, lateral (
    select array_agg(m.user_id::float8 order by m.joined_at, m.user_id) as user_ids,
      array_agg(m.role order by m.joined_at, m.user_id) as roles,
      array_agg(greatest(m.last_read_seq, sent.seq)::float8 order by m.joined_at, m.user_id) as last_read_seqs,
      array_agg(${millis("m.joined_at")} order by m.joined_at, m.user_id) as joined_ats,
      min(m.user_id::float8) filter (where m.version > m.joined_version) as departed
    from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
    where m.chat_id = c.id and not m.removed
  ) m
  where c.id = $1::bigint and c.deleted_at is null`

interface SnapshotRow extends Omit<ChatSnapshot, "members"> {
  readonly user_ids: ReadonlyArray<UserId> | null
  readonly roles: ReadonlyArray<Role>
  readonly last_read_seqs: ReadonlyArray<number>
  readonly joined_ats: ReadonlyArray<number>
}

/** What one of the new messages has in common with one that is there: another actor's `seq`, or its sender's dedup_key. */
const takenOf = (error: SqlError.SqlError): "seq" | "key" | undefined => {
  if (error.reason._tag !== "UniqueViolation") return undefined
  if (error.reason.constraint === "messages_seq") return "seq"
  return error.reason.constraint === "messages_dedup" ? "key" : undefined
}

/** Ended by the database in favour of another; nothing was done. */
const isUndone = (error: SqlError.SqlError): boolean =>
  error.reason._tag === "DeadlockError" || error.reason._tag === "SerializationError"

/** Chats of which one change sends a key twice. */
const repeatsKey = (change: ChatChange): boolean => {
  const keys = change.sent.flatMap((message) =>
    message.dedup_key === null ? [] : [`${message.sender_id}:${message.dedup_key}`],
  )
  return new Set(keys).size < keys.length
}

const statementFor = (
  changes: ReadonlyArray<ChatChange>,
): readonly [statement: string, params: ReadonlyArray<unknown>] =>
  changes.every(isPlain) ? sendStatement(changes) : [commitStatement, commitParams(changes)]

export const makeJournal = Effect.gen(function* () {
  const { attempt, query } = yield* Database

  const chatsWithTakenKeys = Effect.fnUntraced(function* (changes: ReadonlyArray<ChatChange>) {
    const keyed = changes.flatMap((change) =>
      change.sent.flatMap(({ sender_id, dedup_key }) =>
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

  /** Fills `results`; `changes` ascend by chat id, each chat once. */
  const write = (
    changes: ReadonlyArray<ChatChange>,
    results: Map<ChatId, CommitResult>,
    left: number,
  ): Effect.Effect<void, Unavailable> =>
    Effect.matchEffect(attempt<CommitRow>(...statementFor(changes)), {
      onSuccess: ([row]) => {
        const moved = new Set(row?.chats)
        const ids = (row?.ids ?? []) as ReadonlyArray<MessageId>
        let next = 0
        for (const { chat_id, sent } of changes) {
          if (!moved.has(chat_id)) continue
          results.set(chat_id, { _tag: "Committed", ids: ids.slice(next, next + sent.length) })
          next += sent.length
        }
        return Effect.void
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

  return {
    commit: (changes) =>
      Effect.suspend(() => {
        const batch = new Map<ChatId, ChatChange>()
        // A second change of a chat cannot be where the chat stands after the first.
        for (const change of changes) if (!batch.has(change.chat_id)) batch.set(change.chat_id, change)
        const results = new Map<ChatId, CommitResult>()
        const ascending = [...batch.values()].sort((a, b) => a.chat_id - b.chat_id)
        return Effect.map(write(ascending, results, tries), () =>
          changes.map((change) =>
            batch.get(change.chat_id) === change ? (results.get(change.chat_id) ?? stale) : stale,
          ),
        )
      }),
    load: Effect.fn("Journal.load")(function* (chat_id) {
      const [row] = yield* query<SnapshotRow>(loadStatement, [number(chat_id)])
      if (row === undefined) return undefined
      const { user_ids, roles, last_read_seqs, joined_ats, ...chat } = row
      const members = (user_ids ?? []).map((user_id, i) => ({
        user_id,
        role: roles[i]!,
        last_read_seq: last_read_seqs[i]!,
        joined_at: joined_ats[i]!,
      }))
      return { ...chat, members }
    }),
    version: Effect.fn("Journal.version")(function* (chat_id) {
      const [row] = yield* query<{ version: number }>(
        `select version::float8 from chats_now where id = $1::bigint and deleted_at is null`,
        [number(chat_id)],
      )
      return row?.version
    }),
    messages: Effect.fn("Journal.messages")((chat_id, ids) =>
      query<StoredMessage>(
        `select ${storedColumns} from messages where id = any($2::float8[]::bigint[]) and chat_id = $1::bigint`,
        [number(chat_id), numbers(ids)],
      ),
    ),
    byDedupKeys: Effect.fn("Journal.byDedupKeys")((chat_id, keys) =>
      query<StoredMessage>(
        `select ${storedColumns} from messages
         where chat_id = $1::bigint and (sender_id, dedup_key) in (select * from unnest($2::float8[]::bigint[], $3::text[]))`,
        [number(chat_id), numbers(keys.map((key) => key.sender_id)), texts(keys.map((key) => key.dedup_key))],
      ),
    ),
    newestPerSender: Effect.fn("Journal.newestPerSender")((chat_id, after, upTo) =>
      // Ids ascend with seq in a chat, since its commits come one after the other.
      query<{ sender_id: UserId; seq: number; id: MessageId }>(
        `select sender_id::float8, max(seq)::float8 as seq, max(id)::float8 as id from messages
         where chat_id = $1::bigint and seq > $2::bigint and seq <= $3::bigint group by sender_id`,
        [number(chat_id), number(after), number(upTo)],
      ),
    ),
    messageIdAt: Effect.fn("Journal.messageIdAt")(function* (chat_id, seq) {
      const [row] = yield* query<{ id: MessageId }>(
        `select id::float8 from messages where chat_id = $1::bigint and seq = $2::bigint`,
        [number(chat_id), number(seq)],
      )
      return row?.id
    }),
  } satisfies Journal["Service"]
})
