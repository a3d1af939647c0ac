// The FileStore over PostgreSQL.
import { Effect } from "effect"
import type { Unavailable } from "../../domain/errors.ts"
import type { AboutFile, BlobId, File, FileId } from "../../domain/File.ts"
import type { MessageId, UserId } from "../../domain/Ids.ts"
import { iso, millis } from "../database/columns.ts"
import { Database } from "../database/Database.ts"
import { instant, number, numberOrNull, numbers, text, texts } from "../database/params.ts"
import {
  type FileAdded,
  type FileStoreShape,
  heldMillis,
  releasedMillis,
  reservedMillis,
  type StoredFile,
  unusedMillis,
} from "./shape.ts"

const fileColumns = (f: string): string =>
  `${f}.id::float8, ${f}.kind, ${f}.name, ${f}.type, ${f}.size::float8, ${f}.about`
const storedColumns = `${fileColumns("f")}, f.owner_id::float8, f.blob::text, f.thumb::text, ${millis("f.created_at")} as created_at`

interface FileRow extends Omit<File, keyof AboutFile> {
  readonly about: AboutFile
}

interface StoredRow extends FileRow, Omit<StoredFile, "file"> {}

const fileOf = ({ about, id, kind, name, size, type }: FileRow): File => ({ id, kind, name, type, size, ...about })

const storedFile = ({ blob, created_at, owner_id, thumb, ...file }: StoredRow): StoredFile => ({
  file: fileOf(file),
  owner_id,
  blob,
  thumb,
  created_at,
})

/** The rows of a deleted chat stay for a while. */
const attached = `exists (
  select from attachments a cross join lateral (
    select from chats where id = a.chat_id and deleted_at is null offset 0
  ) c where a.file_id = f.id)`

const isAvatar = (of: "users" | "chats", extra = ""): string => `exists (
  select from ${of} o where o.info ->> 'avatar' is not null and (o.info ->> 'avatar')::bigint = f.id ${extra})`

const isPresentAvatar = `(${isAvatar("users")} or ${isAvatar("chats", "and o.deleted_at is null")})`
const inUse = `(${attached} or ${isPresentAvatar})`

/** In a message that the owner has not sent yet. */
const isDrafted = `exists (
  select from user_state s where s.user_id = f.owner_id and s.value like '%"attachments"%'
    and ((s.key >= 'draft:' and s.key < 'draft;') or (s.key >= 'scheduled:' and s.key < 'scheduled;'))
    and s.value::jsonb -> 'attachments' @> to_jsonb(f.id))`

const findStatement = `
  select ${storedColumns} from files f
  where f.id = $1::bigint and (
    f.owner_id = $2::bigint
    or exists (
      select from attachments a
      join messages m on m.chat_id = a.chat_id and m.seq = a.seq and not m.deleted
      join chat_members own on own.chat_id = a.chat_id and own.user_id = $2::bigint and not own.removed
      join chats c on c.id = a.chat_id and c.deleted_at is null
      where a.file_id = f.id
    )
    or ${isPresentAvatar}
  )`

/** Locks rows in the order of their ids, as `expire` does. */
const holdStatement = `
  with held as materialized (
    select id from files where id = any($1::float8[]::bigint[]) and ($2::bigint is null or owner_id = $2::bigint)
    order by id for update
  )
  update files f set used_until = $3::timestamptz, held_until = $4::timestamptz from held where f.id = held.id
  returning ${fileColumns("f")}`

/** What follows when files go: `gone` has their blobs. */
const deadBlobs = (now: string): string =>
  `update blobs set dead_at = ${now} where id in (select blob from gone union select thumb from gone)`

const removeStatement = `
  with gone as (
    delete from files f where f.id = $1::bigint and f.owner_id = $2::bigint
      and (f.held_until is null or f.held_until < $3::timestamptz) and not ${inUse}
    returning blob, thumb
  ), dead as (${deadBlobs("$3::timestamptz")})
  select exists (select from gone) as removed,
    exists (select from files where id = $1::bigint and owner_id = $2::bigint) as known`

