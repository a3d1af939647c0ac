// The database of one server under test during the run: filled once, and counted after every work.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onEnd } from "./Cleanup.ts"
import type { Kind } from "./Kind.ts"
import { createDatabase, type Postgres, query } from "./Postgres.ts"

export interface Store {
  /** Tells the server where its database is. */
  readonly env: Readonly<Record<string, string>>
  /** Only while no server runs on it: one process at a time uses an embedded database. */
  readonly run: (...statements: ReadonlyArray<string>) => Promise<ReadonlyArray<Record<string, unknown>>>
}

const embedded = async (): Promise<Store> => {
  const dataDir = mkdtempSync(join(tmpdir(), "confab-bench-data-"))
  onEnd(() => rmSync(dataDir, { recursive: true, force: true }))
  return {
    env: { DATA_DIR: dataDir },
    run: async (...statements) => {
      const { PGlite } = await import("@electric-sql/pglite")
      const db = await PGlite.create({ dataDir: join(dataDir, "pg") })
      try {
        let rows: ReadonlyArray<Record<string, unknown>> = []
        for (const statement of statements) ({ rows } = await db.query<Record<string, unknown>>(statement))
        return rows
      } finally {
        await db.close()
      }
    },
  }
}

export const makeStore = async (kind: Kind, postgres: () => Promise<Postgres>): Promise<Store> => {
  if (kind.database === "embedded") return embedded()
  const url = await createDatabase(await postgres(), kind.name)
  return { env: { DATABASE_URL: url }, run: (...statements) => query(url, ...statements) }
}

/** The number of stored messages. */
export const countMessages = async (store: Store): Promise<number> => {
  const [row] = await store.run("select count(*)::int as count from messages")
  return Number(row?.count)
}
