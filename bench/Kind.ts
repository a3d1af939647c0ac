// The servers under test: how each is started, its tables, and how its database is filled.
import { join } from "node:path"
import type { DialectName } from "./load/Dialect.ts"
import { seed as seedPeer } from "./peers/schema.ts"
import { archive, archiveSql, crowds, membershipsSql, sessionId, World } from "./World.ts"

export interface Kind {
  readonly name: string
  readonly title: string
  readonly entry: string
  readonly dialect: DialectName
  /** `embedded`: the server has its own database, in DATA_DIR. */
  readonly database: "postgres" | "embedded"
  readonly env: Readonly<Record<string, string>>
  /** Statements that fill the tables that the server has created at its first start. */
  readonly seed: (archiveRows: number) => ReadonlyArray<string>
}

const lastGroup = archive.id

/**
 * Users and sessions by SQL, since thousands of sign-ups would benchmark argon2; chats and messages as the server
 * writes them.
 */
const seedConfab = (archiveRows: number): ReadonlyArray<string> => [
  // No work searches for users: their words count as made, so that housekeeping has nothing to do.
  `insert into users (id, created_at, username, username_key, email, email_key, display_name, words_of, password_hash)
   overriding system value
   select u, now(), 'user' || u, 'user' || u, 'user' || u || '@example.org', 'user' || u || '@example.org', 'User ' || u, 'User ' || u, '!'
   from generate_series(1, ${World.users}) u`,
  `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
   select ('${sessionId(0).slice(0, -12)}' || lpad(u::text, 12, '0'))::uuid, u, now(), now(), now() + interval '30 days'
   from generate_series(1, ${World.users}) u`,
  `insert into chats (id, created_by, created_at, last_activity, type, pair_low, pair_high)
   overriding system value
   select c, 2 * c - 1, now(), now(), 'private', 2 * c - 1, 2 * c from generate_series(1, ${World.pairs}) c`,
  ...World.groups.map(
    ({ id, first }) => `insert into chats (id, created_by, created_at, last_activity, type, name)
       overriding system value values (${id}, ${first}, now(), now(), 'group', 'Group ${id}')`,
  ),
  `insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role)
   select chat_id, user_id, 1, 1, now(), case
     when chat_id <= ${World.pairs} then 'member'
     when user_id in (${[...crowds, archive].map(({ first }) => first).join(",")}) then 'owner'
     else 'member' end
   from (${membershipsSql}) m`,
  `update chats c set member_count = (select count(*) from chat_members m where m.chat_id = c.id)`,
  `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text, dedup_key)
   select chat_id, seq, sender_id, seq + 1, seq + 1, now(), text, dedup_key from (${archiveSql(archiveRows)}) m`,
  `update chats set last_seq = ${archiveRows}, version = ${archiveRows} + 1 where id = ${archive.id}`,
  `update chat_members set last_read_seq = ${archiveRows} where chat_id = ${archive.id}`,
  `select setval(pg_get_serial_sequence('users', 'id'), ${World.users}), setval(pg_get_serial_sequence('chats', 'id'), ${lastGroup})`,
]

const at = (...path: ReadonlyArray<string>): string => join(import.meta.dirname, ...path)

const confab = {
  entry: at("..", "src", "main.ts"),
  dialect: "confab",
  env: { RATE_LIMITS: "off", LOG_LEVEL: "Warn" },
  seed: seedConfab,
} as const
const peer = { database: "postgres", env: {}, seed: seedPeer } as const

export const kinds: ReadonlyArray<Kind> = [
  { ...confab, name: "confab", title: "Confab", database: "postgres" },
  { ...peer, name: "ceiling", title: "ceiling", entry: at("peers", "ceiling.ts"), dialect: "confab" },
  { ...peer, name: "insert-each", title: "one INSERT each", entry: at("peers", "insert-each.ts"), dialect: "confab" },
  { ...peer, name: "socketio", title: "Socket.IO + pg", entry: at("peers", "socketio.ts"), dialect: "socketio" },
  { ...confab, name: "confab-embedded", title: "Confab, embedded database", database: "embedded" },
]
