// Export and import: what was in one database is in the other, whichever two they are, or nothing is.
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { afterAll, vi } from "vitest"
import { withProgress } from "../../src/cli/progressBar.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { migrationNames } from "../../src/sql/database/migrate.ts"
import { FreeSpace } from "../../src/sql/pglite/FreeSpace.ts"
import { movedTables, readCatalogue } from "../../src/sql/transfer/catalogue.ts"
import { exportDatabase } from "../../src/sql/transfer/exportDatabase.ts"
import type { FileSource, FileTarget } from "../../src/sql/transfer/files.ts"
import { importDatabase, openExport } from "../../src/sql/transfer/importDatabase.ts"
import type { OnProgress } from "../../src/sql/transfer/progress.ts"
import { TransferFailed } from "../../src/sql/transfer/TransferFailed.ts"
import { emptyDataDir, startedBefore } from "../support/dataDir.ts"
import { embedded, newDatabase, newDirectory, postgres } from "../support/sql.ts"

vi.setConfig({ testTimeout: 120_000 })

const quietly: OnProgress = () => Effect.void

/** Rows for every table, with values that are easily changed on the way. */
const seeds: Readonly<Record<string, string>> = {
  users: `insert into users (created_at, username, username_key, email, email_key, display_name, display_name_key, password_hash, words, words_of, info, suspended_at, server_role)
    select '2020-02-29 23:59:59.123456+00', 'user' || n, 'user' || n, nullif('e' || n, 'e3'), 'e' || n, e'Tab\\tQuote"''\\\\ 👋 ' || n, 'n', null,
      to_tsvector('simple', 'it''s a tab user' || n), 'NULL', '{"custom": {"a": [1.50, null, "\\u2028"]}}', 'infinity',
      case n when 2 then 'admin' end from generate_series(1, 7) n`,
  chats: `insert into chats (created_by, created_at, pair_low, pair_high, last_activity, type, name)
    values (1, now(), null, null, '2026-01-01 00:00:00.000001+00', 'group', e'Line\\nand {braces}, "quotes"'), (1, now(), 1, 2, now(), 'private', null), (1, now(), 1, 1, now(), 'saved', '')`,
  chat_members: `insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role) select 1, n, 1, 1, now(), 'member' from generate_series(1, 5) n`,
  messages: `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text, dedup_key, parts)
    select 1, n, 1 + n % 5, n, n, '2026-01-01'::timestamptz + n * interval '1.000001 s', repeat('Ünï ' || n || e'\\n', n % 40), nullif(n::text, '7'),
      case when n % 3 = 0 then jsonb_build_object('custom', n, 'x', null) end from generate_series(1, 600) n`,
  message_edits: `insert into message_edits values (1, 5, 1, e'\\\\x41', now())`,
  records: `insert into records values (1, 'reaction', '1:👋', 1, 1, 9, false, '{"🎉": 1.0}'), (1, 'pin', '', 1, 1, 9, true, 'null')`,
  mentions: "insert into mentions select n, 1, n, n % 2 = 0 from generate_series(0, 50) n",
  tombstone_counts: "insert into tombstone_counts values (1, 0, 9007199254740993)",
  user_heads: "insert into user_heads values (1, 5, 2)",
  user_state: `insert into user_state (user_id, key, value, version, chat_id) values (1, 'block:2', '{}', 1, null), (1, 'gone', null, 2, null), (1, 'null', 'null', 3, 1)`,
  user_words: `insert into user_words values (1, 'é'), (1, '"')`,
  sessions: `insert into sessions (id, user_id, user_agent, created_at, last_used_at, expires_at, ended_at, foreign_key, refresh_hash, refreshed_at)
    values ('00000000-0000-4000-8000-000000000001', 1, '', now(), now(), now(), '-infinity', '\\x00ff5c', null, array[now(), '2020-01-01'::timestamptz]),
      ('00000000-0000-4000-8000-000000000002', 1, null, now(), now(), now(), null, null, '\\x', '{}')`,
  refresh_tokens: `insert into refresh_tokens values ('\\x27', '00000000-0000-4000-8000-000000000001', now(), null)`,
  identities: `insert into identities values ('https://issuer', 'a,b', 3)`,
  audit_log: `insert into audit_log (at, event, user_id, address) select now(), 'logged_in', n, '::1' from generate_series(1, 3) n`,
  blobs: `insert into blobs values ('00000000-0000-4000-8000-00000000000b', 'ab', 12, null, false), ('00000000-0000-4000-8000-00000000000c', 'cd', 0, now(), true)`,
  files: `insert into files (owner_id, blob, thumb, kind, name, type, size, created_at) values (1, '00000000-0000-4000-8000-00000000000b', null, 'file', 'a b.txt', 'text/plain', 12, now())`,
  attachments: "insert into attachments values (1, 1, 0, 1, 'file')",
  released_files: "insert into released_files (file_id) values (5), (6)",
  jobs: `insert into jobs values ('scheduled_message', 1, 'scheduled:1', now(), 2, nextval('job_claims'))`,
  sign_up_invites: `insert into sign_up_invites (code_hash, created_at, expires_at, max_uses) values ('\\x0102', now(), now(), 3)`,
  found_users: "insert into found_users values (1, 2, now())",
  delivered_marks: "insert into delivered_marks values (2, 1, 4)",
  sender_heads: "insert into sender_heads values (1, 1)",
  sender_blocks: "insert into sender_blocks values (1, 1, 0), (1, 3, 0)",
  follower_cursors: `insert into follower_cursors values ('counter', 1, 7, '{"n": 1}')`,
  // When a migration ran decides how long former cookies are taken.
  confab_migrations: "update confab_migrations set created_at = '2021-03-04 05:06:07.000008+00'",
}

