// The rows that a statement touches grow with its answer, not with the database, whatever the statistics were when it
// was planned. All plans are generic and stay as they were first made, in a young database as in one that has grown
// since it was last analysed.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SessionId, UserId } from "../../src/domain/Ids.ts"
import { AuditLog } from "../../src/sql/audit/AuditLog.ts"
import { Changes } from "../../src/sql/changes/Changes.ts"
import { ChatStore } from "../../src/sql/chats/ChatStore.ts"
import { Database } from "../../src/sql/database/Database.ts"
import { DeletionStore } from "../../src/sql/deletions/DeletionStore.ts"
import { DirectoryStore } from "../../src/sql/directory/DirectoryStore.ts"
import { ExportStore, noEdit, type OwnMessages } from "../../src/sql/exports/ExportStore.ts"
import { senderBlock } from "../../src/sql/exports/exportPage.ts"
import { IdentityStore } from "../../src/sql/identities/IdentityStore.ts"
import { InviteStore } from "../../src/sql/invites/InviteStore.ts"
import { JobStore } from "../../src/sql/jobs/JobStore.ts"
import { unboundedChats } from "../../src/sql/journal/activityBound.ts"
import { Journal } from "../../src/sql/journal/Journal.ts"
import { MessageStore } from "../../src/sql/messages/MessageStore.ts"
import { SessionStore } from "../../src/sql/sessions/SessionStore.ts"
import { UserStore } from "../../src/sql/users/UserStore.ts"
import { edit } from "../support/chatLife.ts"
import { change, newDatabase, newGroup, newUser, now, repositories, send, sending, standing } from "../support/sql.ts"

/** Other users' chats, users, sessions, and entries of the audit log. */
const crowd = 4_000
/**
 * Rows and index entries that a statement about a few chats may touch; a wrong join or scan touches `crowd` or more.
 */
const fewRows = 1_000

/** Nobody analyses by themselves, so that a run knows what the statistics are. */
const tables = ["users", "user_words", "sessions", "chats", "chat_members", "messages", "mentions", "audit_log", "jobs"]

const run = Effect.fnUntraced(function* (...statements: ReadonlyArray<string>) {
  const { query } = yield* Database
  for (const statement of statements) yield* query(statement)
})

/** Two groups and a private chat of a user, some messages in each, and what else there is of them. */
const ownWorld = Effect.gen(function* () {
  const chats = yield* ChatStore
  const sessions = yield* SessionStore
  const auditLog = yield* AuditLog
  const { chat_id, members } = yield* newGroup(3)
  const [me, other] = members
  const second = yield* chats.create({
    type: "group",
    name: "B",
    created_by: me!,
    member_ids: [other!],
    created_at: now,
  })
  yield* chats.create({ type: "private", name: null, created_by: me!, member_ids: [other!], created_at: now })
  const all = { mentions: [me!], mentions_all: true } as const
  const ids = yield* send(chat_id, other!, { text: "1", parts: all }, "2", { text: "3", dedup_key: "key" })
  yield* send(second.chat_id, me!, "1", "2")
  const session_id = SessionId.make(crypto.randomUUID())
  yield* sessions.create({
    id: session_id,
    user_id: me!,
    user_agent: null,
    refresh_hash: new Uint8Array(32),
    refresh_key: new Uint8Array(32),
    created_at: now,
    expires_at: now + 1_000_000,
  })
  const entry = { user_id: me!, session_id, address: null, user_agent: null, request_id: null, count: 1 }
  yield* auditLog.append([{ at: now, event: "logged_in", ...entry }])
  return { chat_id, ids, me: me!, other: other!, session_id }
})

type World = Effect.Success<typeof ownWorld>

