// The repositories over each of their databases, for suites that hold all of them to the same behaviour.
import { randomBytes } from "node:crypto"
import { rmSync } from "node:fs"
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted, Scope } from "effect"
import { Reactivity } from "effect/reactivity"
import { TestClock } from "effect/testing"
import { inject } from "vitest"
import type { Draft } from "../../src/domain/Draft.ts"
import type { ChatId, MessageId, UserId } from "../../src/domain/Ids.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { historyTable } from "../../src/sql/database/migrationHistory.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { DirectoryStore } from "../../src/sql/directory/DirectoryStore.ts"
import { ExportStore } from "../../src/sql/exports/ExportStore.ts"
import { FileStore } from "../../src/sql/files/FileStore.ts"
import { FollowerStore } from "../../src/sql/followers/FollowerStore.ts"
import { IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { type ChatChange, Journal, type NewMessage } from "../../src/sql/journal/Journal.ts"
import { Tables } from "../../src/sql/memory/Tables.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { RecordStore } from "../../src/sql/records/RecordStore.ts"
import { ScheduledStore } from "../../src/sql/scheduled/ScheduledStore.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { StateStore } from "../../src/sql/state/StateStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { emptyDataDir, startedBefore } from "./dataDir.ts"
import { draft } from "./draft.ts"

/** All of them over SQL, on any database. */
export const repositories = Layer.mergeAll(
  UserStore.layer,
  SessionStore.layer,
  IdentityStore.layer,
  InviteStore.layer,
  Journal.layer,
  ChatStore.layer,
  MessageStore.layer,
  RecordStore.layer,
  StateStore.layer,
  JobStore.layer,
  FileStore.layer,
  ScheduledStore.layer,
  FollowerStore.layer,
  Changes.layer,
  DeletionStore.layer,
  DirectoryStore.layer,
  AuditLog.layer,
  ExportStore.layer,
)

/** All of them in memory, on one set of tables. */
export const repositoriesInMemory = Layer.mergeAll(
  UserStore.layerMemory,
  SessionStore.layerMemory,
  IdentityStore.layerMemory,
  InviteStore.layerMemory,
  Journal.layerMemory,
  ChatStore.layerMemory,
  MessageStore.layerMemory,
  RecordStore.layerMemory,
  StateStore.layerMemory,
  JobStore.layerMemory,
  FileStore.layerMemory,
  ScheduledStore.layerMemory,
  FollowerStore.layerMemory,
  Changes.layerMemory,
  DeletionStore.layerMemory,
  DirectoryStore.layerMemory,
  AuditLog.layerMemory,
  ExportStore.layerMemory,
).pipe(Layer.provide(Tables.layer))

/** An empty database on the tests' PostgreSQL; dropped when the scope ends. */
export const newDatabase = Effect.gen(function* () {
  const url = new URL(inject("postgresUrl"))
  const admin = yield* PgClient.make({ url: Redacted.make(url.href), maxConnections: 1 })
  const name = `test_${randomBytes(6).toString("hex")}`
  yield* Effect.acquireRelease(admin`create database ${admin(name)}`, () =>
    Effect.orDie(admin`drop database ${admin(name)} with (force)`),
  )
  url.pathname = `/${name}`
  return Redacted.make(url.href)
}).pipe(Effect.orDie, Effect.provide(Reactivity.layer))

/** A database of its own on the tests' PostgreSQL. */
export const postgres = Layer.unwrap(
  Effect.map(newDatabase, (url) => Database.layerPostgres({ url, maxConnections: 8 })),
)

/** An empty directory, gone when the scope ends. */
export const newDirectory = Effect.acquireRelease(Effect.sync(emptyDataDir), (directory) =>
  Effect.sync(() => rmSync(directory, { recursive: true, force: true })),
)

/** A database in a directory of its own. */
export const embedded = Layer.unwrap(
  Effect.map(newDirectory, (directory) => Database.layerEmbedded(startedBefore(directory))),
).pipe(Layer.orDie)

/** As after the migrations. */
const empty = Effect.fnUntraced(function* (database: Database["Service"]) {
  const tables = yield* database.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename <> '${historyTable}'`,
  )
  yield* database.query(`truncate ${tables.map(({ name }) => name).join(", ")} restart identity`)
})

/**
 * One database for all suites of a worker, empty for each of them: a start takes a second of processor time or two. Another
 * one where it is taken. It is open until the worker ends, so `fresh` must leave nothing behind then.
 */
const emptied = <E>(fresh: Layer.Layer<Database, E>): Layer.Layer<Database, E> => {
  let opened: Promise<Database["Service"]> | undefined
  let isTaken = false
  const open = (scope: Scope.Scope) => Effect.map(Layer.buildWithScope(fresh, scope), Context.get(Database))
  const take = Effect.gen(function* () {
    if (isTaken) return yield* open(yield* Effect.scope)
    isTaken = true
    yield* Effect.addFinalizer(() => Effect.sync(() => (isTaken = false)))
    opened ??= Effect.runPromise(open(Scope.makeUnsafe()).pipe(Effect.provide(TestClock.layer())))
    const opening = opened
    const database = yield* Effect.promise(() => opening)
    yield* Effect.orDie(empty(database))
    return database
  })
  return Layer.effect(Database, take)
}

/** In a directory that is gone when the worker ends. */
const embeddedInWorker = Layer.unwrap(
  Effect.sync(() => {
    const directory = emptyDataDir()
    process.once("exit", () => rmSync(directory, { recursive: true, force: true }))
    return Database.layerEmbedded(startedBefore(directory))
  }),
).pipe(Layer.orDie)

/** What every repository suite runs over. */
export const databases = [
  { name: "in memory", layer: repositoriesInMemory },
  { name: "on PGlite", layer: repositories.pipe(Layer.provide(emptied(embeddedInWorker))) },
  { name: "on PostgreSQL", layer: repositories.pipe(Layer.provide(emptied(postgres))) },
] as const

export const now = Date.parse("2026-11-21T09:30:00.123Z")

let people = 0

/** Somebody new; names differ in the whole run of a file. */
export const newUser = Effect.fnUntraced(function* (display_name?: string) {
  const users = yield* UserStore
  const username = `user${++people}`
  const me = yield* users.create({
    username,
    email: `${username}@example.org`,
    display_name: display_name ?? username,
    password_hash: "$argon2id$",
    created_at: now,
  })
  return me.id
})

/** A group of new users; the first is its owner. */
export const newGroup = Effect.fnUntraced(function* (size: number) {
  const chats = yield* ChatStore
  const members = yield* Effect.forEach(Array.from({ length: size }), () => newUser())
  const [created_by, ...member_ids] = members
  const { chat_id } = yield* chats.create({
    type: "group",
    name: "A group",
    created_by: created_by!,
    member_ids,
    created_at: now,
  })
  return { chat_id, members: members as ReadonlyArray<UserId> }
})

/** Nothing changes but what is named. */
export const change = (
  chat_id: ChatId,
  at: { readonly version: number; readonly last_seq: number },
  fields: Partial<ChatChange>,
): ChatChange => ({
  chat_id,
  expected_version: at.version,
  fence: 0,
  version: at.version + 1,
  last_seq: at.last_seq,
  at: now,
  sent: [],
  messages: [],
  former: [],
  marks: [],
  members: [],
  records: [],
  summary: null,
  deleted: false,
  member_count: null,
  lowest_read_seq: null,
  active_before: null,
  ...fields,
})

type Written = Partial<Draft & Pick<NewMessage, "thread_id" | "replied_to" | "original_digest">>

const written = ({ thread_id = null, replied_to = null, original_digest = null, ...fields }: Written) => ({
  draft: { ...draft("text"), ...fields },
  thread_id,
  replied_to,
  original_digest,
})

/** A change that sends these texts, one version each, as the actor does: the sender has read them. */
export const sending = (
  chat_id: ChatId,
  at: { readonly version: number; readonly last_seq: number },
  sender_id: UserId,
  texts: ReadonlyArray<string | Written>,
): ChatChange => {
  const sent = texts.map(
    (message, i): NewMessage => ({
      seq: at.last_seq + i + 1,
      sender_id,
      version: at.version + i + 1,
      ...(typeof message === "string" ? written({ text: message }) : written(message)),
    }),
  )
  const last_seq = at.last_seq + sent.length
  return change(chat_id, at, {
    version: at.version + sent.length,
    last_seq,
    sent,
    marks: [{ user_id: sender_id, last_read_seq: last_seq, read_version: null }],
  })
}

/** Commits changes that must go through; gives the ids of the messages, in order. */
export const commit = Effect.fnUntraced(function* (...changes: ReadonlyArray<ChatChange>) {
  const journal = yield* Journal
  const results = yield* journal.commit(changes)
  return results.flatMap((result): ReadonlyArray<MessageId> => {
    if (result._tag !== "Committed") throw new Error(`Not committed: ${result._tag}`)
    return result.ids
  })
})

/** The present state of the chat. */
export const standing = Effect.fnUntraced(function* (chat_id: ChatId) {
  const journal = yield* Journal
  const chat = yield* journal.load(chat_id)
  if (chat === undefined) throw new Error("No such chat")
  return chat
})

/** Sends as `sending` does, at any state of the chat. */
export const send = Effect.fnUntraced(function* (
  chat_id: ChatId,
  sender_id: UserId,
  ...texts: ReadonlyArray<string | Written>
) {
  return yield* commit(sending(chat_id, yield* standing(chat_id), sender_id, texts))
})