const seed = Effect.gen(function* () {
  const { query } = yield* Database
  yield* Effect.forEach(Object.values(seeds), (statement) => query(statement), { discard: true })
})

/** A sum over all values of each table, generated ones too, and the state of each sequence. */
const sums = Effect.scoped(
  Effect.gen(function* () {
    const connection = yield* (yield* Database).session
    yield* connection.query("set timezone = 'UTC'")
    const { sequences } = yield* readCatalogue(connection)
    const all: Record<string, unknown> = {}
    for (const name of movedTables) {
      const [row] = yield* connection.queryValues(
        `select count(*)::float8, md5(coalesce(string_agg(to_jsonb(t)::text, chr(10) order by to_jsonb(t)::text collate "C"), '')) from ${name} t`,
      )
      all[name] = row
    }
    for (const name of sequences) {
      all[name] = (yield* connection.queryValues(`select last_value::text, is_called from ${name}`))[0]
    }
    return all
  }),
)

const exportTo = (path: string, onProgress = quietly) => exportDatabase(path, "1.2.3", onProgress)

const importFrom = (path: string, onProgress = quietly) =>
  Effect.scoped(
    Effect.flatMap(openExport(path), (archive) =>
      Effect.map(importDatabase(archive, onProgress), ({ counts }) => counts),
    ),
  )

/** The bytes of the file of the seeds. */
const blob = "00000000-0000-4000-8000-00000000000b"
const source: FileSource = {
  open: (id) =>
    Effect.sync(async function* () {
      assert.strictEqual(id, blob)
      yield Buffer.from("twelve ")
      yield Buffer.from("bytes")
    }),
}

/** A place of files in memory; `fails` before it has read anything. */
const makeTarget = (fails = false) => {
  const kept: Record<string, string> = {}
  const store: FileTarget["store"] = ({ chunks, id }) =>
    Effect.tryPromise({
      try: async () => {
        if (fails) throw new Error("full")
        let text = ""
        for await (const chunk of chunks) text += Buffer.from(chunk).toString()
        kept[id] = text
      },
      catch: () => new TransferFailed({ message: "The target failed." }),
    })
  return { kept, store }
}

const rowsOf = (table: string) =>
  Effect.gen(function* () {
    const { query } = yield* Database
    const [row] = yield* query<{ n: number }>(`select count(*)::float8 as n from ${table}`)
    return row?.n
  })

