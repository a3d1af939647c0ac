// PostgreSQL inside this process (PGlite), reached like any other: over a private Unix socket, by the same client.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient, PgPool } from "@effect/sql-pg"
import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { Effect, type Scope } from "effect"
import type { Reactivity } from "effect/reactivity"
import { SqlClient, type SqlError } from "effect/sql"
import { migrate } from "./migrate.ts"
import type { SchemaRefused } from "./migrationHistory.ts"

/** What a socket's path may have at most, on every system. */
const longestPath = 100

const privateDirectory = (make: () => string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = make()
      chmodSync(directory, 0o700)
      return directory
    }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
  )

const temporary = privateDirectory(() => mkdtempSync(join(tmpdir(), "confab-")))

/** Beside the data, where a killed server's socket is found and removed; elsewhere when the path is too long. */
const directoryFor = (dataDir: string) => {
  const directory = join(dataDir, "run")
  if (Buffer.byteLength(join(directory, "pg")) > longestPath) return temporary
  return privateDirectory(() => {
    rmSync(directory, { recursive: true, force: true })
    mkdirSync(directory, { mode: 0o700 })
    return directory
  })
}

const listen = (db: PGlite, path: string) =>
  Effect.acquireRelease(
    Effect.tryPromise(async () => {
      const server = new PGLiteSocketServer({ db, path, maxConnections: 4 })
      await server.start()
      return server
    }),
    (server) => Effect.promise(() => server.stop()),
  )

/** Not every file system knows sockets (a mounted Windows or macOS folder does not): then the temporary directory has it. */
const serve = Effect.fnUntraced(function* (db: PGlite, dataDir: string) {
  const at = (directory: string) => {
    const path = join(directory, "pg")
    return Effect.as(listen(db, path), path)
  }
  return yield* Effect.flatMap(directoryFor(dataDir), at).pipe(
    Effect.catch(() => Effect.flatMap(temporary, at)),
    Effect.orDie,
  )
})

/** The tables are there and up to date, and the data is on disk whenever a statement has answered. */
export const embeddedPool = Effect.fnUntraced(function* (
  dataDir: string,
): Effect.fn.Return<PgPool.PgPool, SqlError.SqlError | SchemaRefused, Scope.Scope | Reactivity.Reactivity> {
  const db = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const db = await PGlite.create({ dataDir: join(dataDir, "pg") })
      // It has one session, whoever connects. See postgresServer.ts for why.
      await db.exec("set plan_cache_mode = force_generic_plan; set jit = off; set enable_seqscan = off")
      return db
    }),
    (db) => Effect.promise(() => db.close()),
  )
  const options = { path: yield* serve(db, dataDir), username: "postgres", database: "postgres" }
  // One session: whoever migrates has left before anybody asks.
  yield* PgClient.makeClient(options).pipe(
    Effect.flatMap((client) => Effect.provideService(migrate(), SqlClient.SqlClient, client)),
    Effect.scoped,
  )
  return yield* PgPool.make({ ...options, maxConnections: 1, multiplex: true })
})
