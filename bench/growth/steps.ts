// The parts of the laws: rows that are inserted beforehand, and actions of devices.
import { largeGroup } from "../../src/domain/Chat.ts"
import { tombstoneBlock } from "../../src/sql/chats/unread.ts"
import { boundMillis, unboundedChats } from "../../src/sql/journal/activityBound.ts"
import { sessionId } from "../World.ts"
import type { Device, Ground } from "./Ground.ts"

export const people = (from: number, to: number): ReadonlyArray<string> => [
  `insert into users (id, created_at, username, username_key, email, email_key, display_name, display_name_key, password_hash)
   overriding system value
   select u, now(), 'user' || u, 'user' || u, 'user' || u || '@x', 'user' || u || '@x', 'User ' || u, 'user ' || u, '!'
   from generate_series(${from}, ${to}) u`,
  `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
   select ('${sessionId(0).slice(0, -12)}' || lpad(u::text, 12, '0'))::uuid, u, now(), now(), now() + interval '30 days'
   from generate_series(${from}, ${to}) u`,
  // Search words count as made, where the release has them.
  `do $$ begin if to_regclass('user_words') is not null then
     execute 'update users set words_of = display_name where words_of is null'; end if; end $$`,
]

/**
 * Groups with these members each, as a SQL list of ids in terms of the chat's id `c`, and messages that all have read.
 * Each group was active `apart` seconds before the one with the id below.
 */
export const groups = (
  from: number,
  to: number,
  members: string,
  messages: number,
  apart = 1,
): ReadonlyArray<string> => [
  `insert into chats (id, created_by, created_at, last_activity, type, name, last_seq, version)
   overriding system value
   select c, 1, now() - c * interval '${apart} seconds', date_trunc('milliseconds', now() - c * interval '${apart} seconds'), 'group', 'Group ' || c, ${messages}, 1 + ${messages}
   from generate_series(${from}, ${to}) c`,
  `insert into chat_members (chat_id, user_id, last_read_seq, joined_version, version, joined_at, role)
   select c, m, ${messages}, 1, 1, now(), case when m = 1 then 'owner' else 'member' end
   from generate_series(${from}, ${to}) c cross join lateral (${members}) m (m)`,
  `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text)
   select c, s, 1, s + 1, s + 1, date_trunc('milliseconds', now() - c * interval '${apart} seconds'), 'a line of a conversation'
   from generate_series(${from}, ${to}) c, generate_series(1, ${messages}) s`,
  `do $$ begin if exists (select from pg_attribute where attrelid = 'chats'::regclass and attname = 'member_count') then
     execute 'update chats c set member_count = m.n, lowest_read_seq = case when m.n > 200 then c.last_seq else 0 end
       from (select chat_id, count(*) as n from chat_members where chat_id between ${from} and ${to} group by chat_id) m where m.chat_id = c.id'; end if; end $$`,
  // As the server bounds the memberships that a user has beyond some.
  `do $$ begin if exists (select from pg_attribute where attrelid = 'chat_members'::regclass and attname = 'active_before') then
     execute 'update chat_members m set active_before = c.last_activity + interval ''${boundMillis} milliseconds''
       from (select chat_id, user_id, row_number() over (partition by user_id order by chat_id) as place from chat_members) p
       join chats c on c.id = p.chat_id and c.member_count <= ${largeGroup}
       where p.place > ${unboundedChats} and m.chat_id = p.chat_id and m.user_id = p.user_id and m.chat_id between ${from} and ${to}'; end if; end $$`,
]

/** All messages are deleted. */
export const deleted: ReadonlyArray<string> = [
  "update messages set deleted = true, text = ''",
  `do $$ begin if to_regclass('tombstone_counts') is not null then
     execute 'insert into tombstone_counts select chat_id, seq / ${tombstoneBlock}, count(*) from messages group by 1, 2'; end if; end $$`,
]

const ready: ReadonlyArray<string> = [
  "select setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users))",
  "select setval(pg_get_serial_sequence('chats', 'id'), greatest(1, (select max(id) from chats)))",
  "vacuum analyze",
]

export const prepare = async (ground: Ground, ...statements: ReadonlyArray<ReadonlyArray<string>>): Promise<void> => {
  for (const statement of [...statements.flat(), ...ready]) await ground.sql(statement)
  await ground.start()
}

export const oneByOne = "select unnest(array[1, 2])"
export const upTo = (members: number) => `select generate_series(1, ${members})`

export const ok = async (asked: Promise<{ status: number; text: string }>): Promise<string> => {
  const { status, text } = await asked
  if (status >= 300) throw new Error(`${status}: ${text.slice(0, 300)}`)
  return text
}

export const all = async <A>(
  count: number,
  each: (index: number) => Promise<A>,
  atOnce = 20,
): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  for (let from = 0; from < count; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => each(from + i))
    results.push(...(await Promise.all(some)))
  }
  return results
}

export const leave = (devices: ReadonlyArray<Device>): void => {
  for (const { socket } of devices) socket.terminate()
}

/** A device of a user reconnects with these cursors, and stays connected. */
export const comeBack = async (ground: Ground, user: number, cursors: Record<string, number>): Promise<Device> => {
  const device = await ground.connect(user, true)
  const synced = device.next("synced")
  device.say({ type: "sync", cursors })
  await synced
  return device
}
