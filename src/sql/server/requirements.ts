// What a server must fulfil before it is used, also behind a pooler.
import type { PgConnection } from "@effect/sql-pg"
import { Effect, type Scope } from "effect"
import type { SqlError } from "effect/sql"
import { DatabaseUnreachable } from "./DatabaseUnreachable.ts"

const oldest = 15

interface Facts {
  readonly database: string
  readonly address: string | null
  readonly version: number
  readonly encoding: string
  readonly pid: number
  /** The session's settings, by name. */
  readonly settings: Readonly<Record<string, string>>
}

const facts = `
  select current_database() as database,
    host(inet_server_addr()) || ':' || inet_server_port() as address,
    current_setting('server_version_num')::int / 10000 as version,
    current_setting('server_encoding') as encoding,
    pg_backend_pid() as pid,
    (select jsonb_object_agg(name, setting) from pg_settings where name = any($1::text[])) as settings`

/** What the checks need of a session. */
type Session = Pick<PgConnection.PgConnection, "processId" | "query">

/** What the checks need of the server; `another` opens one more session until the scope ends. */
export interface Examined {
  readonly settings: Readonly<Record<string, string>>
  readonly another: Effect.Effect<Session, SqlError.SqlError, Scope.Scope>
}

const refuse = (reason: string) => Effect.fail(new DatabaseUnreachable({ reason }))

const row = <Row>(session: Session, statement: string, params: ReadonlyArray<unknown> = []) =>
  // The statement determines the type of its row.
  Effect.map(session.query(statement, params), ({ rows }) => rows[0] as unknown as Row)

/**
 * A pooler may use another session for each transaction: then no session state lasts, such as the locks of several
 * nodes. (Prepared statements have unique names, and the client prepares missing ones again.)
 */
const sharesSessions = Effect.fnUntraced(function* ({ another }: Examined) {
  const both = yield* Effect.all([another, another])
  const pids = yield* Effect.forEach([...both, ...both], (session) =>
    row<{ pid: number }>(session, "select pg_backend_pid() as pid"),
  )
  const [one, other, oneAgain, otherAgain] = pids.map(({ pid }) => pid)
  return one === other || one !== oneAgain || other !== otherAgain
}, Effect.scoped)

/** Returns the database's location, for people. */
export const checkRequirements = Effect.fnUntraced(function* (
  server: Examined,
  session: Session,
  inCluster: boolean,
): Effect.fn.Return<string, DatabaseUnreachable | SqlError.SqlError, Scope.Scope> {
  const wanted = Object.entries(server.settings)
  const found = yield* row<Facts>(session, facts, [wanted.map(([name]) => name)])
  if (found.version < oldest) return yield* refuse(`it is PostgreSQL ${found.version}; ${oldest} or newer is needed`)
  if (found.encoding !== "UTF8") {
    return yield* refuse(
      `its encoding is ${found.encoding}, which has no room for every text. Make one that is UTF8: create database confab encoding 'UTF8' template template0`,
    )
  }
  const lost = wanted.filter(([name, value]) => found.settings[name] !== value)
  if (lost.length > 0) {
    const list = lost.map(([name, value]) => `${name} = ${value}`).join(", ")
    return yield* refuse(`the settings of its sessions do not reach it. With a pooler, alter role … set ${list}`)
  }
  if (inCluster && session.processId !== found.pid && (yield* sharesSessions(server))) {
    return yield* refuse(
      "the pooler in front of it shares sessions, and several nodes need their own for their locks: pool_mode = session, or lead DATABASE_URL past it",
    )
  }
  return found.address === null ? found.database : `${found.database} on ${found.address}`
})
