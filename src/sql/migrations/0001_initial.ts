// The first schema. The server, not the database's locale, folds `…_key` columns to lower case, so that ignoring case
// means the same in every database; collate "C" makes their indexes usable for prefixes too. No foreign keys from
// `messages`, nor from `chats` and `chat_members` to users: each would cost a look-up and a row lock per row on the hot
// path, only the journal writes there, and a user's row stays.
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const statements = [
  `create table users (
    id bigint generated always as identity primary key,
    created_at timestamptz not null,
    username text not null,
    username_key text collate "C" not null,
    email text not null,
    email_key text collate "C" not null,
    display_name text not null,
    display_name_key text collate "C" not null,
    password_hash text not null
  )`,
  `create unique index users_username on users (username_key)`,
  `create unique index users_email on users (email_key)`,
  `create index users_display_name on users (display_name_key)`,

  `create table sessions (
    id uuid primary key,
    user_id bigint not null,
    user_agent text,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index sessions_of_user on sessions (user_id) where ended_at is null`,
  `create index sessions_ended on sessions (ended_at) where ended_at is not null`,
  `create index sessions_expired on sessions (expires_at)`,

  // Every token that a session ever had, so that a used one is recognised as such.
  `create table refresh_tokens (
    hash bytea primary key,
    session_id uuid not null references sessions on delete cascade,
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
  `create index refresh_tokens_of_session on refresh_tokens (session_id)`,
  `create index refresh_tokens_expired on refresh_tokens (expires_at)`,

  // Space in the pages, and no index on what a commit changes: then an update writes no index entry (HOT).
  `create table chats (
    id bigint generated always as identity primary key,
    created_by bigint not null,
    created_at timestamptz not null,
    pair_low bigint,
    pair_high bigint,
    last_seq bigint not null default 0,
    version bigint not null default 1,
    name_version bigint not null default 1,
    last_activity timestamptz not null,
    deleted_at timestamptz,
    type text not null check (type in ('private', 'group')),
    name text,
    check ((type = 'private') = (pair_low is not null and pair_high is not null))
  ) with (fillfactor = 50)`,
  `create unique index chats_pair on chats (pair_low, pair_high) where pair_low is not null`,
  `create index chats_deleted on chats (id) where deleted_at is not null`,

  // joined_version: when the member was added. version: the latest change of the membership (added, role, removed).
  // read_version: the latest read mark that took a version; 0 when there is none.
  `create table chat_members (
    chat_id bigint not null references chats on delete cascade,
    user_id bigint not null,
    last_read_seq bigint not null default 0,
    joined_version bigint not null,
    version bigint not null,
    read_version bigint not null default 0,
    joined_at timestamptz not null,
    removed boolean not null default false,
    role text not null check (role in ('owner', 'admin', 'member')),
    primary key (chat_id, user_id)
  ) with (fillfactor = 70)`,
  `create index chat_members_of_user on chat_members (user_id, chat_id) where not removed`,

  `create table messages (
    id bigint generated always as identity primary key,
    chat_id bigint not null,
    seq bigint not null,
    sender_id bigint not null,
    created_version bigint not null,
    version bigint not null,
    created_at timestamptz not null,
    edited_at timestamptz,
    reply_to bigint,
    deleted boolean not null default false,
    text text not null,
    dedup_key text collate "C",
    original_digest text
  )`,
  `create unique index messages_seq on messages (chat_id, seq)`,
  `create unique index messages_dedup on messages (chat_id, sender_id, dedup_key) where dedup_key is not null`,
  // New messages are found by seq: each took a version, so at most (version - cursor) of the last ones are new. Only
  // later changes need an index by version, for which sending does not pay.
  `create index messages_changed on messages (chat_id, version) where version <> created_version`,
  `create index messages_deleted on messages (chat_id, seq) where deleted`,
]

export default Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})
