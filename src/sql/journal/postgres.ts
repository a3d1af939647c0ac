// The Journal over PostgreSQL. commits.ts writes.
import { Effect } from "effect"
import type { Role } from "../../domain/Chat.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import { millis, storedColumns } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { number, numbers, texts } from "../database/params.ts"
import { hasBlocked } from "../state/blocked.ts"
import { makeCommit } from "./commits.ts"
import type { ChatSnapshot, JournalShape, RecordsFound, StoredMessage } from "./shape.ts"

const loadStatement = `
  select c.id::float8, c.type, c.name, c.info, c.created_by::float8, ${millis("c.created_at")} as created_at,
    c.version::float8, c.last_seq::float8, case when c.type = 'private' then m.departed end as departed, m.active_before,
    case when c.type = 'private' then array_remove(array[
      case when ${hasBlocked("c.pair_low", "c.pair_high")} then c.pair_low::float8 end,
      case when ${hasBlocked("c.pair_high", "c.pair_low")} then c.pair_high::float8 end
    ], null) else '{}' end as blockers,
    c.fence::float8, m.user_ids, m.roles, m.last_read_seqs, m.joined_ats, m.versions
  from chats_now c, lateral (
    select array_agg(m.user_id::float8 order by m.joined_at, m.user_id) as user_ids,
      array_agg(m.role order by m.joined_at, m.user_id) as roles,
      array_agg(greatest(m.last_read_seq, sent.seq)::float8 order by m.joined_at, m.user_id) as last_read_seqs,
      array_agg(${millis("m.joined_at")} order by m.joined_at, m.user_id) as joined_ats,
      array_agg(greatest(m.version, m.read_version)::float8 order by m.joined_at, m.user_id) as versions,
      min(m.user_id::float8) filter (where m.version > m.joined_version) as departed,
      ${millis("min(m.active_before) filter (where m.active_before < 'infinity')")} as active_before
    from chat_members m left join unfolded sent on sent.chat_id = m.chat_id and sent.user_id = m.user_id
    where m.chat_id = c.id and not m.removed
  ) m
  where c.id = $1::bigint and c.deleted_at is null`

// By message if there is one, otherwise all of the kind: a chat has few records of such kinds.
const recordsStatement = `
  select r.kind, r.key, r.message_id::float8, r.user_id::float8, r.removed, r.body
  from unnest($2::text[], $3::float8[]) as u(kind, message_id)
  cross join lateral (
    select * from records r
    where u.message_id is not null and r.message_id = u.message_id::bigint and r.kind = u.kind and r.stream = $1::bigint
    union all
    select * from records r where u.message_id is null and r.stream = $1::bigint and r.kind = u.kind
  ) r
  where not r.removed`

interface SnapshotRow extends Omit<ChatSnapshot, "members"> {
  readonly user_ids: ReadonlyArray<UserId> | null
  readonly roles: ReadonlyArray<Role>
  readonly last_read_seqs: ReadonlyArray<number>
  readonly joined_ats: ReadonlyArray<number>
  readonly versions: ReadonlyArray<number>
}

export const makeJournal = Effect.gen(function* () {
  const { query } = yield* Database
  const commit = yield* makeCommit

  return {
    commit,
    load: Effect.fn("Journal.load")(function* (chat_id) {
      const [row] = yield* query<SnapshotRow>(loadStatement, [number(chat_id)])
      if (row === undefined) return undefined
      const { user_ids, roles, last_read_seqs, joined_ats, versions, ...chat } = row
      const members = (user_ids ?? []).map((user_id, i) => ({
        user_id,
        role: roles[i]!,
        last_read_seq: last_read_seqs[i]!,
        joined_at: joined_ats[i]!,
        version: versions[i]!,
      }))
      return { ...chat, members }
    }),
    fencedVersion: Effect.fn("Journal.fencedVersion")(function* (chat_id) {
      const [row] = yield* query<{ sum: number }>(
        `select (version + fence)::float8 as sum from chats_now where id = $1::bigint and deleted_at is null`,
        [number(chat_id)],
      )
      return row?.sum
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
      // Ids ascend with seq in a chat, since its commits are sequential.
      query<{ sender_id: UserId; seq: number; id: MessageId }>(
        `select sender_id::float8, max(seq)::float8 as seq, max(id)::float8 as id from messages
         where chat_id = $1::bigint and seq > $2::bigint and seq <= $3::bigint group by sender_id`,
        [number(chat_id), number(after), number(upTo)],
      ),
    ),
    records: Effect.fn("Journal.records")((chat_id, scopes) =>
      query<RecordsFound[number]>(recordsStatement, [
        number(chat_id),
        texts(scopes.map(({ kind }) => kind)),
        numbers(scopes.map(({ message_id }) => message_id)),
      ]),
    ),
    messageIdAt: Effect.fn("Journal.messageIdAt")(function* (chat_id, seq) {
      const [row] = yield* query<{ id: MessageId }>(
        `select id::float8 from messages where chat_id = $1::bigint and seq = $2::bigint`,
        [number(chat_id), number(seq)],
      )
      return row?.id
    }),
  } satisfies JournalShape
})
