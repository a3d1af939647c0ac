// The database of one server under test, for as long as the run lasts: filled once, and counted after every work.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onEnd } from "./Cleanup.ts"
import type { Kind } from "./Kind.ts"
import { createDatabase, type Postgres, query } from "./Postgres.ts"

export interface Store {
  /** What tells the server where it is. */
  readonly env: Readonly<Record<string, string>>
  /** While no server runs on it: an embedded database is held by one process at a time. */
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

/** Every message stored so far. */
export const countMessages = async (store: Store): Promise<number> => {
  const [row] = await store.run("select count(*)::int as count from messages")
  return Number(row?.count)
}
