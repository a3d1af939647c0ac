// Files of users, and where their bytes are. A blob's row is there before its bytes and goes after them, so that no
// bytes are without a row. Whatever stops using a file says so in `released_files`; the job that deletes files looks
// there.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  // sha256: hexadecimal. dead_at: from then on its bytes are deleted if no file has it; null: a file has it. doomed: they
  // are being deleted, and no file may have it any more.
  `create table blobs (
    id uuid primary key,
    sha256 text collate "C" not null,
    size bigint not null,
    dead_at timestamptz,
    doomed boolean not null default false
  )`,
  `create index blobs_bytes on blobs (sha256)`,
  `create index blobs_dead on blobs (dead_at) where dead_at is not null`,

  // about: see domain/File. used_until: the file is kept until then, whether something uses it or not; null: it is in
  // use. held_until: a message with it may be under way.
  `create table files (
    id bigint generated always as identity primary key,
    owner_id bigint not null,
    blob uuid not null references blobs,
    thumb uuid references blobs,
    kind text not null,
    name text not null,
    type text not null,
    size bigint not null,
    about jsonb not null default '{}',
    created_at timestamptz not null,
    used_until timestamptz,
    held_until timestamptz
  )`,
  `create index files_owner on files (owner_id, id)`,
  `create index files_blob on files (blob)`,
  `create index files_thumb on files (thumb) where thumb is not null`,
  `create index files_due on files (used_until) where used_until is not null`,

  // The files of messages that are not deleted. place: 0, 1, 2 … in the message. kind: that of the file.
  `create table attachments (
    chat_id bigint not null,
    seq bigint not null,
    place smallint not null,
    file_id bigint not null,
    kind text not null,
    primary key (chat_id, seq, place)
  )`,
  `create index attachments_file on attachments (file_id)`,
  `create index attachments_kind on attachments (chat_id, kind, seq, place)`,
  `create index users_avatar on users (((info ->> 'avatar')::bigint)) where info ->> 'avatar' is not null`,
  `create index chats_avatar on chats (((info ->> 'avatar')::bigint)) where info ->> 'avatar' is not null`,

  `create table released_files (
    id bigint generated always as identity primary key,
    file_id bigint not null
  )`,
  `create function release_attachments() returns trigger language plpgsql as $$
  begin
    insert into released_files (file_id) select distinct file_id from gone;
    return null;
  end
  $$`,
  `create trigger attachments_released after delete on attachments
    referencing old table as gone for each statement execute function release_attachments()`,
  `create function release_avatar() returns trigger language plpgsql as $$
  begin
    insert into released_files (file_id) values ((old.info ->> 'avatar')::bigint);
    return null;
  end
  $$`,
  ...["users", "chats"].flatMap((table) => [
    `create trigger ${table}_avatar_replaced after update of info on ${table} for each row
      when (old.info ->> 'avatar' is not null and old.info ->> 'avatar' is distinct from new.info ->> 'avatar')
      execute function release_avatar()`,
    `create trigger ${table}_avatar_deleted after delete on ${table} for each row
      when (old.info ->> 'avatar' is not null) execute function release_avatar()`,
  ]),

  // One transaction that locks the owner before it counts, so that concurrent uploads cannot exceed the quota together.
  // quota: null: there is none.
  `create function add_file(
    owner bigint, quota bigint, of_blob uuid, of_thumb uuid, of_kind text, file_name text, media_type text, bytes bigint,
    facts jsonb, at timestamptz, kept_until timestamptz
  ) returns table (outcome text, result bigint) language plpgsql as $$
  declare
    used bigint;
    wanted uuid[] := array_remove(array[of_blob, of_thumb], null);
    alive bigint;
    added bigint;
  begin
    perform from users u where u.id = owner and u.deleted_at is null for no key update;
    if not found then
      return query select 'NoOwner', 0::bigint;
      return;
    end if;
    select coalesce(sum(f.size), 0) into used from files f where f.owner_id = owner;
    if used + bytes > quota then
      return query select 'QuotaExceeded', used;
      return;
    end if;
    update blobs b set dead_at = null where b.id = any(wanted) and not b.doomed;
    get diagnostics alive = row_count;
    if alive < cardinality(wanted) then
      update blobs b set dead_at = at + interval '1 day' where b.id = any(wanted) and not b.doomed;
      return query select 'Gone', 0::bigint;
      return;
    end if;
    insert into files (owner_id, blob, thumb, kind, name, type, size, about, created_at, used_until)
      values (owner, of_blob, of_thumb, of_kind, file_name, media_type, bytes, facts, at, kept_until)
      returning id into added;
    return query select 'Added', added;
  end
  $$`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
