// confab check and confab migrate: settings and database, before a server starts.
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { Reactivity } from "effect/reactivity"
import { mistypedHere } from "../config/mistyped.ts"
import { Settings } from "../config/Settings.ts"
import { NotPossible } from "../services/Operators.ts"
import { Database } from "../sql/database/Database.ts"
import { holdDataDir } from "../sql/database/DataDir.ts"
import { migrationNames } from "../sql/database/migrate.ts"
import { examine } from "../sql/database/postgresServer.ts"
import { withDatabase } from "./operators.ts"
import { count, print } from "./output.ts"

/** What a start would do to tables that have had these migrations. */
const outlook = Effect.fnUntraced(function* (applied: ReadonlyArray<string>) {
  const unknown = applied.find((name) => !migrationNames.includes(name))
  if (unknown !== undefined) {
    return yield* new NotPossible({ message: `The tables are of a newer Confab, which has the migration ${unknown}.` })
  }
  if (applied.length === 0) return "It has no tables of Confab: the next start makes them."
  const missing = migrationNames.filter((name) => !applied.includes(name))
  return missing.length === 0
    ? "Its tables are up to date."
    : `The next start applies ${count(missing.length, "migration")}: ${missing.join(", ")}. Make a backup before.`
})

const embedded = Effect.fnUntraced(function* (dataDir: string) {
  const path = resolve(dataDir)
  if (!existsSync(join(path, "pg"))) return `The built-in database will be made in ${path} at the first start.`
  return yield* holdDataDir(dataDir).pipe(
    Effect.as(`The built-in database in ${path} is not in use. A start opens it, and migrates it when needed.`),
    Effect.catchTag("DataDirInUse", () => Effect.succeed(`A server is using the built-in database in ${path}.`)),
    Effect.scoped,
  )
})

const database = Effect.gen(function* () {
  const { cluster, dataDir, databaseSchema: schema, databaseUrl: url } = yield* Settings
  if (url === undefined) return yield* embedded(dataDir)
  const seen = yield* Effect.scoped(examine({ url, schema, inCluster: cluster !== undefined, maxConnections: 1 }))
  return `PostgreSQL, ${seen.location}. ${yield* outlook(seen.applied)}`
})

export const check = Command.make("check", {}, () =>
  Effect.gen(function* () {
    for (const { meant, variable } of yield* mistypedHere) {
      yield* print(`Warning: ${variable} is no setting. Is ${meant} meant?`)
    }
    const settings = yield* Settings
    yield* print(`Settings: valid. Sign-up is ${settings.signUp}, the directory is ${settings.directory}.`)
    yield* print(`Database: ${yield* database}`)
  }).pipe(Effect.provide([Settings.layer, Reactivity.layer])),
).pipe(Command.withDescription("Checks the settings and looks at the database; changes nothing"))

export const migrate = Command.make("migrate", {}, () =>
  withDatabase(
    Effect.gen(function* () {
      const { location } = yield* Database
      yield* print(`The tables are up to date (${migrationNames.at(-1)}): ${location}`)
    }),
  ),
).pipe(Command.withDescription("Updates the tables, as the next start would"))
