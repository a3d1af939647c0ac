// The embedded database's directory: who may look into it, what it refuses, and what becomes of it when the disk is full.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database } from "../../src/sql/database/Database.ts"
import { FreeSpace } from "../../src/sql/pglite/FreeSpace.ts"
import { panicOf } from "../../src/sql/pglite/GuardedPGlite.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { openToOthers, startedBefore } from "../support/dataDir.ts"
import { newDirectory, newUser, repositories } from "../support/sql.ts"

const open = (dataDir: string) =>
  Layer.build(repositories.pipe(Layer.provideMerge(Layer.fresh(Database.layerEmbedded(dataDir)))))

const refusal = (dataDir: string) => Effect.map(Effect.flip(open(dataDir)), ({ message }) => message)

const modeOf = (path: string) => statSync(path).mode & 0o777

const MiB = 1_048_576

describe("The embedded database's directory", { timeout: 120_000 }, () => {
  it.effect("is closed to others, with all that a former Confab left open in it", () =>
    Effect.gen(function* () {
      const directory = startedBefore(yield* newDirectory)
      for (const entry of readdirSync(join(directory, "pg"), { recursive: true, withFileTypes: true })) {
        chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o666)
      }
      chmodSync(join(directory, "pg"), 0o755)
      chmodSync(directory, 0o755)
      yield* Effect.provide(newUser(), yield* open(directory))
      assert.deepStrictEqual(openToOthers(directory), [])
    }),
  )

  it.effect("is left as it is where others have files in it; its own part is closed", () =>
    Effect.gen(function* () {
      const directory = startedBefore(yield* newDirectory)
      writeFileSync(join(directory, "a neighbour's"), "")
      chmodSync(directory, 0o755)
      yield* open(directory)
      assert.strictEqual(modeOf(directory), 0o755)
      assert.deepStrictEqual(openToOthers(join(directory, "pg")), [])
      assert.deepStrictEqual(openToOthers(join(directory, "run")), [])
      assert.strictEqual(modeOf(join(directory, "lock")), 0o600)
    }),
  )

  it.effect("of another version of PostgreSQL is refused, and not touched", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      mkdirSync(join(directory, "pg"))
      writeFileSync(join(directory, "pg", "PG_VERSION"), "17\n")
      const message = yield* refusal(directory)
      assert.include(message, "its files are of PostgreSQL 17, and this Confab has 18: start the Confab that made them")
      assert.notInclude(message, "\n")
      assert.deepStrictEqual(readdirSync(join(directory, "pg")), ["PG_VERSION"])
    }),
  )

  it.effect("is of the version of PostgreSQL that is in PGlite", () =>
    Effect.gen(function* () {
      const services = yield* open(startedBefore(yield* newDirectory))
      const [row] = yield* Effect.flatMap(Database, ({ query }) =>
        query<{ major: number }>("select current_setting('server_version_num')::int / 10000 as major"),
      ).pipe(Effect.provide(services))
      assert.strictEqual(row?.major, 18)
    }),
  )

  it.effect("that lacks PostgreSQL's files is reported in one line", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      mkdirSync(join(directory, "pg"))
      const message = yield* refusal(directory)
      assert.match(message, /^The DATA_DIR [^\n]+ cannot be used: ENOENT[^\n]+PG_VERSION[^\n]*$/)
    }),
  )
})

describe("A disk that gets full", { timeout: 120_000 }, () => {
  it.effect("is refused at the start", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      const message = yield* Effect.provideService(refusal(directory), FreeSpace, () => 127.5 * MiB)
      assert.include(message, "127 MiB are left on its disk, and 128 are needed")
      assert.isFalse(existsSync(join(directory, "pg")))
      startedBefore(directory)
      const later = yield* Effect.provideService(refusal(directory), FreeSpace, () => 63 * MiB)
      assert.include(later, "63 MiB are left on its disk, and 64 are needed")
    }),
  )

  it.effect("refuses writes in time, while reads continue; with room again everything continues", () =>
    Effect.gen(function* () {
      let free = 500 * MiB
      const directory = startedBefore(yield* newDirectory)
      const services = yield* Effect.provideService(open(directory), FreeSpace, () => free)
      yield* Effect.gen(function* () {
        const { ping } = yield* Database
        const users = yield* UserStore
        const id = yield* newUser()
        free = 47 * MiB
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(newUser()))._tag, "Unavailable")
        assert.strictEqual((yield* Effect.flip(ping))._tag, "Unavailable")
        assert.strictEqual((yield* users.byIds([id])).length, 1)
        free = 60 * MiB
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Effect.flip(newUser()))._tag, "Unavailable")
        free = 65 * MiB
        yield* TestClock.adjust("1 second")
        yield* newUser()
        yield* ping
      }).pipe(Effect.provide(services))
    }),
  )

  it("is noticed in what PostgreSQL answers when it gives up", () => {
    const error = Buffer.from(
      'E\0\0\0\x40SPANIC\0VPANIC\0C53100\0Mcould not write to file "pg_wal/xlogtemp.42"\0Ffd.c\0\0',
    )
    assert.strictEqual(panicOf(error), `could not write to file "pg_wal/xlogtemp.42"`)
    const row = Buffer.from("D\0\0\0\x20\0\x02\0\0\0\x07 VPANIC\0\0\0\x01C")
    assert.isUndefined(panicOf(row))
  })

  it.effect("ends the process when PostgreSQL cannot go on, and what was committed is there afterwards", () =>
    Effect.gen(function* () {
      const directory = startedBefore(yield* newDirectory)
      const source = (path: string) => JSON.stringify(join(import.meta.dirname, "../../src", path))
      const script = `
        import { Effect, Layer } from "effect"
        import { Database } from ${source("sql/database/Database.ts")}
        import { UserStore } from ${source("sql/users/UserStore.ts")}
        const user = (name) => ({ username: name, email: name + "@example.org", display_name: name, password_hash: "h", created_at: 1 })
        const program = Effect.gen(function* () {
          const users = yield* UserStore
          const { query } = yield* Database
          yield* users.create(user("kept"))
          process.stdout.write("committed")
          // The log continues in a new file, which may be shorter than required.
          yield* Effect.exit(query("select pg_switch_wal()"))
          yield* Effect.exit(users.create(user("lost")))
        })
        const layer = UserStore.layer.pipe(Layer.provideMerge(Database.layerEmbedded(${JSON.stringify(directory)})))
        await Effect.runPromise(Effect.provide(program, layer))`
      // In units of 512 bytes: 12 MB; the log's files have 16 MiB.
      const limited = spawn(
        "sh",
        ["-c", `ulimit -f 24000; exec "$0" "$@"`, process.execPath, "--input-type=module", "-e", script],
        {
          stdio: ["ignore", "pipe", "pipe"],
          cwd: join(import.meta.dirname, "../.."),
        },
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => limited.kill("SIGKILL")))
      let stdout = ""
      let stderr = ""
      limited.stdout.on("data", (chunk: Buffer) => (stdout += chunk))
      limited.stderr.on("data", (chunk: Buffer) => (stderr += chunk))
      const [code] = yield* Effect.promise(() => once(limited, "close"))
      assert.deepStrictEqual([code, stdout], [1, "committed"], stderr)
      assert.match(stderr, /Confab has stopped: the embedded database cannot go on \(could not write to (?:log )?file /)
      const services = yield* open(directory)
      const users = yield* Effect.provide(UserStore, services)
      assert.isDefined(yield* users.byLogin("kept"))
      assert.isUndefined(yield* users.byLogin("lost"))
    }),
  )
})
