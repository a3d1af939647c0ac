// Shows the plans of the statements that must not grow, at the largest size: `node bench/growth/plans.ts`, written to
// bench/results/plans.md. The same database is asked with the statistics of its youth, and with those of the present.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { PgTypes } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import pg from "pg"
import type { UserId } from "../../src/domain/Ids.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { resultsDirectory } from "../Bench.ts"
import { cleanUp, cleanUpOnSignals } from "../Cleanup.ts"
import { postgres } from "../Postgres.ts"
import { Ground } from "./Ground.ts"
import { groups, people } from "./steps.ts"

const sizes = { users: Number(process.env.PLAN_USERS ?? 1_000_000), own: 5_000, others: 100_000 }
const [busy, plain, talking] = [1, 4, 6].map((id) => id as UserId) as [UserId, UserId, UserId]

const rows = (): ReadonlyArray<string> => {
  const [few, many] = [sizes.own + 20, sizes.own + 20 + sizes.others]
  return [
    ...people(1, sizes.users),
    "insert into user_words select id, w from users, unnest(array[username_key, 'user', id::text]) w on conflict do nothing",
    "update users set words = array_to_tsvector(array[username_key, 'user', id::text])",
    ...groups(1, sizes.own, `select unnest(array[${busy}, 2])`, 1, 60),
    ...groups(sizes.own + 1, few, `select unnest(array[${plain}, 5])`, 1),
    ...groups(few + 1, many, "select 3", 1),
    ...groups(many + 1, many + 300, `select unnest(array[${talking}, 7])`, 200),
  ]
}

const literal = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return `array[${value.map(literal).join(", ")}]`
  return typeof value === "number" ? String(value) : `'${String(value).replaceAll("'", "''")}'`
}

const types: Readonly<Record<number, string>> = {
  701: "float8",
  25: "text",
  1022: "float8[]",
  1009: "text[]",
  1184: "timestamptz",
}

/** A parameter as SQL. */
const argument = (param: unknown): string => {
  if (!PgTypes.isParameter(param)) return literal(param)
  const { oid, value } = param as { readonly oid: number; readonly value: unknown }
  if (oid === 1184) return value === null ? "null" : `to_timestamp(${Number(value) / 1000})`
  return `${literal(value)}::${types[oid] ?? "text"}`
}

/** Explains each statement as the server prepares it, and then runs it. */
const explaining = (client: pg.Client, plans: Array<string>) => {
  const query = <Row extends object>(statement: string, params: ReadonlyArray<unknown> = []) =>
    Effect.promise(async () => {
      await client.query("deallocate all")
      await client.query(`prepare asked as ${statement}`)
      const given = params.length === 0 ? "" : `(${params.map(argument).join(", ")})`
      const { rows: lines } = await client.query(
        `explain (analyze, buffers, costs off, timing off, summary off) execute asked${given}`,
      )
      plans.push(lines.map((line) => line["QUERY PLAN"]).join("\n"))
      const { rows } = await client.query(`execute asked${given}`)
      return rows as ReadonlyArray<Row>
    })
  return Database.of({
    mode: "postgres",
    location: "",
    query,
    attempt: query,
    attemptUntimed: query,
    session: Effect.die("not used"),
    ping: Effect.void,
  })
}

const questions = Effect.gen(function* () {
  const [users, chats, messages] = [yield* UserStore, yield* ChatStore, yield* MessageStore]
  const search = (words: string) => [`4. \`GET /users?query=${words}\``, users.search(words, 50)] as const
  return [
    search("u"),
    search("user 12"),
    search("1 2"),
    search("nobody"),
    ["6. Connecting, with 20 own chats", chats.positionsOf([{ user_id: plain, after: 0, count: 64 }])],
    ["7. `GET /chats`, the first page", chats.list(busy, 50, undefined)],
    ["7. `GET /chats`, the 11th page", chats.list(busy, 50, String((yield* chats.list(busy, 500, undefined)).next))],
    ["8. `GET /messages/recent?limit=200`", messages.recent(talking, 200)],
  ] as const
})

const explained = async (client: pg.Client): Promise<string> => {
  const plans: Array<string> = []
  const stores = Layer.mergeAll(UserStore.layer, ChatStore.layer, MessageStore.layer).pipe(
    Layer.provide(Layer.succeed(Database, explaining(client, plans))),
  )
  return Effect.runPromise(
    Effect.gen(function* () {
      const sections: Array<string> = []
      for (const [what, ask] of yield* questions) {
        plans.length = 0
        yield* ask
        sections.push(`### ${what}\n\n${plans.map((plan) => `\`\`\`\n${plan}\n\`\`\``).join("\n\n")}\n`)
      }
      return sections.join("\n")
    }).pipe(Effect.provide(stores)),
  )
}

const run = async (): Promise<void> => {
  const database = await postgres()
  const ground = await Ground.make(database, "plans", join(import.meta.dirname, "..", ".."))
  const tables = ["users", "user_words", "chats", "chat_members", "messages"]
  await ground.sql(...tables.map((table) => `alter table ${table} set (autovacuum_enabled = off)`), "analyze")
  await ground.sql(...rows())
  const client = new pg.Client({ connectionString: ground.url })
  await client.connect()
  await client.query(
    "set enable_seqscan = off; set max_parallel_workers_per_gather = 0; set jit = off; set plan_cache_mode = force_generic_plan",
  )
  const young = await explained(client)
  await client.query("analyze")
  const old = await explained(client)
  await client.end()
  const path = join(resultsDirectory, "plans.md")
  const number = (value: number) => value.toLocaleString("en")
  writeFileSync(
    path,
    `# Plans of the statements that must not grow

PostgreSQL ${database.version}, ${number(sizes.users)} users; one user with ${number(sizes.own)} chats, one with 20, one with 300 of 200 messages, and
${number(sizes.others)} chats of others. Generic plans, with the settings of the server's connections. \`node bench/growth/plans.ts\` writes it.

## With the statistics of an empty database

${young}
## With the statistics of the full one

${old}`,
  )
  console.log(`wrote ${path}`)
}

cleanUpOnSignals()
try {
  await run()
} catch (cause) {
  console.error(cause)
  process.exitCode = 1
}
await cleanUp()
process.exit()
