// The arms that the statements of commits share.
// `locked` locks the rows of the chats that have the version that their actor expects, and waits for other holders: a
// row that another process has just changed is checked again and left out. Messages that were only sent concurrently do
// not change the row. Then a new message has the same `seq` as one of them, and the unique index refuses the statement;
// a change without messages reads the newest `seq` in `fenced`, once it has the lock. Everything else joins these, so
// that nothing of a stale chat is written, while the other chats of the batch are committed. Chats are locked in the
// order of their ids, so that two processes do not deadlock.
import type { ChatId, MessageId } from "../../domain/Ids.ts"
import { number } from "../database/params.ts"
import type { Parameters, Rows, Scalar } from "../database/Statement.ts"
import { attachmentRows, type Batch, extraRows, markRows, noteRows, places, sentRows } from "./batchRows.ts"

type P = Parameters<Batch>

/**
 * Identifies the server that has the messages, and their file: a number that differs when either does. A commit is only
 * lost with a server that was started anew, or with a file that a restore replaced while the server runs.
 */
export const lineage =
  "date_part('epoch', pg_postmaster_start_time()) - pg_relation_filenode('messages'::regclass)::bigint"

/** `u.expected_version` contains the fence. Both only rise, so one comparison is enough for both. */
const unmoved = `c.version + c.fence + u.expected_seq::bigint - c.last_seq = u.expected_version::bigint
      and c.deleted_at is null`

/**
 * The chat has the version and messages that `u` expects, or more messages: the index or `fenced` detects later ones.
 */
export const standing = `${unmoved}
      and (c.last_seq = u.expected_seq::bigint or c.last_seq < u.expected_seq::bigint and exists (
        select from messages where chat_id = c.id and seq = u.expected_seq::bigint
      ))`

const since: Scalar<Batch> = { type: "float8", param: ({ since = 0 }) => number(since) }

/**
 * The same for chats whose last message this process committed in the lineage `Batch.since` (`ServerEpoch.ts`): reading
 * that message costs more than everything else but writing the new one.
 */
export const standingSince = (p: P): string => `${unmoved} and ${lineage} = ${p.value(since)}`

/** Locks the chats: their expected positions, and `more` columns of each. */
export const lockedFrom = (p: P, more: ReadonlyArray<Rows<Batch>>, where = standing): string => `
  locked as (
    select c.id, c.last_seq as folded_seq, u.*
    from ${p.table("u", [places, ...more])}
    join chats c on c.id = u.chat_id::bigint
    where ${where}
    for no key update of c
  )`

export const fencedFrom = `
  fenced as (
    select * from locked where last_seq > expected_seq or newest_seq(id) = expected_seq::bigint
  )`

/** Inserts the new messages. `extras`: some have more than plain ones. */
export const sentFrom = (p: P, chats: string, extras: boolean, returning = "id"): string => `
  sent as (
    insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key${
      extras ? ", thread_id, parts, original_digest" : ""
    })
    select f.id, s.seq::bigint, s.sender_id::bigint, s.version::bigint, s.version::bigint, f.at,
      s.reply_to::bigint, s.text, s.dedup_key${extras ? ", s.thread_id::bigint, s.parts::jsonb, s.original_digest" : ""}
    from ${p.table("s", extras ? [sentRows, extraRows] : sentRows, "place")}
    join ${chats} f on f.id = s.chat_id::bigint
    order by s.place
    returning ${returning}
  )`

/**
 * Raises watermarks, by the given marks and by unfolded messages. `only`: a further condition on an unfolded message `m`
 * of the chat `f`; `also`: other columns to set, and the end of the update.
 */
export const markedFrom = (p: P, chats: string, only = "", also = { set: "", end: "" }): string => `
  marked as (
    update chat_members o set
      last_read_seq = greatest(o.last_read_seq, r.seq),
      read_version = coalesce(r.read_version, o.read_version) ${also.set}
    from (
      select chat_id, user_id, max(seq) as seq, max(read_version) as read_version
      from (
        select f.id as chat_id, u.user_id::bigint as user_id, u.last_read_seq::bigint as seq,
          u.read_version::bigint as read_version
        from ${p.table("u", markRows)}
        join ${chats} f on f.id = u.chat_id::bigint
        union all
        select f.id, m.sender_id, m.seq, null
        from ${chats} f
        join messages m on m.chat_id = f.id and m.seq > f.folded_seq and m.seq <= f.expected_seq::bigint ${only}
      ) all_marks
      group by chat_id, user_id
    ) r
    where o.chat_id = r.chat_id and o.user_id = r.user_id and not o.removed
    ${also.end}
  )`

/** What `sent` returns for `notedFrom` and `attachedFrom`. */
export const sentPlaces = "id, chat_id, seq"

/** The mentions and replies of new messages. */
export const notedFrom = (p: P): string => `
  noted as (
    insert into mentions (user_id, chat_id, message_id, is_reply)
    select u.user_id::bigint, s.chat_id, s.id, u.is_reply
    from ${p.table("u", noteRows)}
    join sent s on s.chat_id = u.chat_id::bigint and s.seq = u.seq::bigint
  )`

/**
 * The attachments of new messages. These rows are what is asked: who may see a file, which files a chat has, whether a
 * file is in use; a message shows its attachments as parts. Joins `sent`, so that a chat whose `seq` is taken fails by
 * that of the message.
 */
export const attachedFrom = (p: P): string => `
  attached as (
    insert into attachments (chat_id, seq, place, file_id, kind)
    select s.chat_id, s.seq, u.place::smallint, u.file_id::bigint, u.kind
    from ${p.table("u", attachmentRows)}
    join sent s on s.chat_id = u.chat_id::bigint and s.seq = u.seq::bigint
  )`

/** The result of every commit: see `CommitRow`. */
export const answer = (chats: string): string => `select
    (select array_agg(id::float8) from ${chats}) as chats,
    (select array_agg(id::float8 order by id) from sent) as ids,
    ${lineage} as lineage`

/** The chats that had the expected versions, and the ids of their messages in the order of the parameters. */
export interface CommitRow {
  readonly chats: ReadonlyArray<ChatId> | null
  readonly ids: ReadonlyArray<MessageId> | null
  /** The lineage of the messages. */
  readonly lineage: number
}
