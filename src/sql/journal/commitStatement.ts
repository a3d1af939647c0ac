// The statement that commits any batch of changes of many chats. It has the arms for what the batch has: the database
// pays for each arm. They stand in a few groups, so that there are not too many statements to prepare.
// Members' rows are written whole, so members with a new row are left out where unfolded messages are folded into
// marks.
import { droppedKinds } from "../../kinds/Kinds.ts"
import { tombstoneBlock } from "../chats/unread.ts"
import { texts } from "../database/params.ts"
import { type Parameters, type Rows, type Statement, statementOf } from "../database/Statement.ts"
import { boundAfter, boundOfNew } from "./activityBound.ts"
import {
  type Batch,
  boundRows,
  chatRows,
  editRows,
  formerRows,
  hasAttachments,
  hasNotes,
  heads,
  instantsOfChats,
  memberRows,
  mentionedRows,
  recordRows,
  shownRows,
  unmentionedRows,
} from "./batchRows.ts"
import {
  answer,
  attachedFrom,
  fencedFrom,
  lockedFrom,
  markedFrom,
  notedFrom,
  sentFrom,
  sentPlaces,
} from "./commitPieces.ts"
import type { ChatChange } from "./shape.ts"

type P = Parameters<Batch>

const moved = `
  moved as (
    update chats c set
      version = f.version::bigint,
      last_seq = f.last_seq::bigint,
      last_activity = case when f.active then greatest(c.last_activity, f.at) else c.last_activity end,
      name = coalesce(f.summary::jsonb ->> 'name', c.name),
      info = case when f.deleted then c.info - 'avatar' else coalesce(f.summary::jsonb -> 'info', c.info) end,
      name_version = coalesce(f.name_version::bigint, c.name_version),
      deleted_at = case when f.deleted then f.at end,
      member_count = coalesce(f.member_count::integer, c.member_count),
      lowest_read_seq = coalesce(f.lowest_read_seq::bigint, c.lowest_read_seq)
    from fenced f
    where c.id = f.id
  )`

const joined = (p: P): string => `
  joined as (
    insert into chat_members as m
      (chat_id, user_id, last_read_seq, joined_version, version, joined_at, removed, role, active_before)
    select f.id, u.user_id::bigint, u.last_read_seq::bigint, u.version::bigint, u.version::bigint, u.joined_at,
      u.removed, u.role, ${boundOfNew("u.user_id::bigint", "f.member_count", "f.at")}
    from ${p.table("u", memberRows)}
    join fenced f on f.id = u.chat_id::bigint
    on conflict (chat_id, user_id) do update set
      last_read_seq = excluded.last_read_seq,
      joined_version = case when m.removed then excluded.version else m.joined_version end,
      version = excluded.version,
      read_version = case when m.removed then 0 else m.read_version end,
      joined_at = excluded.joined_at,
      removed = excluded.removed,
      role = excluded.role,
      active_before = case
        when m.removed then excluded.active_before
        when m.active_before < 'infinity' then (select ${boundAfter("f.at")} from fenced f where f.id = m.chat_id)
        else m.active_before end
  )`

/** Edits and deletes messages. A row can be written once in a statement, so this also writes what else changes of them. */
const edited = (p: P): string => `
  edited as (
    update messages m set
      text = u.text,
      edited_at = u.edited_at,
      deleted = u.deleted,
      original_digest = u.original_digest,
      parts = case when u.deleted then null when u.parts is not null then nullif(u.parts::jsonb, 'null') else m.parts end,
      version = u.version::bigint,
      records_version = coalesce(u.records_version::bigint, m.records_version)
    from ${p.table("u", editRows)}
      join fenced f on f.id = u.chat_id::bigint
    where m.id = u.id::bigint and m.chat_id = u.chat_id::bigint
    returning m.chat_id, m.seq, m.deleted
  )`

const formerly = (p: P): string => `
  formerly as (
    insert into message_edits (message_id, version, user_id, text, at)
    select m.id, u.version::bigint, m.sender_id, u.text, u.at
    from ${p.table("u", formerRows)}
      join fenced f on f.id = u.chat_id::bigint
      join messages m on m.id = u.message_id::bigint and m.chat_id = f.id
  )`

const recorded = (p: P): string => `
  recorded as (
    insert into records as r (stream, kind, key, message_id, user_id, version, removed, body)
    select f.id, u.kind, u.key, u.message_id::bigint, u.user_id::bigint, u.version::bigint, u.removed, u.body::jsonb
    from ${p.table("u", recordRows)}
    join fenced f on f.id = u.chat_id::bigint
    on conflict (stream, kind, key) do update set
      user_id = excluded.user_id,
      version = excluded.version,
      removed = excluded.removed,
      body = excluded.body
  )`

/** Messages that are not edited, but show other records. */
const shown = (p: P): string => `
  shown as (
    update messages m set records_version = u.version::bigint
    from ${p.table("u", shownRows)}
      join fenced f on f.id = u.chat_id::bigint
    where m.id = u.id::bigint and m.chat_id = u.chat_id::bigint
  )`

/** The kinds of records that go with their message. */
const dropped: Rows<Batch> = { columns: [["kind", "text"]], params: () => [texts(droppedKinds)] }