const releaseStatement = `
  with due as materialized (
    select id, file_id from released_files order by id limit $2::bigint for update skip locked
  ), gone as (
    delete from released_files r using due where r.id = due.id
  ), freed as materialized (
    select f.id from files f where f.id in (select file_id from due) order by f.id for update
  ), changed as (
    update files f set used_until = least(coalesce(f.used_until, 'infinity'), $1::timestamptz) from freed where f.id = freed.id
  )
  select count(*)::float8 from due`

const expireStatement = `
  with due as materialized (
    select f.id, ${inUse} as used, ${isDrafted} as drafted from files f
    where f.id in (select id from files where used_until < $1::timestamptz order by used_until limit $3::bigint)
      and f.used_until < $1::timestamptz
    order by f.id for update of f skip locked
  ), kept as (
    update files f set used_until = case when due.used then null else $2::timestamptz end
    from due where f.id = due.id and (due.used or due.drafted)
  ), gone as (
    delete from files f using due where f.id = due.id and not due.used and not due.drafted returning f.blob, f.thumb
  ), dead as (${deadBlobs("$1::timestamptz")})
  select count(*)::float8 from due`

/** A blob that a file has although it counts as dead lives on: of two files that had it, one is deleted. */
const doomStatement = `
  with due as materialized (
    select b.id, b.doomed, exists (select from files f where f.blob = b.id)
      or exists (select from files f where f.thumb = b.id) as used
    from blobs b where b.dead_at <= $1::timestamptz order by b.dead_at limit $2::bigint for update skip locked
  ), kept as (
    update blobs b set dead_at = null from due where b.id = due.id and due.used
  ), condemned as (
    update blobs b set doomed = true from due where b.id = due.id and not due.used and not due.doomed
  )
  select id::text from due where not used`

const inChatStatement = (kind: string): string => `
  with page as materialized (
    select seq from attachments
    where chat_id = $1::bigint and seq < $2::bigint ${kind}
    order by seq desc limit $3::bigint
  )
  select ${fileColumns("f")}, m.id::float8 as message_id, m.seq::float8, m.sender_id::float8, ${iso("m.created_at")} as sent_at,
    exists (
      select from attachments where chat_id = $1::bigint and seq < (select min(seq) from page) ${kind}
    ) as has_more
  from attachments a
  join files f on f.id = a.file_id
  join messages m on m.chat_id = a.chat_id and m.seq = a.seq and not m.deleted
  where a.chat_id = $1::bigint and a.seq < $2::bigint and a.seq >= (select min(seq) from page) ${kind.replace("kind", "a.kind")}
  order by a.seq desc, a.place`

const inChatOfAnyKind = inChatStatement("")
const inChatOfKind = inChatStatement("and kind = $4::text")

interface ChatFileRow extends FileRow {
  readonly message_id: MessageId
  readonly seq: number
  readonly sender_id: UserId
  readonly sent_at: string
  readonly has_more: boolean
}

