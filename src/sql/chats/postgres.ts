// The ChatStore over PostgreSQL.
import { Effect } from "effect"
import { type Chat, type Member, mentionCount } from "../../domain/Chat.ts"
import { decodeChatCursor, encodeChatCursor } from "../../domain/ChatCursor.ts"
import type { ChatInfo } from "../../domain/ChatInfo.ts"
import { shownSettings } from "../../domain/ChatSettings.ts"
import type { ChatId, MessageId, UserId } from "../../domain/Ids.ts"
import type { Message } from "../../domain/Message.ts"
import { type Extras, type MessageParts, withExtras } from "../../domain/MessageParts.ts"
import { matches, queryWords } from "../../domain/searchWords.ts"
import { iso, messageColumns, readByAll, type UserColumns, userColumns, userJson, userOf } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numberOrNull, numbers, text } from "../database/params.ts"
import { boundOfNew } from "../journal/activityBound.ts"
import { allOf } from "../users/userSearch.ts"
import { deliveredMarks } from "./delivered.ts"
import { membership } from "./membership.ts"
import { makeNewestChats } from "./newestChats.ts"
import { chatOf, positions, reading, unreadMentions } from "./positions.ts"
import { privateReads } from "./privateReads.ts"
import { type ChatStoreShape, type NewChat, peerOf } from "./shape.ts"
import { unread } from "./unread.ts"

/** The chats of `own` (memberships, as `page`), each as its member sees it. */
const chatsOf = (page: string) => `
  select c.id::float8, c.type, c.name, c.info, c.name_version::float8 as version, c.created_by::float8, ${iso("c.created_at")} as created_at,
    c.member_count, own.role, c.last_seq::float8, at.seq::float8 as last_read_seq, ${unread}, ${unreadMentions},
    (select row_to_json(r) from (
      select ${messageColumns("m", "own.user_id", "everybody.read_by_all")},
        greatest(m.version, m.records_version) as version, m.thread_id, m.parts,
        case when m.records_version is not null and not m.deleted
          then (nullif('{' || substr(reactions_json(m.id, own.user_id), 2), '{') || '}')::json end as reacted
      from messages m where m.chat_id = c.id and m.seq = c.last_seq
    ) r) as last_message,
    (select ${userJson("u")} from chat_members p join users u on u.id = p.user_id
      where c.type = 'private' and p.chat_id = c.id and p.user_id <> own.user_id and not p.removed) as peer,
    (select value from user_state where user_id = own.user_id and key = 'chat:' || c.id) as settings
  from (${page}) own
  ${chatOf} ${reading}
  cross join lateral (select ${readByAll("c")} as read_by_all offset 0) everybody
  order by c.last_activity desc, c.id desc`

const getStatement = chatsOf(
  "select * from chat_members where chat_id = $1::bigint and user_id = $2::bigint and not removed",
)

const listStatement = chatsOf(`
  select m.* from unnest($2::float8[]) as k(id)
  cross join lateral (
    select * from chat_members where chat_id = k.id::bigint and user_id = $1::bigint and not removed offset 0
  ) m`)

const createStatement = `
  with chat as (
    insert into chats (type, name, created_by, created_at, last_activity, pair_low, pair_high, member_count, info)
    values ($1, $2, $3::bigint, $4, $4, $5::bigint, $6::bigint, cardinality($7::float8[]), $8::text::jsonb)
    on conflict (pair_low, pair_high) where pair_low is not null do nothing
    returning id
  ), members as (
    insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role, active_before)
    select chat.id, u.user_id::bigint, 1, 1, $4, case when $1 <> 'private' and u.user_id = $3 then 'owner' else 'member' end,
      ${boundOfNew("u.user_id::bigint", "cardinality($7::float8[])", "$4::timestamptz")}
    from chat, unnest($7::float8[]) as u(user_id)
  )
  select id::float8 from chat`

// Each look-up behind `offset 0`: by the index, however many chats and users there are.
const membersStatement = (asked: string) => `
  select m.role, greatest(m.last_read_seq, sent.seq)::float8 as last_read_seq, ${iso("m.joined_at")} as joined_at,
    greatest(m.version, m.read_version)::float8 as version, arrived.seq::float8 as delivered_seq, ${userColumns("u").replace(" as created_at", " as user_created_at")}
  from (
    select m.* from chat_members m ${asked}
    where m.chat_id = $1::bigint and m.user_id > $2::bigint and not m.removed
    order by m.user_id limit $3::bigint
  ) m
  cross join lateral (select * from users where id = m.user_id offset 0) u
  left join unfolded sent on sent.chat_id = $1::bigint and sent.user_id = m.user_id
  left join lateral (
    select seq from delivered_marks where chat_id = $1::bigint and user_id = m.user_id offset 0
  ) arrived on true
  order by m.user_id`

