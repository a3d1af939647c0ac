// The statement that commits any batch of changes of many chats, and its parameters.
// Members' rows are written whole, so members with a new row are left out where unfolded messages are folded into
// marks.
import type { MessageId } from "../../domain/Ids.ts"
import { droppedKinds, kindOf } from "../../kinds/Kinds.ts"
import { tombstoneBlock } from "../chats/unread.ts"
import { booleans, instants, numbers, texts } from "../database/params.ts"
import { boundAfter, boundOfNew } from "./activityBound.ts"
import { attachedFrom, attachedParams, changesAttachments, detached } from "./commitAttachments.ts"
import { changesMentions, mentionArms, mentionParams, unnoted } from "./commitMentions.ts"
import {
  answer,
  extraParams,
  fencedFrom,
  lockedFrom,
  markedFrom,
  markParams,
  placeParams,
  sentFrom,
  sentParams,
  sentPlaces,
} from "./commitPieces.ts"
import type { ChatChange } from "./shape.ts"

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

const joined = `
  joined as (
    insert into chat_members as m
      (chat_id, user_id, last_read_seq, joined_version, version, joined_at, removed, role, active_before)
    select f.id, u.user_id::bigint, u.last_read_seq::bigint, u.version::bigint, u.version::bigint, u.joined_at,
      u.removed, u.role, ${boundOfNew("u.user_id::bigint", "f.member_count", "f.at")}
    from unnest($24::float8[], $25::float8[], $26::float8[], $27::float8[], $28::timestamptz[], $29::boolean[],
        $30::text[])
      as u(chat_id, user_id, last_read_seq, version, joined_at, removed, role)
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

/**
 * Edits and deletes messages. A row can be written once in a statement, so this also writes the `records_version` of a
 * message that is edited, and the parts whose mentions change: their parameters, aligned with the others; 0: none do.
 */
const editedWith = ({ parts = 0, records = 0 }): string => `
  edited as (
    update messages m set
      text = u.text,
      edited_at = u.edited_at,
      deleted = u.deleted,
      original_digest = u.original_digest,
      parts = case when u.deleted then null ${parts === 0 ? "" : "when u.parts is not null then nullif(u.parts::jsonb, 'null')"} else m.parts end,
      version = u.version::bigint
      ${records === 0 ? "" : ", records_version = coalesce(u.records_version::bigint, m.records_version)"}
    from unnest($31::float8[], $32::float8[], $33::float8[], $34::timestamptz[], $35::boolean[], $36::text[],
        $37::text[] ${records === 0 ? "" : `, $${records}::float8[]`} ${parts === 0 ? "" : `, $${parts}::text[]`})
        as u(chat_id, id, version, edited_at, deleted, text, original_digest
          ${records === 0 ? "" : ", records_version"} ${parts === 0 ? "" : ", parts"})
      join fenced f on f.id = u.chat_id::bigint
    where m.id = u.id::bigint and m.chat_id = u.chat_id::bigint
    returning m.chat_id, m.seq, m.deleted
  )`

const formerly = `
  formerly as (
    insert into message_edits (message_id, version, user_id, text, at)
    select m.id, u.version::bigint, m.sender_id, u.text, u.at
    from unnest($41::float8[], $42::float8[], $43::float8[], $44::text[], $45::timestamptz[])
        as u(chat_id, message_id, version, text, at)
      join fenced f on f.id = u.chat_id::bigint
      join messages m on m.id = u.message_id::bigint and m.chat_id = f.id
  )`

const recorded = `
  recorded as (
    insert into records as r (stream, kind, key, message_id, user_id, version, removed, body)
    select f.id, u.kind, u.key, u.message_id::bigint, u.user_id::bigint, u.version::bigint, u.removed, u.body::jsonb
    from unnest($46::float8[], $47::text[], $48::text[], $49::float8[], $50::float8[], $51::float8[], $52::boolean[],
        $53::text[])
      as u(chat_id, kind, key, message_id, user_id, version, removed, body)
    join fenced f on f.id = u.chat_id::bigint
    on conflict (stream, kind, key) do update set
      user_id = excluded.user_id,
      version = excluded.version,
      removed = excluded.removed,
      body = excluded.body
  )`

/** Messages that are not edited, but show other records. */
const shown = `
  shown as (
    update messages m set records_version = u.version::bigint
    from unnest($55::float8[], $56::float8[], $57::float8[]) as u(chat_id, id, version)
      join fenced f on f.id = u.chat_id::bigint
    where m.id = u.id::bigint and m.chat_id = u.chat_id::bigint
  )`

/** Records that are deleted with their message. */
const dropped = `
  dropped as (
    delete from records r
    using unnest($31::float8[], $32::float8[], $35::boolean[]) as u(chat_id, id, deleted)
      join fenced f on f.id = u.chat_id::bigint
    where u.deleted and r.message_id = u.id::bigint and r.kind = any($58::text[])
  )`

/** How many messages are deleted, for unread counts. A deleted message never changes again. */
const counted = `
  counted as (
    insert into tombstone_counts as t (chat_id, block, count)
    select e.chat_id, e.seq / ${tombstoneBlock}, count(*) from edited e where e.deleted group by 1, 2
    on conflict (chat_id, block) do update set count = t.count + excluded.count
  )`

const forgotten = `
  forgotten as (
    delete from message_edits e
    using unnest($31::float8[], $32::float8[], $35::boolean[]) as u(chat_id, id, deleted)
      join fenced f on f.id = u.chat_id::bigint
    where u.deleted and e.message_id = u.id::bigint
  )`

const emptied = `
  emptied as (
    update chat_members m set removed = true, version = f.version::bigint
    from fenced f
    where f.deleted and m.chat_id = f.id and not m.removed
  )`

/** A row can be written once in a statement: members of a deleted chat by `emptied`, those in `joined` by that. */
const unlessWritten = `
  and not f.deleted and not exists (
    select from unnest($24::float8[], $25::float8[]) as w(chat_id, user_id)
    where w.chat_id::bigint = f.id and w.user_id::bigint = m.sender_id
  )`

const locked = lockedFrom([
  ["version", "float8"],
  ["last_seq", "float8"],
  ["at", "timestamptz"],
  ["active", "boolean"],
  ["summary", "text"],
  ["name_version", "float8"],
  ["deleted", "boolean"],
  ["member_count", "float8"],
  ["lowest_read_seq", "float8"],
])

const bounds = "unnest($59::float8[], $60::timestamptz[]) as b(chat_id, active_before)"

/** A row can be written once in a statement: `marked` and `joined` renew the bounds of the rows that they write. */
const bounded = `
  bounded as (
    update chat_members m set active_before = b.active_before
    from ${bounds} join fenced f on f.id = b.chat_id::bigint
    where m.chat_id = f.id and m.active_before < 'infinity' and not m.removed and not f.deleted
      and not exists (select from marked w where w.chat_id = m.chat_id and w.user_id = m.user_id)
      and not exists (
        select from unnest($24::float8[], $25::float8[]) as w(chat_id, user_id)
        where w.chat_id::bigint = m.chat_id and w.user_id::bigint = m.user_id
      )
  )`

const marked = markedFrom(20, "fenced", unlessWritten)
const markedAndBounded = markedFrom(20, "fenced", unlessWritten, {
  set: `,
      active_before = case when o.active_before = 'infinity' then o.active_before else coalesce(
        (select b.active_before from ${bounds} where b.chat_id::bigint = o.chat_id), o.active_before
      ) end`,
  end: "returning o.chat_id, o.user_id",
})

interface Arms {
  readonly former?: boolean
  /** With `former`. */
  readonly records?: boolean
  /** With `records`. */
  readonly bounds?: boolean
}

/**
 * The statement with the arms for what a batch has. `notes` and `files`: the first of the parameters of mentions and of
 * attachments; 0: it has none.
 */
const statement = ({ bounds = false, former = false, records = false }: Arms, notes = 0, files = 0): string => {
  const arms = [
    locked,
    fencedFrom,
    moved,
    sentFrom(13, "fenced", 38, notes === 0 ? "id" : sentPlaces),
    bounds ? markedAndBounded : marked,
    joined,
    emptied,
    editedWith({ parts: notes, records: records ? 54 : 0 }),
  ]
  if (former) arms.push(formerly)
  if (records) arms.push(recorded, shown, dropped, forgotten, counted, unnoted)
  if (bounds) arms.push(bounded)
  if (notes > 0) arms.push(mentionArms(notes))
  if (files > 0) arms.push(attachedFrom(files), detached)
  return `
  with ${arms.join(",")}
  ${answer("fenced")}`
}

/** With mentions, and with attachments as well; their parameters follow the others. */
const forms = (arms: Arms, parameters: number) => ({
  bare: statement(arms),
  noted: statement(arms, parameters + 1),
  attached: statement(arms, parameters + 1, parameters + 12),
})

const simple = forms({}, 40)
const withFormer = forms({ former: true }, 45)
const withRecords = forms({ former: true, records: true }, 58)
const withBounds = forms({ former: true, records: true, bounds: true }, 60)

const chatParams = (changes: ReadonlyArray<ChatChange>) => [
  ...placeParams(changes),
  numbers(changes.map((change) => change.version)),
  numbers(changes.map((change) => change.last_seq)),
  instants(changes.map((change) => change.at)),
  booleans(changes.map((change) => change.members.length > 0 || change.summary !== null)),
  texts(changes.map(({ summary }) => summary && JSON.stringify({ name: summary.name, info: summary.info }))),
  numbers(changes.map((change) => change.summary?.version ?? null)),
  booleans(changes.map((change) => change.deleted)),
  numbers(changes.map((change) => change.member_count)),
  numbers(changes.map((change) => change.lowest_read_seq)),
]

/** Each item with its chat. */
const inChats = <A>(changes: ReadonlyArray<ChatChange>, items: (change: ChatChange) => ReadonlyArray<A>) =>
  changes.flatMap((change) => items(change).map((item) => ({ chat_id: change.chat_id, item })))

const memberParams = (changes: ReadonlyArray<ChatChange>) => {
  // `emptied` writes all members of a deleted chat; a row can be written only once in a statement.
  const rows = inChats(changes, (change) => (change.deleted ? [] : change.members))
  return [
    numbers(rows.map((row) => row.chat_id)),
    numbers(rows.map((row) => row.item.user_id)),
    numbers(rows.map((row) => row.item.last_read_seq)),
    numbers(rows.map((row) => row.item.version)),
    instants(rows.map((row) => row.item.joined_at)),
    booleans(rows.map((row) => row.item.removed)),
    texts(rows.map((row) => row.item.role)),
  ]
}

const editParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = inChats(changes, (change) => change.messages)
  return [
    numbers(rows.map((row) => row.chat_id)),
    numbers(rows.map((row) => row.item.id)),
    numbers(rows.map((row) => row.item.version)),
    instants(rows.map((row) => row.item.edited_at)),
    booleans(rows.map((row) => row.item.deleted)),
    texts(rows.map((row) => row.item.text)),
    texts(rows.map((row) => row.item.original_digest)),
  ]
}

const formerParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = inChats(changes, (change) => change.former)
  return [
    numbers(rows.map((row) => row.chat_id)),
    numbers(rows.map((row) => row.item.message_id)),
    numbers(rows.map((row) => row.item.version)),
    texts(rows.map((row) => row.item.text)),
    instants(rows.map((row) => row.item.at)),
  ]
}

const recordParams = (changes: ReadonlyArray<ChatChange>) => {
  const rows = inChats(changes, (change) => change.records)
  const edited = new Set(changes.flatMap(({ messages }) => messages.map(({ id }) => id)))
  const versions = new Map<MessageId, { readonly chat_id: number; readonly version: number }>()
  for (const { chat_id, item } of rows) {
    if (kindOf(item.kind).inMessage) versions.set(item.message_id, { chat_id, version: item.version })
  }
  const shown = [...versions].filter(([id]) => !edited.has(id))
  return [
    numbers(rows.map((row) => row.chat_id)),
    texts(rows.map((row) => row.item.kind)),
    texts(rows.map((row) => row.item.key)),
    numbers(rows.map((row) => row.item.message_id)),
    numbers(rows.map((row) => row.item.user_id)),
    numbers(rows.map((row) => row.item.version)),
    booleans(rows.map((row) => row.item.removed)),
    texts(rows.map((row) => JSON.stringify(row.item.body))),
    numbers(inChats(changes, (change) => change.messages).map(({ item }) => versions.get(item.id)?.version ?? null)),
    numbers(shown.map(([, { chat_id }]) => chat_id)),
    numbers(shown.map(([id]) => id)),
    numbers(shown.map(([, { version }]) => version)),
    texts(droppedKinds),
  ]
}

const hasRecords = ({ messages, records }: ChatChange): boolean =>
  records.length > 0 || messages.some(({ deleted }) => deleted)

/** The statement that commits the changes, which are sorted by chat id, and its parameters. */
export const commitOf = (
  changes: ReadonlyArray<ChatChange>,
): readonly [statement: string, params: ReadonlyArray<unknown>] => {
  const params = [
    ...chatParams(changes),
    ...sentParams(changes),
    ...markParams(changes),
    ...memberParams(changes),
    ...editParams(changes),
    ...extraParams(changes),
  ]
  const form = changesAttachments(changes) ? "attached" : changesMentions(changes) ? "noted" : "bare"
  const notes = form === "bare" ? [] : [...mentionParams(changes)]
  if (form === "attached") notes.push(...attachedParams(changes))
  const withAll = () => [...params, ...formerParams(changes), ...recordParams(changes)]
  const bounded = changes.filter(({ active_before }) => active_before !== null)
  if (bounded.length > 0) {
    const [ids, times] = [bounded.map(({ chat_id }) => chat_id), bounded.map((change) => change.active_before)]
    return [withBounds[form], [...withAll(), numbers(ids), instants(times), ...notes]]
  }
  if (changes.some(hasRecords)) return [withRecords[form], [...withAll(), ...notes]]
  if (changes.every(({ former }) => former.length === 0)) return [simple[form], [...params, ...notes]]
  return [withFormer[form], [...params, ...formerParams(changes), ...notes]]
}