/** People who have nothing to do with it, one of them in all chats of all others. */
const addCrowd = Effect.gen(function* () {
  const busy = yield* newUser()
  yield* run(
    `insert into users (username, username_key, email, email_key, display_name, words_of, words, password_hash, created_at)
     select 'c' || i, 'c' || i, 'c' || i || '@x', 'c' || i || '@x', 'rowd', 'rowd', array_to_tsvector(array['c' || i, 'rowd']), 'h', now()
     from generate_series(1, ${crowd}) i`,
    `insert into user_words (user_id, word)
     select id, word from users, unnest(array[username_key, 'rowd']) word where username_key like 'c%'`,
    `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
     select gen_random_uuid(), ${busy}, now(), now(), now() + interval '1 day' from generate_series(1, ${crowd})`,
    `insert into audit_log (at, event, user_id) select now(), 'logged_in', ${busy} from generate_series(1, ${crowd})`,
    `insert into jobs (kind, user_id, due_at, claim)
     select 'account_deletion', 100000 + i, timestamptz '2100-01-01', nextval('job_claims') from generate_series(1, ${crowd}) i`,
    `insert into chats (type, name, created_by, created_at, last_activity)
     select 'group', 'crowd', ${busy}, now(), date_trunc('milliseconds', now() - i * interval '1 hour') from generate_series(1, ${crowd}) i`,
    // With the bounds that the chats' actors write.
    `insert into chat_members (chat_id, user_id, joined_version, version, joined_at, role, active_before)
     select c.id, u.id, 1, 1, now(), 'member',
       case when u.id = ${busy} and c.place > ${unboundedChats} then c.last_activity + interval '1 minute' else 'infinity' end
     from (select id, last_activity, row_number() over (order by id) as place from chats where name = 'crowd') c
     cross join lateral (values (${busy}::bigint), (c.id + 100000)) u(id)`,
    `update chats c set member_count = (select count(*) from chat_members m where m.chat_id = c.id) where c.name = 'crowd'`,
    `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text, dedup_key)
     select id, 1, ${busy}, 2, 2, last_activity, 'hello', 'key' from chats where name = 'crowd'`,
    `insert into mentions (user_id, chat_id, message_id, is_reply)
     select u.id, m.chat_id, m.id, false from messages m cross join lateral (values (0), (${busy}::bigint)) u(id)
     where m.text = 'hello'`,
  )
  return busy
})

/** Of this connection, since the server started. */
const touched = Effect.gen(function* () {
  const { query } = yield* Database
  yield* query("select pg_stat_force_next_flush()")
  const [row] = yield* query<{ readonly sum: number }>(`
    select ((select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables)
      + (select sum(idx_tup_read) from pg_stat_user_indexes))::float8 as sum`)
  return row!.sum
})

type Asked = Effect.Effect<unknown, unknown>
type Of<Service> = { readonly [Operation in keyof Service]: Asked }

