// The commits that nearly all commits are: people sent and read, nothing else changed. What commitStatement does, without the
// arms that would find nothing, since the database pays for each arm of a statement in every batch; and once more for a single
// message, with plain values instead of arrays. The same fence, the same answer.
import type { ChatChange } from "../Journal.ts"
import { answer, markedFrom, markParams, sentFrom, sentParams } from "./commitStatement.ts"
import { booleans, instant, instants, number, numberOrNull, numbers, text } from "./params.ts"

export const isPlain = ({ messages, members, renamed, deleted }: ChatChange): boolean =>
  messages.length === 0 && members.length === 0 && renamed === null && !deleted

export const plainStatement = `
  with fenced as (
    update chats c set
      version = u.version::bigint,
      last_seq = u.last_seq::bigint,
      last_activity = case when u.active then greatest(c.last_activity, u.at) else c.last_activity end
    from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[], $5::float8[], $6::timestamptz[], $7::boolean[])
      as u(id, expected_version, expected_seq, version, last_seq, at, active)
    where c.id = u.id::bigint and c.version = u.expected_version::bigint and c.last_seq = u.expected_seq::bigint
      and c.deleted_at is null
    returning c.id
  ),
  ${sentFrom(8)},
  ${markedFrom(16)}
  ${answer}`

/** `changes` ascend by chat id and are all plain. */
export const plainParams = (changes: ReadonlyArray<ChatChange>) => [
  numbers(changes.map((change) => change.chat_id)),
  numbers(changes.map((change) => change.expected_version)),
  numbers(changes.map((change) => change.last_seq - change.sent.length)),
  numbers(changes.map((change) => change.version)),
  numbers(changes.map((change) => change.last_seq)),
  instants(changes.map((change) => change.at)),
  booleans(changes.map((change) => change.sent.length > 0)),
  ...sentParams(changes),
  ...markParams(changes),
]

/** One message, read by its sender alone. */
export const isSingle = ({ sent, marks }: ChatChange): boolean => {
  const [mark] = marks
  return (
    sent.length === 1 &&
    marks.length === 1 &&
    mark?.user_id === sent[0]?.sender_id &&
    mark?.read_version === null &&
    mark.last_read_seq === sent[0]?.seq
  )
}

export const singleStatement = `
  with fenced as (
    update chats set
      version = $3::float8::bigint,
      last_seq = $4::float8::bigint,
      last_activity = greatest(last_activity, $5::timestamptz)
    where id = $1::float8::bigint and version = $2::float8::bigint and last_seq = $4::float8::bigint - 1
      and deleted_at is null
    returning id
  ),
  sent as (
    insert into messages (chat_id, seq, sender_id, created_version, version, created_at, reply_to, text, dedup_key)
    select id, $4::float8::bigint, $6::float8::bigint, $3::float8::bigint, $3::float8::bigint, $5::timestamptz,
      $7::float8::bigint, $8::text, $9::text
    from fenced
    returning id
  ),
  marked as (
    update chat_members m set last_read_seq = greatest(m.last_read_seq, $4::float8::bigint)
    from fenced f
    where m.chat_id = f.id and m.user_id = $6::float8::bigint and not m.removed
  )
  select array[chat_id::float8] as chats, array[id::float8] as ids
  from (select (select id from fenced) as chat_id, (select id from sent) as id) done
  where id is not null`

/** For a change that is plain and single. */
export const singleParams = ({ chat_id, expected_version, version, last_seq, at, sent }: ChatChange) => {
  const [message] = sent
  return [
    number(chat_id),
    number(expected_version),
    number(version),
    number(last_seq),
    instant(at),
    number(message?.sender_id ?? 0),
    numberOrNull(message?.reply_to ?? null),
    text(message?.text ?? ""),
    text(message?.dedup_key ?? null),
  ]
}