const linesOf = (path: string): Array<string> => zstdDecompressSync(readFileSync(path)).toString().split("\n")
const writeLines = (path: string, lines: ReadonlyArray<string>) =>
  writeFileSync(path, zstdCompressSync(lines.join("\n")))

const shared = emptyDataDir()
afterAll(() => rmSync(shared, { recursive: true, force: true }))

/** An export of the seeds, made once for all tests; its database is closed. */
const madeOnce = <A>(name: string, write: (path: string) => Effect.Effect<A, TransferFailed, Database>) => {
  let made: Promise<A> | undefined
  const path = join(shared, name)
  const make = Effect.andThen(seed, write(path)).pipe(Effect.provide(Layer.fresh(embedded)))
  return Effect.promise(async () => {
    made ??= Effect.runPromise(make)
    return { path, found: await made }
  })
}
const exported = madeOnce("all.confab", exportTo)
const exportedWithFiles = madeOnce("files.confab", (path) => exportDatabase(path, "1.2.3", quietly, source))

describe("what is moved", () => {
  it.effect("is every table and every sequence that the migrations make", () =>
    Effect.gen(function* () {
      const { query, session } = yield* Database
      const names = (kind: string) =>
        Effect.map(
          query<{ name: string }>(
            "select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind = $1::text::\"char\" order by 1",
            [kind],
          ),
          (rows) => rows.map(({ name }) => name),
        )
      const { sequences, tables } = yield* Effect.scoped(Effect.flatMap(session, readCatalogue))
      assert.deepStrictEqual([...movedTables].toSorted(), yield* names("r"))
      assert.deepStrictEqual(sequences, yield* names("S"))
      // Partitions, materialized views and the like would need more than this.
      assert.deepStrictEqual([...(yield* names("p")), ...(yield* names("m"))], [])
      assert.deepStrictEqual(Object.keys(seeds).toSorted(), tables.map(({ name }) => name).toSorted())
    }).pipe(Effect.provide(embedded)),
  )
})

describe("a move", () => {
  it.effect("from embedded to PostgreSQL and back leaves every value, every sequence and the same file", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      const [first, second, third] = ["1", "2", "3"].map((name) => join(directory, name))
      const url = yield* newDatabase
      const before = yield* Effect.gen(function* () {
        yield* seed
        yield* exportTo(first!)
        return yield* sums
      }).pipe(Effect.provide(embedded))
      for (const table of movedTables) assert.isAbove((before[table] as [number])[0], 0, table)
      const between = yield* Effect.gen(function* () {
        const counts = yield* importFrom(first!)
        assert.strictEqual(counts.find(({ table }) => table === "messages")?.rows, 600)
        yield* exportTo(second!)
        return yield* sums
      }).pipe(Effect.provide(Database.layerPostgres({ url, schema: "chat", maxConnections: 2 })))
      assert.deepStrictEqual(between, before)
      yield* Effect.gen(function* () {
        const { query } = yield* Database
        yield* importFrom(second!)
        assert.deepStrictEqual(yield* sums, before)
        yield* exportTo(third!)
        // Triggers work again, and ids go on.
        yield* query("delete from attachments")
        assert.strictEqual(yield* rowsOf("released_files"), 3)
        const [added] = yield* query<{ id: number }>(
          "insert into audit_log (at, event) values (now(), 'x') returning id::float8",
        )
        assert.strictEqual(added?.id, 4)
      }).pipe(Effect.provide(embedded))
      assert.isTrue(readFileSync(first!).equals(readFileSync(second!)))
      assert.isTrue(readFileSync(first!).equals(readFileSync(third!)))
    }),
  )

  it.effect("has one moment of a database that is written to", () =>
    Effect.gen(function* () {
      const path = join(yield* newDirectory, "busy")
      const { query } = yield* Database
      yield* seed
      const before = yield* rowsOf("users")
      let writes = 0
      const { counts } = yield* exportTo(path, () =>
        Effect.suspend(() => {
          writes++
          return query(
            `insert into users (created_at, username, username_key, display_name) values (now(), 'w', 'w${writes}', 'w')`,
          )
        }).pipe(Effect.orDie),
      )
      assert.isAbove(writes, 20)
      assert.strictEqual(counts.find(({ table }) => table === "users")?.rows, before)
    }).pipe(Effect.provide(postgres)),
  )
})

