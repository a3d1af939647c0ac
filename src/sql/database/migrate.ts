// Migrates the schema at start. Servers that start concurrently do so one after another.
import { Effect } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import initial from "../migrations/0001_initial.ts"
import privacy from "../migrations/0002_privacy.ts"
import identities from "../migrations/0003_identities.ts"
import foldedSends from "../migrations/0004_folded_sends.ts"
import sessionGenerations from "../migrations/0005_session_generations.ts"
import keyedDigests from "../migrations/0006_keyed_digests.ts"
import userWords from "../migrations/0007_user_words.ts"
import memberCounts from "../migrations/0008_member_counts.ts"
import records from "../migrations/0009_records.ts"
import chatInfo from "../migrations/0010_chat_info.ts"
import messageParts from "../migrations/0011_message_parts.ts"
import state from "../migrations/0012_state.ts"
import messageEdits from "../migrations/0013_message_edits.ts"
import mentions from "../migrations/0014_mentions.ts"
import profiles from "../migrations/0015_profiles.ts"
import jobs from "../migrations/0016_jobs.ts"
import boundedLists from "../migrations/0018_bounded_lists.ts"
import files from "../migrations/0019_files.ts"
import signUpInvites from "../migrations/0020_sign_up_invites.ts"
import foundUsers from "../migrations/0021_found_users.ts"
import scheduled from "../migrations/0022_scheduled.ts"
import blocks from "../migrations/0023_blocks.ts"
import suspensions from "../migrations/0024_suspensions.ts"
import privateReading from "../migrations/0025_private_reading.ts"
import delivered from "../migrations/0026_delivered.ts"
import followers from "../migrations/0027_followers.ts"
import senderBlocks from "../migrations/0028_sender_blocks.ts"
import privateReaders from "../migrations/0029_private_readers.ts"
import fences from "../migrations/0030_fences.ts"
import serverRoles from "../migrations/0031_server_roles.ts"
import plannedOnce from "../migrations/0032_planned_once.ts"
import { checkHistory, historyTable, migrationFailed } from "./migrationHistory.ts"

const migrations = {
  "0001_initial": initial,
  "0002_privacy": privacy,
  "0003_identities": identities,
  "0004_folded_sends": foldedSends,
  "0005_session_generations": sessionGenerations,
  "0006_keyed_digests": keyedDigests,
  "0007_user_words": userWords,
  "0008_member_counts": memberCounts,
  "0009_records": records,
  "0010_chat_info": chatInfo,
  "0011_message_parts": messageParts,
  "0012_state": state,
  "0013_message_edits": messageEdits,
  "0014_mentions": mentions,
  "0015_profiles": profiles,
  "0016_jobs": jobs,
  "0018_bounded_lists": boundedLists,
  "0019_files": files,
  "0020_sign_up_invites": signUpInvites,
  "0021_found_users": foundUsers,
  "0022_scheduled": scheduled,
  "0023_blocks": blocks,
  "0024_suspensions": suspensions,
  "0025_private_reading": privateReading,
  "0026_delivered": delivered,
  "0027_followers": followers,
  "0028_sender_blocks": senderBlocks,
  "0029_private_readers": privateReaders,
  "0030_fences": fences,
  "0031_server_roles": serverRoles,
  "0032_planned_once": plannedOnce,
}

/** All migrations of this Confab, oldest first. */
export const migrationNames: ReadonlyArray<string> = Object.keys(migrations)

/** Any number that nothing else in the database uses. */
const lock = 4_660_232_001

/** One transaction, one server at a time. Unlike queries it has no timeout. */
export const inTurn = Effect.fnUntraced(function* <A, E, R>(change: Effect.Effect<A, E, R>) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.withTransaction(
    Effect.gen(function* () {
      yield* sql`set local statement_timeout = 0`
      yield* sql`set local lock_timeout = 0`
      yield* sql`set local idle_in_transaction_session_timeout = 0`
      yield* sql`select pg_advisory_xact_lock(${lock}::bigint)`
      return yield* change
    }),
  )
})

/** Creates the schema if it is configured and does not exist. */
const makeSchema = Effect.fnUntraced(function* (schema: string) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql`select from pg_namespace where nspname = ${schema}`
  if (found.length === 0) yield* sql`create schema ${sql(schema)}`
})

/** Those up to this one; all when it is undefined. Names begin with numbers of four digits. */
const upTo = (last: string | undefined) =>
  Object.fromEntries(Object.entries(migrations).filter(([name]) => last === undefined || name <= last))

/**
 * All migrations apply or none. `schema`: that of the tables; undefined: the search path decides. `last`: the last
 * migration to apply, for an import; later ones that the database has had stay.
 */
export const migrate = (schema?: string, last?: string) =>
  inTurn(
    Effect.gen(function* () {
      if (schema !== undefined) yield* makeSchema(schema)
      yield* checkHistory(migrationNames)
      yield* Migrator.make({})({ loader: Migrator.fromRecord(upTo(last)), table: historyTable })
    }),
  ).pipe(Effect.catchTag("MigrationError", (error) => Effect.fail(migrationFailed(error))))