/** What goes with deleted messages, and how many they are, for unread counts. A deleted message never changes again. */
const deletions = (p: P): string => `
  dropped as (
    delete from records r
    using ${p.table("u", editRows)}
      join fenced f on f.id = u.chat_id::bigint, ${p.table("k", dropped)}
    where u.deleted and r.message_id = u.id::bigint and r.kind = k.kind
  ),
  forgotten as (
    delete from message_edits e
    using ${p.table("u", editRows)}
      join fenced f on f.id = u.chat_id::bigint
    where u.deleted and e.message_id = u.id::bigint
  ),
  counted as (
    insert into tombstone_counts as t (chat_id, block, count)
    select e.chat_id, e.seq / ${tombstoneBlock}, count(*) from edited e where e.deleted group by 1, 2
    on conflict (chat_id, block) do update set count = t.count + excluded.count
  ),
  unnoted as (
    delete from mentions n
    using ${p.table("u", editRows)}
      join fenced f on f.id = u.chat_id::bigint
    where u.deleted and n.message_id = u.id::bigint and n.chat_id = f.id
  )`

/** Those of a deleted chat go with its messages, step by step: there may be very many. */
const detached = `
  detached as (
    delete from attachments a using edited e where e.deleted and a.chat_id = e.chat_id and a.seq = e.seq
  )`

const mentioned = (p: P): string => `
  mentioned as (
    insert into mentions (user_id, chat_id, message_id, is_reply)
    select u.user_id::bigint, f.id, m.id, false
    from ${p.table("u", mentionedRows)}
      join fenced f on f.id = u.chat_id::bigint
      join messages m on m.id = u.message_id::bigint and m.chat_id = f.id
    on conflict do nothing
  ), unmentioned as (
    delete from mentions n
    using ${p.table("u", unmentionedRows)}
      join fenced f on f.id = u.chat_id::bigint
    where n.user_id = u.user_id::bigint and n.chat_id = f.id and n.message_id = u.message_id::bigint
      and not n.is_reply
  )`

const emptied = `
  emptied as (
    update chat_members m set removed = true, version = f.version::bigint
    from fenced f
    where f.deleted and m.chat_id = f.id and not m.removed
  )`

/** A row can be written once in a statement: members of a deleted chat by `emptied`, those in `joined` by that. */
const unlessJoined = (p: P, chat: string, user: string): string => `
      and not exists (
        select from ${p.table("w", memberRows)} where w.chat_id::bigint = ${chat} and w.user_id::bigint = ${user}
      )`

const bounds = (p: P) => p.table("b", boundRows)

/** `marked` and `joined` renew the bounds of the rows that they write. */
const bounded = (p: P, members: boolean): string => `
  bounded as (
    update chat_members m set active_before = b.active_before
    from ${bounds(p)} join fenced f on f.id = b.chat_id::bigint
    where m.chat_id = f.id and m.active_before < 'infinity' and not m.removed and not f.deleted
      and not exists (select from marked w where w.chat_id = m.chat_id and w.user_id = m.user_id)
      ${members ? unlessJoined(p, "m.chat_id", "m.user_id") : ""}
  )`

const renewed = (p: P) => ({
  set: `,
      active_before = case when o.active_before = 'infinity' then o.active_before else coalesce(
        (select b.active_before from ${bounds(p)} where b.chat_id::bigint = o.chat_id), o.active_before
      ) end`,
  end: "returning o.chat_id, o.user_id",
})

/** What a batch may have, besides marks and messages. Each of them adds arms. */
const groups = {
  members: ({ deleted, members }) => deleted || members.length > 0,
  edits: ({ messages }) => messages.length > 0,
  deletions: ({ messages }) => messages.some((message) => message.deleted),
  records: ({ records }) => records.length > 0,
  bounds: (change) => change.active_before !== null,
} satisfies Readonly<Record<string, (change: ChatChange) => boolean>>

type Group = keyof typeof groups | "mentions" | "attachments"

const names = Object.keys(groups) as ReadonlyArray<keyof typeof groups>

const groupsOf = (changes: ReadonlyArray<ChatChange>): ReadonlyArray<Group> => {
  const found: Array<Group> = names.filter((name) => changes.some(groups[name]))
  const edited = changes.flatMap(({ messages }) => messages)
  if (hasNotes(changes) || edited.some((message) => message.mentioned !== null)) found.push("mentions")
  if (hasAttachments(changes) || edited.some((message) => message.detached)) found.push("attachments")
  return found
}

const build = (found: ReadonlyArray<Group>): Statement<Batch> => {
  const has = (group: Group) => found.includes(group)
  return statementOf((p) => {
    const only = has("members") ? `and not f.deleted ${unlessJoined(p, "f.id", "m.sender_id")}` : ""
    const arms = [
      lockedFrom(p, [instantsOfChats, heads, chatRows]),
      fencedFrom,
      moved,
      sentFrom(p, "fenced", true, sentPlaces),
      markedFrom(p, "fenced", only, has("bounds") ? renewed(p) : undefined),
    ]
    if (has("members")) arms.push(joined(p), emptied)
    if (has("edits")) arms.push(edited(p), formerly(p))
    if (has("deletions")) arms.push(deletions(p))
    if (has("records")) arms.push(recorded(p), shown(p))
    if (has("bounds")) arms.push(bounded(p, has("members")))
    if (has("mentions")) arms.push(notedFrom(p))
    if (has("mentions") && has("edits")) arms.push(mentioned(p))
    if (has("attachments")) arms.push(attachedFrom(p))
    if (has("attachments") && has("edits")) arms.push(detached)
    return `
  with ${arms.join(",")}
  ${answer("fenced")}`
  })
}

const built = new Map<string, Statement<Batch>>()

/** The statement that commits the changes, which are sorted by chat id. */
export const commitOf = (changes: ReadonlyArray<ChatChange>): Statement<Batch> => {
  const found = groupsOf(changes)
  const known = built.get(found.join())
  if (known !== undefined) return known
  const statement = build(found)
  built.set(found.join(), statement)
  return statement
}