describe("an import", () => {
  it.effect("of an export from before some migrations is migrated afterwards", () =>
    Effect.gen(function* () {
      const path = join(yield* newDirectory, "old")
      const last = "0022_scheduled"
      const [from, to] = [yield* newDatabase, yield* newDatabase]
      const open = (url: typeof from, last?: string) => Database.layerPostgres({ url, last, maxConnections: 2 })
      yield* Effect.gen(function* () {
        const { query } = yield* Database
        yield* query("insert into user_state (user_id, key, value, version) values (1, 'block:2', '{}', 1)")
        yield* exportTo(path)
      }).pipe(Effect.provide(open(from, last)))
      const counts = yield* importFrom(path).pipe(Effect.provide(open(to, last)))
      assert.notInclude(
        counts.map(({ table }) => table),
        "follower_cursors",
      )
      yield* Effect.gen(function* () {
        const { query } = yield* Database
        assert.deepStrictEqual(yield* query("select key, blocked_id::float8 from user_state"), [
          { key: "block:2", blocked_id: 2 },
        ])
        assert.strictEqual(yield* rowsOf("follower_cursors"), 0)
      }).pipe(Effect.provide(open(to)))
    }),
  )

  it.effect("refuses what is not a complete export of this Confab, and changes nothing", () =>
    Effect.gen(function* () {
      const { path } = yield* exported
      const directory = yield* newDirectory
      const lines = linesOf(path)
      const header = JSON.parse(lines[0]!)
      const other = (name: string, lines: ReadonlyArray<string>) => {
        writeLines(join(directory, name), lines)
        return name
      }
      const withHeader = (name: string, fields: object) =>
        other(name, [JSON.stringify({ ...header, ...fields }), ...lines.slice(1)])
      writeFileSync(join(directory, "text"), "no export")
      writeFileSync(join(directory, "cut"), readFileSync(path))
      truncateSync(join(directory, "cut"), 5_000)
      const at = lines.findIndex((line) => line.includes("Ünï 39"))
      const cases: ReadonlyArray<readonly [string, RegExp]> = [
        ["missing", /missing cannot be read: ENOENT/],
        ["text", /text is not a complete Confab export: /],
        ["cut", /cut is not a complete Confab export: /],
        [other("short", [...lines.slice(0, at), ""]), /short is not a complete Confab export: its end is missing\./],
        [other("noEnd", [...lines.slice(0, -2), ""]), /noEnd is not a complete Confab export: its end is missing\./],
        [
          other("changed", lines.with(at, lines[at]!.replace("Ünï 39", "Ünï 93"))),
          /changed is not a complete Confab export: its checksum is wrong\./,
        ],
        [other("more", lines.toSpliced(-2, 0, lines.at(-3)!)), /it has more rows than its header counts\./],
        [other("longer", [...lines.slice(0, -1), "{}", ""]), /something follows its end\./],
        [other("noRow", lines.with(at, '[{"a":1}]')), /a row is malformed\./],
        [other("narrow", lines.with(at, '["1"]')), /A row of messages does not have the columns of the header\./],
        [other("badValue", lines.with(at, lines[at]!.replace('","', 'secret","'))), /it refused a row \(22P02\)\./],
        [other("badJson", lines.with(at, "[")), /a line is not JSON\./],
        [
          withHeader("newer", { migrations: [...migrationNames, "9999_future"] }),
          /of a newer Confab \(1\.2\.3, with the migration 9999_future\)/,
        ],
        [
          withHeader("older", { migrations: migrationNames.slice(0, -1) }),
          /^The database has had the migration .* and the export is from before it\./,
        ],
        [withHeader("hole", { migrations: migrationNames.toSpliced(3, 1) }), /^The export lacks the migration 0004_/],
        [withHeader("none", { migrations: [] }), /^The export lacks the migration 0001_/],
        [withHeader("format", { format: 3 }), /has the format 3, and this Confab reads 1 and 2\./],
        [
          withHeader("tables", { tables: header.tables.slice(1) }),
          /The tables of the export are not those of this Confab\./,
        ],
      ]
      const { query } = yield* Database
      const before = yield* sums
      for (const [name, message] of cases) {
        const error = yield* Effect.flip(importFrom(join(directory, name)))
        assert.strictEqual(error._tag, "TransferFailed", name)
        assert.match(error.message, message)
        assert.notInclude(error.message, "secret")
        assert.deepStrictEqual(yield* sums, before, name)
      }
      yield* query("insert into found_users values (1, 2, now())")
      const error = yield* Effect.flip(importFrom(path))
      assert.strictEqual(error.message, "The database is not empty: found_users has rows. Import into a new one.")
      yield* query("delete from found_users")
      yield* importFrom(path)
    }).pipe(Effect.provide(postgres)),
  )

  it.effect("that is interrupted half-way leaves nothing, and can be repeated", () =>
    Effect.gen(function* () {
      const { path } = yield* exported
      const before = yield* sums
      const importing = yield* Effect.forkChild(
        importFrom(path, ({ rows, total }) => (rows > total / 2 ? Effect.never : Effect.void)),
      )
      yield* Effect.yieldNow
      yield* Fiber.interrupt(importing)
      assert.deepStrictEqual(yield* sums, before)
      const failed = yield* Effect.exit(
        importFrom(path, ({ rows, total }) => (rows > total / 2 ? Effect.die("stop") : Effect.void)),
      )
      assert.strictEqual(failed._tag, "Failure")
      assert.deepStrictEqual(yield* sums, before)
      yield* importFrom(path)
      assert.strictEqual(yield* rowsOf("messages"), 600)
    }).pipe(Effect.provide(embedded)),
  )

  it.effect("stops before the disk is full", () =>
    Effect.gen(function* () {
      const { path } = yield* exported
      const directory = startedBefore(yield* newDirectory)
      let free = 1e12
      yield* Effect.gen(function* () {
        const before = yield* sums
        const error = yield* Effect.flip(
          importFrom(path, ({ table }) =>
            Effect.gen(function* () {
              if (table !== "users") return
              free = 1e6
              yield* TestClock.adjust("1 second")
            }),
          ),
        )
        assert.strictEqual(error.message, "The disk is nearly full, so nothing was imported.")
        free = 1e12
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* sums, before)
        yield* importFrom(path)
      }).pipe(
        Effect.provide(Database.layerEmbedded(directory).pipe(Layer.provide(Layer.succeed(FreeSpace, () => free)))),
      )
    }),
  )
})

