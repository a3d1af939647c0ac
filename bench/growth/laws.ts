// What grows, and how far it may: each law is measured at three sizes of the one thing that it must not, or may only so, depend on.
import { sessionId } from "../World.ts"
import type { Device, Ground, Used } from "./Ground.ts"

export interface Law {
  readonly number: number
  readonly what: string
  /** What is multiplied. */
  readonly of: string
  readonly should: string
  readonly sizes: readonly [number, number, number]
  /** What it took, and what else is to be said of it. */
  readonly measure: (ground: Ground, size: number) => Promise<Used & { readonly remark?: string }>
}

const people = (from: number, to: number): ReadonlyArray<string> => [
  `insert into users (id, created_at, username, username_key, email, email_key, display_name, display_name_key, password_hash)
   overriding system value
   select u, now(), 'user' || u, 'user' || u, 'user' || u || '@x', 'user' || u || '@x', 'User ' || u, 'user ' || u, '!'
   from generate_series(${from}, ${to}) u`,
  `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
   select ('${sessionId(0).slice(0, -12)}' || lpad(u::text, 12, '0'))::uuid, u, now(), now(), now() + interval '30 days'
   from generate_series(${from}, ${to}) u`,
  // Where they are found by words, these are as good as made.
  `do $$ begin if to_regclass('user_words') is not null then
     execute 'update users set words_of = display_name where words_of is null'; end if; end $$`,
]

/** Groups with these members each, as a SQL list of ids in terms of the chat's id `c`, and messages that all have read. */
const groups = (from: number, to: number, members: string, messages: number): ReadonlyArray<string> => [
  `insert into chats (id, created_by, created_at, last_activity, type, name, last_seq, version)
   overriding system value
   select c, 1, now() - c * interval '1 second', now() - c * interval '1 second', 'group', 'Group ' || c, ${messages}, 1 + ${messages}
   from generate_series(${from}, ${to}) c`,
  `insert into chat_members (chat_id, user_id, last_read_seq, joined_version, version, joined_at, role)
   select c, m, ${messages}, 1, 1, now(), case when m = 1 then 'owner' else 'member' end
   from generate_series(${from}, ${to}) c cross join lateral (${members}) m (m)`,
  `insert into messages (chat_id, seq, sender_id, created_version, version, created_at, text)
   select c, s, 1, s + 1, s + 1, now() - c * interval '1 second', 'a line of a conversation'
   from generate_series(${from}, ${to}) c, generate_series(1, ${messages}) s`,
  `do $$ begin if exists (select from pg_attribute where attrelid = 'chats'::regclass and attname = 'member_count') then
     execute 'update chats c set member_count = m.n, lowest_read_seq = case when m.n > 200 then c.last_seq else 0 end
       from (select chat_id, count(*) as n from chat_members where chat_id between ${from} and ${to} group by chat_id) m where m.chat_id = c.id'; end if; end $$`,
]

const ready: ReadonlyArray<string> = [
  "select setval(pg_get_serial_sequence('users', 'id'), (select max(id) from users))",
  "select setval(pg_get_serial_sequence('chats', 'id'), greatest(1, (select max(id) from chats)))",
  "vacuum analyze",
]

const prepare = async (ground: Ground, ...statements: ReadonlyArray<ReadonlyArray<string>>): Promise<void> => {
  for (const statement of [...statements.flat(), ...ready]) await ground.sql(statement)
  await ground.start()
}

const oneByOne = "select unnest(array[1, 2])"
const upTo = (members: number) => `select generate_series(1, ${members})`

const ok = async (asked: Promise<{ status: number; text: string }>): Promise<string> => {
  const { status, text } = await asked
  if (status >= 300) throw new Error(`${status}: ${text.slice(0, 300)}`)
  return text
}

const all = async <A>(count: number, each: (index: number) => Promise<A>, atOnce = 20): Promise<ReadonlyArray<A>> => {
  const results: Array<A> = []
  for (let from = 0; from < count; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => each(from + i))
    results.push(...(await Promise.all(some)))
  }
  return results
}

const leave = (devices: ReadonlyArray<Device>): void => {
  for (const { socket } of devices) socket.terminate()
}