const allMembers = membersStatement("")
const foundMembers = membersStatement(
  "cross join lateral (select from users where id = m.user_id and words @@ $4::text::tsquery offset 0) found",
)

interface MemberColumns extends Omit<UserColumns, "created_at">, Omit<Member, "user" | "last_delivered_seq"> {
  readonly delivered_seq: number | null
  readonly user_created_at: string
}

/** `reacted`: the message's visible reactions, if it has any. */
interface ChatRow extends Omit<Chat, "last_message" | "settings" | "unread_mention_count" | keyof ChatInfo> {
  readonly info: ChatInfo
  readonly unread_mention_count: number
  /** JSON; null: there are none. */
  readonly settings: string | null
  readonly last_message:
    | (Omit<Message, keyof Extras> & {
        readonly reacted: Pick<Message, "reactions" | "my_reactions"> | null
        readonly thread_id: MessageId | null
        readonly parts: MessageParts | null
      })
    | null
}

const toChat = ({ info, last_message, settings, unread_mention_count, ...row }: ChatRow): Chat => {
  const chat = { ...row, ...info, ...mentionCount(unread_mention_count), ...shownSettings(settings) }
  if (last_message === null) return { ...chat, last_message }
  const { parts, reacted, thread_id, ...message } = last_message
  return { ...chat, last_message: withExtras({ ...message, ...reacted }, thread_id, parts) }
}

const toMember = (row: MemberColumns): Member => {
  const { delivered_seq, joined_at, last_read_seq, role, user_created_at, version, ...user } = row
  return {
    user: userOf({ ...user, created_at: user_created_at }),
    role,
    last_read_seq,
    joined_at,
    version,
    ...(delivered_seq === null ? {} : { last_delivered_seq: delivered_seq }),
  }
}

// Continues after the messages of the last call: deleted ones stay in the index for a while, and are not scanned again.
const purgeMessages = `
  with chat as materialized (
    select c.id, case when c.id = $2::bigint then $3::bigint else 0 end as after from chats c
    where c.deleted_at is not null and c.id >= $2::bigint and exists (
      select from messages where chat_id = c.id and seq > case when c.id = $2::bigint then $3::bigint else 0 end offset 0
    )
    order by c.id limit 1
  ), old as materialized (
    select id, seq from messages where chat_id = (select id from chat) and seq > (select after from chat) order by seq limit $1::bigint
  ), attached as (
    delete from attachments where chat_id = (select id from chat) and seq = any(array(select seq from old))
  ), edits as (
    delete from message_edits where message_id = any(array(select id from old))
  ), noted as (
    delete from mentions where message_id = any(array(select id from old))
  ), senders as (
    delete from sender_blocks
    where ctid = any(array(select ctid from sender_blocks where chat_id = (select id from chat) limit $1::bigint))
  ), gone as (
    delete from messages where id = any(array(select id from old)) returning seq
  )
  select (select id::float8 from chat) as chat_id, count(*)::float8, max(seq)::float8 as last from gone`

interface Purged {
  readonly chat_id: ChatId | null
  readonly count: number
  readonly last: number | null
}

// Before its messages: records of a deleted chat can no longer be found without them.
const purgeRecords = `
  with gone as (
    delete from records where (stream, kind, key) in (
      select r.stream, r.kind, r.key from chats c join records r on r.stream = c.id
      where c.deleted_at is not null limit $1::bigint
    ) returning 1
  )
  select count(*)::float8 from gone`

const purgeChats = `
  with gone as (
    delete from chats where id in (
      select c.id from chats c
      where c.deleted_at is not null and not exists (select from messages m where m.chat_id = c.id)
      limit $1::bigint
    ) returning 1
  )
  select count(*)::float8 from gone`