/** Every operation of the stores about some chats, messages or users. Those that clean up are limited by number. */
const operations = Effect.fnUntraced(function* ({ chat_id, ids, me, other, session_id }: World) {
  const [chats, messages, changes, journal] = [yield* ChatStore, yield* MessageStore, yield* Changes, yield* Journal]
  const [users, sessions, departures, exports] = [
    yield* UserStore,
    yield* SessionStore,
    yield* DeletionStore,
    yield* ExportStore,
  ]
  const [directory, invites] = [yield* DirectoryStore, yield* InviteStore]
  const [auditLog, identities, jobs] = [yield* AuditLog, yield* IdentityStore, yield* JobStore]
  const id = ids[0]!
  const provided = yield* Effect.context<Journal>()
  const anew = (name: string) => ({
    username: name,
    email: name,
    display_name: name,
    password_hash: "",
    created_at: now,
  })
  const group = { type: "group", name: "New", created_by: me, member_ids: [other], created_at: now } as const
  const atChat = Effect.provideContext(standing(chat_id), provided)
  const [own] = yield* exports.chats(me, 0, 10)
  return {
    chats: {
      create: chats.create(group),
      privateChat: chats.privateChat(me, other),
      fence: chats.fence(me, other),
      get: chats.get(chat_id, me),
      list: chats.list(me, 50, undefined),
      members: chats.members(chat_id, { limit: 50 }),
      idsOf: chats.idsOf(me),
      positions: chats.positions(me, [chat_id]),
      positionsOf: chats.positionsOf([me, other].map((user_id) => ({ user_id, after: 0, count: 64 }))),
      ahead: chats.ahead([{ chat_id, version: 1 }]),
      memberships: chats.memberships([me, other]),
      isMember: chats.isMember(chat_id, me),
      standing: chats.standing(chat_id, me),
      role: chats.role(chat_id, me),
      candidates: chats.candidates(me, chat_id, [me, other], 10_000),
      readPrivately: chats.readPrivately(chat_id, me, 1),
      delivered: chats.delivered([{ chat_id, user_id: me, seq: 1 }]),
      purge: chats.purge(10),
    } satisfies Of<ChatStore["Service"]>,
    messages: {
      page: messages.page(chat_id, me, { limit: 50 }),
      history: messages.history(chat_id, me, 50, 0),
      recent: messages.recent(me, 50),
      byIds: messages.byIds(ids, me),
      place: messages.place(id, me),
      mentions: messages.mentions(me, 50, undefined),
      thread: messages.thread(id, me, { limit: 50 }),
      edits: messages.edits(id, me),
      readers: messages.readers(id, me),
    } satisfies Of<MessageStore["Service"]>,
    changes: {
      since: changes.since(chat_id, me, 0),
      log: changes.log(chat_id, 0, 5),
      hole: changes.hole(chat_id, 0),
    } satisfies Of<Changes["Service"]>,
    journal: {
      load: journal.load(chat_id),
      fencedVersion: journal.fencedVersion(chat_id),
      messages: journal.messages(chat_id, ids),
      byDedupKeys: journal.byDedupKeys(chat_id, [{ sender_id: other, dedup_key: "key" }]),
      newestPerSender: journal.newestPerSender(chat_id, 0, 3),
      records: journal.records(chat_id, [
        { kind: "pin", message_id: null },
        { kind: "reaction", message_id: ids[0]! },
      ]),
      messageIdAt: journal.messageIdAt(chat_id, 1),
      commit: Effect.gen(function* () {
        const mentions = { mentions: [other], mentions_all: true } as const
        const message = { text: "4", dedup_key: "new", parts: mentions, reply_to: id, thread_id: id, replied_to: other }
        const sent = sending(chat_id, yield* atChat, me, [message])
        assert.deepInclude((yield* journal.commit([sent]))[0], { _tag: "Committed" })
        const at = yield* atChat
        const marks = [{ user_id: other, last_read_seq: at.last_seq, read_version: at.version + 1 }]
        assert.deepInclude((yield* journal.commit([change(chat_id, at, { marks })]))[0], { _tag: "Committed" })
        const mentioned = { parts: null, added: [me], removed: [other] }
        yield* Effect.provideContext(edit(chat_id, id, "5", mentioned), provided)
        yield* Effect.provideContext(edit(chat_id, id, ""), provided)
      }),
    } satisfies Of<Journal["Service"]>,
    users: {
      create: users.create(anew("somebody-new")),
      byLogin: users.byLogin("user1"),
      credentials: users.credentials(me),
      byIds: users.byIds([me, other]),
      byNames: users.byNames(["user1", "nobody"]),
      search: users.search("user", 50),
      fillWords: users.fillWords(10),
      change: users.change(me, { display_name: "Another", info: { custom: { a: 1 } } }),
      replacePassword: users.replacePassword(me, "from", "to"),
    } satisfies Of<UserStore["Service"]>,
    searches: {
      frequent: users.search("c", 20),
      rare: users.search("c1234", 20),
      none: users.search("nobody", 20),
      severalFrequent: users.search("c rowd", 20),
      oneOfThemRare: users.search("c1234 c", 20),
      oneOfThemNobodys: users.search("nobody c", 20),
    },
    sessions: {
      create: Effect.void,
      refreshState: sessions.refreshState(session_id, now),
      advance: Effect.void,
      uncounted: sessions.uncounted(new Uint8Array(32), now),
      list: sessions.list(me, now),
      end: sessions.end(me, { except: session_id }, now),
      endedSince: sessions.endedSince(now + 1_000),
      purge: sessions.purge(0),
    } satisfies Of<SessionStore["Service"]>,
    departures: {
      mark: Effect.void,
      pending: departures.pending(me),
      chats: departures.chats(me, 0, 10),
      finish: departures.finish(me, now),
    } satisfies Of<DeletionStore["Service"]>,
    jobs: {
      ensure: jobs.ensure(["deleted_chats"], now),
      claim: jobs.claim(now, now + 1, 50),
      prolong: jobs.prolong([crowd + 7], now),
      finish: jobs.finish(crowd + 7),
      postpone: jobs.postpone(crowd + 7, now, false),
      release: jobs.release([crowd + 7], now),
    } satisfies Of<JobStore["Service"]>,
    exports: {
      chats: exports.chats(me, 0, 10),
      messages: own === undefined ? Effect.die("no chat") : exports.messages(me, own, 0),
      edits: exports.edits(me, noEdit, 50),
      records: exports.records(me, "", 50),
    } satisfies Of<ExportStore["Service"]>,
    directory: {
      acquaintances: directory.acquaintances(me, [other, UserId.make(100_001)]),
      searchShared: directory.searchShared(me, "user", 50),
      foundBy: directory.foundBy(me),
      remember: directory.remember(me, other, now),
    } satisfies Of<DirectoryStore["Service"]>,
    directoryOfAll: { searchShared: directory.searchShared(me, "", 50) },
    invites: {
      create: Effect.void,
      list: Effect.void,
      revoke: invites.revoke(1),
      isGood: invites.isGood(new Uint8Array(32), now),
      signUp: invites.signUp(new Uint8Array(32), anew("invited")),
    } satisfies Of<InviteStore["Service"]>,
    identities: {
      find: identities.find({ issuer: "issuer", subject: "subject" }),
      create: Effect.void,
      hasEnded: identities.hasEnded(new Uint8Array(32), now),
      arrive: Effect.void,
    } satisfies Of<IdentityStore["Service"]>,
    auditLog: {
      append: Effect.void,
      ofUser: auditLog.ofUser(me, 0, 10),
      purge: auditLog.purge(0, 10),
    } satisfies Of<AuditLog["Service"]>,
  }
})