/** `hello`'s cursors, as a client holds them that has missed nothing. */
const comeBack = async (ground: Ground, cursors: Record<string, number>): Promise<void> => {
  const device = await ground.connect(1, true)
  const synced = device.next("synced")
  device.say({ type: "sync", cursors })
  await synced
  leave([device])
}

const oftenSearched = ["u", "user", "nobody", "user 12"]

export const laws: ReadonlyArray<Law> = [
  {
    number: 1,
    what: "Members added in one call",
    of: "members added",
    should: "O(added)",
    sizes: [250, 1_000, 4_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, size + 1), groups(1, 1, "select 1", 0))
      const owner = await ground.connect(1)
      const user_ids = Array.from({ length: size }, (_, i) => i + 2)
      const used = await ground.used(1, () => ok(ground.call(1, "POST", "/chats/1/members", { user_ids })), true)
      const remark = owner.closed() === undefined ? "the owner's device lives" : `the owner's device: ${owner.closed()}`
      leave([owner])
      return { ...used, remark }
    },
  },
  {
    number: 2,
    what: "The lowest watermark rises over many messages",
    of: "messages passed over",
    should: "O(members)",
    sizes: [1_000, 10_000, 100_000],
    measure: async (ground, size) => {
      const dormant = "update chat_members set last_read_seq = 0 where user_id = 2"
      await prepare(ground, people(1, 3), groups(1, 1, upTo(3), size), [dormant])
      const [reader, other] = [await ground.connect(2), await ground.connect(3)]
      const sent = ground.used(
        1,
        async () => {
          const [read, said] = [reader.next("ack"), other.next("ack")]
          reader.say({ type: "read", chat_id: 1, seq: size })
          other.say({ type: "message", chat_id: 1, text: "behind it" })
          await Promise.all([read, said])
        },
        true,
      )
      const used = await sent
      leave([reader, other])
      return { ...used, remark: `another's message waits ${used.millis.toFixed(0)} ms` }
    },
  },
  {
    number: 3,
    what: "Coming back with nothing missed, all chats named",
    of: "chats of the device",
    should: "as connecting",
    sizes: [10, 100, 1_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, size, oneByOne, 1))
      const cursors = Object.fromEntries(Array.from({ length: size }, (_, i) => [i + 1, 2]))
      const connecting = await ground.used(5, async () => leave([await ground.connect(1)]))
      const used = await ground.used(5, () => comeBack(ground, cursors))
      const times = (used.server + used.backends) / (connecting.server + connecting.backends)
      return { ...used, remark: `${times.toFixed(1)} × connecting` }
    },
  },
  {
    number: 4,
    what: "`GET /users?query=`: a frequent word, a rare one, nobody's, two; each",
    of: "users",
    should: "O(limit)",
    sizes: [10_000, 50_000, 200_000],
    measure: async (ground, size) => {
      const words = `do $$ begin if to_regclass('user_words') is not null then
        execute 'insert into user_words select id, w from users, unnest(array[username_key, ''user'', id::text]) w on conflict do nothing';
        execute 'update users set words = array_to_tsvector(array[username_key, ''user'', id::text])'; end if; end $$`
      await prepare(ground, people(1, size), [words])
      const search = (query: string) => ok(ground.call(1, "GET", `/users?query=${encodeURIComponent(query)}`))
      return ground.used(5 * oftenSearched.length, (round) => search(oftenSearched[round % oftenSearched.length]!))
    },
  },
  {
    number: 5,
    what: "All members of a group come online",
    of: "members",
    should: "O(members)",
    sizes: [100, 300, 900],
    measure: async (ground, size) => {
      await prepare(ground, people(1, size), groups(1, 1, upTo(size), 1))
      let devices: ReadonlyArray<Device> = []
      const used = await ground.used(1, async () => (devices = await all(size, (i) => ground.connect(i + 1))), true)
      const frames = devices.reduce((sum, { heard }) => sum + (heard.get("presence") ?? 0), 0)
      leave(devices)
      return { ...used, remark: `${frames} presence frames` }
    },
  },
  {
    number: 6,
    what: "Connecting, with 20 chats of one's own",
    of: "chats of others",
    should: "O(1)",
    sizes: [1_000, 10_000, 100_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 3), groups(1, 20, oneByOne, 1), groups(21, size, "select 3", 1))
      return ground.used(20, async () => leave([await ground.connect(1)]))
    },
  },
  {
    number: 7,
    what: "`GET /chats`, the first page of 50",
    of: "chats of one's own",
    should: "O(limit)",
    sizes: [100, 1_000, 5_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, size, oneByOne, 1))
      return ground.used(5, () => ok(ground.call(1, "GET", "/chats?limit=50")))
    },
  },
  {
    number: 8,
    what: "`GET /messages/recent`, of 300 chats with 200 messages",
    of: "limit",
    should: "O(limit)",
    sizes: [50, 100, 200],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, 300, oneByOne, 200))
      return ground.used(5, () => ok(ground.call(1, "GET", `/messages/recent?limit=${size}`)))
    },
  },
  {
    number: 9,
    what: "A device that is always on refreshes its token",
    of: "uses",
    should: "O(1) rows",
    sizes: [10, 100, 400],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 1))
      const account = { username: "always-on", email: "on@example.org", password: "always on, always on" }
      await ok(ground.call(0, "POST", "/users", account))
      const form = (fields: Record<string, string>) => ground.call(0, "POST", "/refresh", fields)
      const login = await fetch(ground.address("/token"), {
        method: "POST",
        body: new URLSearchParams({ username: account.username, password: account.password }),
      })
      let { refresh_token } = (await login.json()) as { refresh_token: string }
      const used = await ground.used(
        size,
        async () => {
          ;({ refresh_token } = JSON.parse(await ok(form({ refresh_token }))))
        },
        true,
      )
      const [row] = await ground.sql(
        "select ((select count(*) from refresh_tokens) + (select count(*) from sessions where user_id <> 1))::int as rows",
      )
      return { ...used, remark: `${row?.rows} row(s) in the end` }
    },
  },
  {
    number: 10,
    what: "`GET /chats/{id}` of a large group",
    of: "members",
    should: "O(page)",
    sizes: [200, 1_000, 5_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, size), groups(1, 1, upTo(size), 1))
      let bytes = 0
      const used = await ground.used(5, async () => {
        bytes = (await ok(ground.call(1, "GET", "/chats/1"))).length
      })
      return { ...used, remark: `${(bytes / 1024).toFixed(0)} KiB` }
    },
  },
  {
    number: 11,
    what: "`DELETE /me`",
    of: "groups of one's own",
    should: "O(groups), others not slowed",
    sizes: [10, 100, 1_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 3))
      const account = { username: "going", email: "going@example.org", password: "going, going" }
      const { id } = JSON.parse(await ok(ground.call(0, "POST", "/users", account)))
      await ground.stop()
      await ground.sql(
        `insert into sessions (id, user_id, created_at, last_used_at, expires_at)
         values ('${sessionId(id)}', ${id}, now(), now(), now() + interval '1 day')`,
      )
      await prepare(
        ground,
        groups(1, size, `select unnest(array[1, ${id}])`, 1),
        groups(size + 1, size + 1, oneByOne, 1),
      )
      const other = await ground.connect(2)
      const waits: Array<number> = []
      const used = await ground.used(
        1,
        async () => {
          let isGoing = true
          const gone = ok(ground.call(id, "DELETE", "/me", { password: account.password })).finally(() => {
            isGoing = false
          })
          while (isGoing) {
            const [from, ack] = [performance.now(), other.next("ack")]
            other.say({ type: "message", chat_id: size + 1, text: "meanwhile" })
            await ack
            waits.push(performance.now() - from)
          }
          await gone
        },
        true,
      )
      leave([other])
      const middle = waits.sort((a, b) => a - b)[waits.length >> 1] ?? 0
      return { ...used, remark: `others' p50 meanwhile ${middle.toFixed(1)} ms` }
    },
  },
  {
    number: 12,
    what: "`GET /me/export` of somebody who wrote nothing",
    of: "messages of others in their chat",
    should: "O(own)",
    sizes: [1_000, 10_000, 100_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, size))
      return ground.used(3, () => ok(ground.call(2, "GET", "/me/export")))
    },
  },
]
