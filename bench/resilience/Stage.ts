// A server on its own PostgreSQL, with users in chats that were inserted without sign-ups.
import { createHmac, randomUUID } from "node:crypto"
import { Postgres } from "../../test/faults/Postgres.ts"
import { Server } from "../../test/support/server.ts"

const secret = "known to this measurement, which makes the tokens of all"

/** Chats by id: users from `first` on, `members` of them. */
export interface Crowd {
  readonly first: number
  readonly members: number
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export const token = (user: number): string => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: "confab", aud: "confab", sub: String(user), sid: randomUUID(), jti: randomUUID() }
  const text = `${encode({ alg: "HS256", typ: "at+jwt" })}.${encode({ ...claims, iat: now, exp: now + 900 })}`
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`
}

export class Stage {
  readonly postgres: Postgres
  readonly server: Server

  private constructor(postgres: Postgres, server: Server) {
    this.postgres = postgres
    this.server = server
  }

  /** `more`: settings besides the usual ones; limits are off. */
  static async set(more: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const postgres = await Postgres.start()
    const env = { JWT_SECRET: secret, LOG_LEVEL: "Warn", LOG_FORMAT: "pretty", ...more }
    try {
      return new Stage(postgres, await Server.start({ databaseUrl: postgres.url, env, timeout: 60_000 }))
    } catch (cause) {
      await postgres[Symbol.asyncDispose]()
      throw cause
    }
  }

  /** Inserts users 1 to `users`; the i-th crowd is in chat i + 1. Needs a fresh database. */
  async people(users: number, crowds: ReadonlyArray<Crowd>): Promise<void> {
    const ranges = crowds.map(({ first, members }, i) => `(${i + 1}, ${first}, ${first + members - 1})`).join(", ")
    await this.postgres.query(`
      insert into users (created_at, username, username_key, email, email_key, display_name, display_name_key, password_hash)
      select now(), n, n, n || '@example.com', n || '@example.com', n, n, '$argon2id$'
      from (select 'person' || i as n from generate_series(1, ${users}) i order by i) named;
      insert into chats (created_by, created_at, last_activity, type, name)
      select 1, now(), now(), 'group', 'A group' from generate_series(1, ${crowds.length});
      insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role)
      select c, u, 1, 1, now(), 'member' from (values ${ranges}) r(c, f, t), generate_series(f, t) u;
      update chats c set member_count = (select count(*) from chat_members m where m.chat_id = c.id);
      analyze`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    await this.postgres[Symbol.asyncDispose]()
  }
}