export const makeChats = Effect.gen(function* () {
  const { query } = yield* Database
  const newestChats = makeNewestChats(query)
  /** The position up to which messages of deleted chats are removed. */
  let purged = { chat_id: 0, seq: 0 }

  const insert = Effect.fnUntraced(function* (chat: NewChat, peer: UserId | undefined) {
    const pair = peer === undefined ? [null, null] : [chat.created_by, peer].sort((a, b) => a - b)
    const members = new Set([chat.created_by, ...chat.member_ids])
    const [row] = yield* query<{ readonly id: ChatId }>(createStatement, [
      text(chat.type),
      text(chat.name),
      number(chat.created_by),
      instant(chat.created_at),
      numberOrNull(pair[0] ?? null),
      numberOrNull(pair[1] ?? null),
      numbers([...members]),
      text(JSON.stringify(chat.info ?? {})),
    ])
    return row?.id
  })

  const privateChat: ChatStoreShape["privateChat"] = (a, b) =>
    Effect.map(
      query<{ readonly id: ChatId }>(
        `select id::float8 from chats where pair_low = $1::bigint and pair_high = $2::bigint`,
        [number(Math.min(a, b)), number(Math.max(a, b))],
      ),
      ([row]) => row?.id,
    )

  // Waits for the commit that has the chat's row.
  const fence: ChatStoreShape["fence"] = (a, b) =>
    Effect.map(
      query<{ readonly id: ChatId }>(
        `update chats set fence = fence + 1 where pair_low = $1::bigint and pair_high = $2::bigint returning id::float8`,
        [number(Math.min(a, b)), number(Math.max(a, b))],
      ),
      ([row]) => row?.id,
    )

  const count = (statement: string, limit: number) =>
    Effect.map(query<{ readonly count: number }>(statement, [number(limit)]), ([row]) => row?.count ?? 0)

  return {
    create: Effect.fn("Chats.create")(function* (chat) {
      const peer = peerOf(chat)
      const chat_id = yield* insert(chat, peer)
      if (chat_id !== undefined) return { chat_id, created: true }
      // The insert has waited for a concurrent creation of the same chat, which is visible now.
      const existing = peer === undefined ? undefined : yield* privateChat(chat.created_by, peer)
      if (existing === undefined) return yield* Effect.die(new Error("The chat was neither made nor found"))
      return { chat_id: existing, created: false }
    }),
    privateChat: Effect.fn("Chats.privateChat")(privateChat),
    fence: Effect.fn("Chats.fence")(fence),
    get: Effect.fn("Chats.get")((chat_id, user_id) =>
      Effect.map(query<ChatRow>(getStatement, [number(chat_id), number(user_id)]), ([row]) => row && toChat(row)),
    ),
    list: Effect.fn("Chats.list")(function* (user_id, limit, before) {
      const cursor = before === undefined ? undefined : decodeChatCursor(before)
      if (before !== undefined && cursor === undefined) return { items: [], next: null }
      const end = cursor && { id: cursor.id, at: cursor.last_activity }
      const found = yield* newestChats("activity", user_id, limit + 1, end)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return {
        items: (yield* query<ChatRow>(listStatement, [number(user_id), numbers(page.map(({ id }) => id))])).map(toChat),
        next:
          found.length > limit && last !== undefined ? encodeChatCursor({ id: last.id, last_activity: last.at }) : null,
      }
    }),
    members: Effect.fn("Chats.members")(function* (chat_id, { after = 0, limit, query: wanted = "" }) {
      const words = queryWords(wanted)
      const isAll = wanted.trim() === ""
      if (!isAll && words.length === 0) return { items: [], next: null }
      // One more than requested, to know whether there are others.
      const range = [number(chat_id), number(after), number(limit + 1)]
      const rows = yield* isAll
        ? query<MemberColumns>(allMembers, range)
        : query<MemberColumns>(foundMembers, [...range, text(allOf(words))])
      const page = rows.slice(0, limit)
      const next = rows.length > limit ? (page.at(-1)?.id ?? null) : null
      return {
        // A name may have changed since its words were written.
        items: page.map(toMember).filter(({ user }) => matches(wanted, user.username, user.display_name)),
        next,
      }
    }),
    ...positions(query),
    ...membership(query),
    ...privateReads(query),
    ...deliveredMarks(query),
    purge: Effect.fn("Chats.purge")(function* (limit) {
      const records = yield* count(purgeRecords, limit)
      if (records > 0) return records
      const [gone] = yield* query<Purged>(purgeMessages, [number(limit), number(purged.chat_id), number(purged.seq)])
      if (gone !== undefined && gone.chat_id !== null && gone.last !== null) {
        purged = { chat_id: gone.chat_id, seq: gone.last }
        return gone.count
      }
      purged = { chat_id: 0, seq: 0 }
      return yield* count(purgeChats, limit)
    }),
  } satisfies ChatStoreShape
})