describe("bytes of files", () => {
  const importTo = (path: string, target?: FileTarget) =>
    Effect.scoped(Effect.flatMap(openExport(path), (archive) => importDatabase(archive, quietly, target)))

  it.effect("move with the rows: those of files alone, not of what is deleted", () =>
    Effect.gen(function* () {
      const { found, path } = yield* exportedWithFiles
      assert.deepStrictEqual(
        [found.files, found.written],
        [
          { files: 1, bytes: 12 },
          { files: 1, bytes: 12 },
        ],
      )
      const target = makeTarget()
      const { files, stored } = yield* importTo(path, target)
      assert.deepStrictEqual(
        [files, stored],
        [
          { files: 1, bytes: 12 },
          { files: 1, bytes: 12 },
        ],
      )
      assert.deepStrictEqual(target.kept, { [blob]: "twelve bytes" })
    }).pipe(Effect.provide(embedded)),
  )

  it.effect("are needed where there are some: an export without any goes to a server without files", () =>
    Effect.gen(function* () {
      const path = join(yield* newDirectory, "all.confab")
      yield* exportDatabase(path, "1.2.3", quietly, source).pipe(Effect.provide(Layer.fresh(embedded)))
      assert.deepStrictEqual((yield* importTo(path)).stored, { files: 0, bytes: 0 })
    }).pipe(Effect.provide(Layer.fresh(embedded))),
  )

  it.effect("that cannot be stored, or are not what was exported, leave no row behind", () =>
    Effect.gen(function* () {
      const { path } = yield* exportedWithFiles
      const directory = yield* newDirectory
      const before = yield* sums
      const lines = linesOf(path)
      const at = lines.findIndex((line) => line.startsWith('{"file"'))
      const changed = (name: string, change: (lines: Array<string>) => void) => {
        const copy = [...lines]
        change(copy)
        writeLines(join(directory, name), copy)
        return join(directory, name)
      }
      const cut = changed("cut", (copy) => copy.splice(at + 1, Number.POSITIVE_INFINITY, '"dHdl'))
      const fewer = changed("fewer", (copy) => copy.splice(at, 2))
      const outside = changed("outside", (copy) => copy.splice(at, 1, '{"file":"../../etc/passwd","bytes":12}'))
      const refusals: ReadonlyArray<readonly [string, FileTarget | undefined, RegExp]> = [
        [path, makeTarget(true), /^The target failed\.$/],
        [path, undefined, /has the bytes of 1 files, and this server keeps no files/],
        [cut, makeTarget(), /is not a complete Confab export/],
        [fewer, makeTarget(), /^0 files with 0 bytes are stored, other than the export has\.$/],
        [outside, makeTarget(), /a file is malformed/],
      ]
      for (const [file, target, message] of refusals) {
        assert.match((yield* Effect.flip(importTo(file, target))).message, message)
        assert.deepStrictEqual(yield* sums, before)
      }
    }).pipe(Effect.provide(embedded)),
  )

  it.effect("of another length than the database says end the export", () =>
    Effect.gen(function* () {
      const path = join(yield* newDirectory, "all.confab")
      yield* seed
      const short: FileSource = { open: () => Effect.sync(async function* () {}) }
      const error = yield* Effect.flip(exportDatabase(path, "1.2.3", quietly, short))
      assert.match(error.message, /has 0 bytes where it is kept, and 12 by the database/)
      assert.isFalse(existsSync(path))
    }).pipe(Effect.provide(embedded)),
  )
})