/** When the tables were analysed. */
const states = {
  never: { beforeCrowd: false, afterCrowd: false },
  "before the crowd came": { beforeCrowd: true, afterCrowd: false },
  "after the crowd came": { beforeCrowd: false, afterCrowd: true },
} as const

describe("What a statement walks through", () => {
  for (const [when, { afterCrowd, beforeCrowd }] of Object.entries(states)) {
    it.live(`is bounded by what is asked for, in tables that were analysed: ${when}`, () =>
      Effect.gen(function* () {
        const url = yield* newDatabase
        // A connection each: the first one's plans are those of an empty database.
        const node = () =>
          repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 1 })), Layer.fresh)
        const { busy, world } = yield* Effect.gen(function* () {
          yield* run(...tables.map((table) => `alter table ${table} set (autovacuum_enabled = false)`))
          const world = yield* ownWorld
          if (beforeCrowd) yield* run("analyze")
          const busy = yield* addCrowd
          if (afterCrowd) yield* run("analyze")
          return { busy, world }
        }).pipe(Effect.provide(node()))
        yield* Effect.gen(function* () {
          const walked: Record<string, number> = {}
          const all: Readonly<Record<string, Readonly<Record<string, Asked>>>> = yield* operations(world)
          for (const [repository, asked] of Object.entries(all)) {
            for (const [operation, ask] of Object.entries(asked)) {
              const before = yield* touched
              yield* ask
              walked[`${repository}.${operation}`] = (yield* touched) - before
            }
          }
          const tooMany = Object.entries(walked).filter(([, rows]) => !(rows <= fewRows))
          assert.deepStrictEqual(tooMany, [])
          // Two frequent words: few of the first users with "rowd" have the other one too. Statistics show which word is
          // rarer; without them some users of both are read, but never all with either word.
          const users = yield* UserStore
          const beforeSearch = yield* touched
          assert.lengthOf(yield* users.search("rowd c3", 20), 20)
          assert.isAtMost((yield* touched) - beforeSearch, afterCrowd ? fewRows : 2_500)
          // What was counted are these tables, and all that was read of them.
          assert.isAtLeast(walked["chats.positionsOf"]!, 10)
          const chats = yield* ChatStore
          const before = yield* touched
          assert.strictEqual((yield* chats.positionsOf([{ user_id: busy, after: 0, count: crowd }])).length, crowd)
          assert.isAtLeast((yield* touched) - before, crowd)
          // A user with very many chats has the newest of them listed at the price of those without a bound.
          const messages = yield* MessageStore
          const lists = { chats: chats.list(busy, 50, undefined), recent: messages.recent(busy, 50) }
          for (const [name, list] of Object.entries<Asked>(lists)) {
            const before = yield* touched
            yield* list
            assert.isAtMost((yield* touched) - before, 20 * unboundedChats, name)
          }
          const first = yield* chats.list(busy, 50, undefined)
          assert.strictEqual(first.items.length, 50)
          const atFirst = yield* touched
          assert.strictEqual((yield* chats.list(busy, 50, first.next ?? "")).items.length, 50)
          assert.isAtMost((yield* touched) - atFirst, 10 * unboundedChats, "the next page")
        }).pipe(Effect.provide(node()))
      }).pipe(Effect.scoped),
    )
  }

  it.live("is bounded by one's own messages in the second export in a long chat", () =>
    Effect.gen(function* () {
      const url = yield* newDatabase
      yield* Effect.gen(function* () {
        const exports = yield* ExportStore
        const { chat_id, members } = yield* newGroup(3)
        const [talker, me, silent] = members
        const length = 10 * senderBlock
        yield* run(
          `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text)
           select ${chat_id}, i, case when i = 1500 then ${me} else ${talker} end, i + 1, i + 1, now(), 'a line'
           from generate_series(1, ${length}) i`,
        )
        const exported = Effect.fnUntraced(function* (user_id: UserId) {
          const [chat] = yield* exports.chats(user_id, 0, 1)
          const before = yield* touched
          const items: Array<string> = []
          for (let after: number | null = 0; after !== null; ) {
            const page: OwnMessages = yield* exports.messages(user_id, chat!, after)
            if (page.items !== "") items.push(page.items)
            after = page.next
          }
          return { messages: JSON.parse(`[${items.join(",")}]`), walked: (yield* touched) - before }
        })
        const first = yield* exported(silent!)
        assert.deepStrictEqual(first.messages, [])
        assert.isAtLeast(first.walked, length)
        const again = yield* exported(silent!)
        assert.deepStrictEqual(again.messages, [])
        assert.isAtMost(again.walked, 50)
        const own = yield* exported(me!)
        assert.deepStrictEqual(
          own.messages.map(({ seq }: { readonly seq: number }) => seq),
          [1500],
        )
        // An index entry and a row for each place of its block.
        assert.isAtMost(own.walked, 2 * senderBlock + 50)
        assert.strictEqual((yield* exported(talker!)).messages.length, length - 1)
        // Those who wrote there are stored with the chat, and go with it.
        const { query } = yield* Database
        const stored = Effect.map(
          query<{ readonly rows: number }>("select count(*)::float8 as rows from sender_blocks"),
          ([row]) => row!.rows,
        )
        assert.strictEqual(yield* stored, 11)
        yield* run(`update chats set deleted_at = now() where id = ${chat_id}`)
        const chats = yield* ChatStore
        yield* chats.purge(4)
        assert.strictEqual(yield* stored, 7)
        while ((yield* chats.purge(length)) > 0);
        assert.strictEqual(yield* stored, 0)
      }).pipe(
        Effect.provide(
          repositories.pipe(Layer.provideMerge(Database.layerPostgres({ url, maxConnections: 1 })), Layer.fresh),
        ),
      )
    }).pipe(Effect.scoped),
  )

  it.live("is walked through by one process, and by functions whose plans the session keeps", () =>
    Effect.gen(function* () {
      const { query } = yield* Database
      const planned = yield* query<{ readonly name: string; readonly language: string }>(
        `select p.proname as name, l.lanname as language from pg_proc p join pg_language l on l.oid = p.prolang
         where p.pronamespace = current_schema::regnamespace`,
      )
      assert.include(
        planned.map(({ name }) => name),
        "read_by_all",
      )
      assert.deepStrictEqual(
        planned.filter(({ language }) => language !== "plpgsql"),
        [],
      )
      const [row] = yield* query<{ readonly max: string }>(
        "select current_setting('max_parallel_workers_per_gather') as max",
      )
      assert.strictEqual(row?.max, "0")
    }).pipe(
      Effect.provide(
        Layer.unwrap(Effect.map(newDatabase, (url) => Database.layerPostgres({ url, maxConnections: 1 }))),
      ),
      Effect.scoped,
    ),
  )
})
