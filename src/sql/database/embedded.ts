// PostgreSQL inside this process (PGlite), used like a remote one: by the same client over a private Unix socket.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PgClient, PgPool } from "@effect/sql-pg"
import type { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { openFiles } from "../pglite/openFiles.ts"
import { closeFile } from "../pglite/privateFiles.ts"
import { watchSpace } from "../pglite/watchSpace.ts"
import { DataDirUnusable } from "./DataDir.ts"
import { migrate } from "./migrate.ts"

/** The maximum length of a socket's path on every system. */
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

/**
 * Next to the data, where a killed server's socket is found and removed; in the temporary directory when the path is
 * too long.
 */
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
      closeFile(path)
      return server
    }),
    (server) => Effect.promise(() => server.stop()),
  )

/**
 * Not every file system supports sockets (a mounted Windows or macOS folder does not): then the socket is in the
 * temporary directory.
 */
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

/**
 * The tables are up to date, or at the migration `last`, and the data of every answered statement is on disk.
 */
export const embeddedPool = Effect.fnUntraced(function* (dataDir: string, last?: string) {
  const db = yield* Effect.acquireRelease(openFiles(dataDir), (db) => Effect.promise(() => db.close()))
  // It has one session for all connections. See PostgresServer.ts for the settings.
  yield* Effect.promise(() =>
    db.exec(
      "set plan_cache_mode = force_generic_plan; set jit = off; set enable_seqscan = off; set enable_memoize = off",
    ),
  )
  const options = { path: yield* serve(db, dataDir), username: "postgres", database: "postgres" }
  // One session: the migration's connection closes before any query runs.
  yield* PgClient.makeClient(options).pipe(
    Effect.flatMap((client) => Effect.provideService(migrate(undefined, last), SqlClient.SqlClient, client)),
    Effect.scoped,
    Effect.catchTag("SchemaRefused", (cause) => Effect.fail(new DataDirUnusable({ dataDir, cause }))),
  )
  yield* watchSpace(db, dataDir)
  return yield* PgPool.make({ ...options, maxConnections: 1, multiplex: true })
})