describe("an export", () => {
  it.effect("overwrites nothing, and leaves no part of a file when it fails", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      const path = join(directory, "all")
      yield* seed
      const failed = yield* Effect.exit(exportTo(path, () => Effect.die("stop")))
      assert.strictEqual(failed._tag, "Failure")
      assert.deepStrictEqual([existsSync(path), existsSync(`${path}.part`)], [false, false])
      const nowhere = yield* Effect.flip(exportTo(join(directory, "no", "where")))
      assert.match(nowhere.message, /where cannot be written: ENOENT/)
      yield* exportTo(path)
      const again = yield* Effect.flip(exportTo(path))
      assert.strictEqual(again.message, `${path} exists. Remove it, or name another.`)
    }).pipe(Effect.provide(embedded)),
  )
})

describe("the progress", () => {
  const run = (isTTY: boolean) =>
    Effect.gen(function* () {
      const written: Array<string> = []
      const terminal = { isTTY, columns: 100, write: (text: string) => written.push(text) > 0 }
      yield* withProgress(
        "Exporting",
        (onProgress) =>
          Effect.gen(function* () {
            yield* onProgress({ table: "users", rows: 0, total: 4000 })
            yield* onProgress({ table: "users", rows: 1, total: 4000 })
            yield* TestClock.adjust("1 second")
            yield* onProgress({ table: "messages", rows: 1000, total: 4000 })
          }),
        terminal as unknown as NodeJS.WriteStream,
      )
      return written
    })

  it.effect("is a bar on a terminal, which goes, and nothing elsewhere", () =>
    Effect.gen(function* () {
      const erase = "\r\u001b[2K"
      assert.deepStrictEqual(yield* run(true), [
        `${erase}Exporting  [${".".repeat(30)}]   0 %  0 of 4,000 rows, users`,
        `${erase}Exporting  [${"#".repeat(7)}${".".repeat(23)}]  25 %  1,000 of 4,000 rows, messages`,
        erase,
      ])
      assert.deepStrictEqual(yield* run(false), [])
    }),
  )
})
