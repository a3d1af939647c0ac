// The minimal tables of the peers.
import { archiveSql, membershipsSql, World } from "../World.ts"

export const schema = `
  create table if not exists chats (id bigint primary key);
  create table if not exists members (chat_id bigint not null, user_id bigint not null, primary key (chat_id, user_id));
  create index if not exists members_of_user on members (user_id, chat_id);
  create table if not exists messages (
    id bigint generated always as identity primary key,
    chat_id bigint not null,
    seq bigint,
    sender_id bigint not null,
    created_at timestamptz not null default now(),
    text text not null,
    dedup_key text
  );
  create unique index if not exists messages_seq on messages (chat_id, seq);
  create index if not exists messages_of_chat on messages (chat_id, id);
  create unique index if not exists messages_dedup on messages (chat_id, sender_id, dedup_key);`

/** One index less: each peer numbers messages by `seq` or by `id`, not by both. */
export const schemaBySeq = schema.replace(/create index if not exists messages_of_chat[^;]+;/, "")
export const schemaById = schema.replace(/create unique index if not exists messages_seq[^;]+;/, "")

export const seed = (archiveRows: number): ReadonlyArray<string> => [
  `insert into chats select distinct chat_id from (${membershipsSql}) m`,
  `insert into members (chat_id, user_id) ${membershipsSql}`,
  `insert into messages (chat_id, seq, sender_id, text, dedup_key) ${archiveSql(archiveRows)}`,
  `-- ${World.users} people need no rows here: a token says who they are`,
]