export const makeFiles = Effect.gen(function* () {
  const { query } = yield* Database
  const stored = (statement: string, params: ReadonlyArray<unknown>) =>
    Effect.map(query<StoredRow>(statement, params), (rows) => rows.map(storedFile))

  return {
    sameBytes: Effect.fn("Files.sameBytes")(({ sha256, size }) =>
      Effect.map(
        query<{ readonly id: BlobId }>(
          `select id::text from blobs where sha256 = $1::text and size = $2::bigint and not doomed order by dead_at desc nulls first limit 1`,
          [text(sha256), number(size)],
        ),
        ([row]) => row?.id,
      ),
    ),
    reserve: Effect.fn("Files.reserve")((blobs, now) =>
      Effect.asVoid(
        query(
          `insert into blobs (id, sha256, size, dead_at)
           select id::uuid, sha256, size::bigint, $4::timestamptz from unnest($1::text[], $2::text[], $3::float8[]) b(id, sha256, size)`,
          [
            texts(blobs.map(({ id }) => id)),
            texts(blobs.map(({ sha256 }) => sha256)),
            numbers(blobs.map(({ size }) => size)),
            instant(now + reservedMillis),
          ],
        ),
      ),
    ),
    add: Effect.fn("Files.add")(function* (file, quota): Effect.fn.Return<FileAdded, Unavailable> {
      const [row] = yield* query<{ readonly outcome: FileAdded["_tag"]; readonly result: number }>(
        `select outcome, result::float8 from add_file(
           $1::bigint, $2::bigint, $3::text::uuid, $4::text::uuid, $5::text, $6::text, $7::text, $8::bigint, $9::text::jsonb,
           $10::timestamptz, $11::timestamptz)`,
        [
          number(file.owner_id),
          numberOrNull(quota),
          text(file.blob),
          text(file.thumb),
          text(file.kind),
          text(file.name),
          text(file.type),
          number(file.size),
          text(JSON.stringify(file.about)),
          instant(file.created_at),
          instant(file.created_at + unusedMillis),
        ],
      )
      const { outcome, result } = row!
      switch (outcome) {
        case "Added":
          return { _tag: outcome, id: result as FileId }
        case "QuotaExceeded":
          return { _tag: outcome, used_bytes: result }
        case "NoOwner":
        case "Gone":
          return { _tag: outcome }
      }
    }),
    usedBytes: Effect.fn("Files.usedBytes")((owner_id) =>
      Effect.map(
        query<{ readonly used: number }>(
          `select coalesce(sum(size), 0)::float8 as used from files where owner_id = $1::bigint`,
          [number(owner_id)],
        ),
        ([row]) => row?.used ?? 0,
      ),
    ),
    find: Effect.fn("Files.find")((id, reader) =>
      Effect.map(stored(findStatement, [number(id), number(reader)]), ([file]) => file),
    ),
    byId: Effect.fn("Files.byId")((id) =>
      Effect.map(
        stored(`select ${storedColumns} from files f where f.id = $1::bigint`, [number(id)]),
        ([file]) => file,
      ),
    ),
    hold: Effect.fn("Files.hold")(function* (ids, owner_id, now) {
      const rows = yield* query<FileRow>(holdStatement, [
        numbers(ids),
        numberOrNull(owner_id ?? null),
        instant(now + unusedMillis),
        instant(now + heldMillis),
      ])
      const files = new Map(rows.map((row) => [row.id, fileOf(row)]))
      return ids.flatMap((id) => files.get(id) ?? [])
    }),
    list: Effect.fn("Files.list")((owner_id, { before = Number.MAX_SAFE_INTEGER as FileId, limit }) =>
      stored(
        `select ${storedColumns} from files f where f.owner_id = $1::bigint and f.id < $2::bigint
         order by f.id desc limit $3::bigint`,
        [number(owner_id), number(before), number(limit)],
      ),
    ),
    inChat: Effect.fn("Files.inChat")(function* (chat_id, { before = Number.MAX_SAFE_INTEGER, kind, limit }) {
      const rows = yield* query<ChatFileRow>(kind === undefined ? inChatOfAnyKind : inChatOfKind, [
        number(chat_id),
        number(before),
        number(limit),
        ...(kind === undefined ? [] : [text(kind)]),
      ])
      return {
        items: rows.map((row) => ({
          file: fileOf(row),
          message_id: row.message_id,
          seq: row.seq,
          sender_id: row.sender_id,
          created_at: row.sent_at,
        })),
        has_more: rows[0]?.has_more ?? false,
      }
    }),
    remove: Effect.fn("Files.remove")(function* (id, owner_id, now) {
      const [row] = yield* query<{ readonly removed: boolean; readonly known: boolean }>(removeStatement, [
        number(id),
        number(owner_id),
        instant(now),
      ])
      return row?.removed === true ? "Removed" : row?.known === true ? "InUse" : "NotFound"
    }),
    expire: Effect.fn("Files.expire")(function* (now, limit) {
      const count = (statement: string, params: ReadonlyArray<unknown>) =>
        Effect.map(query<{ readonly count: number }>(statement, params), ([row]) => row?.count ?? 0)
      const released = yield* count(releaseStatement, [instant(now + releasedMillis), number(limit)])
      const due = yield* count(expireStatement, [instant(now), instant(now + unusedMillis), number(limit)])
      return released + due
    }),
    doom: Effect.fn("Files.doom")((now, limit) =>
      Effect.map(query<{ readonly id: BlobId }>(doomStatement, [instant(now), number(limit)]), (rows) =>
        rows.map(({ id }) => id),
      ),
    ),
    forget: Effect.fn("Files.forget")((blobs) =>
      Effect.asVoid(query(`delete from blobs where doomed and id = any($1::text[]::uuid[])`, [texts(blobs)])),
    ),
  } satisfies FileStoreShape
})
