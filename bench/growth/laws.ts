// The laws of growth: each is measured at three sizes of the one quantity on which it must not depend, or only as
// stated.
import { setTimeout as sleep } from "node:timers/promises"
import { sessionId } from "../World.ts"
import { type Device, each, type Ground, type Used } from "./Ground.ts"
import { all, comeBack, deleted, groups, leave, ok, oneByOne, people, prepare, upTo } from "./steps.ts"

export interface Law {
  readonly number: number
  readonly what: string
  /** The quantity that is multiplied. */
  readonly of: string
  readonly should: string
  readonly sizes: readonly [number, number, number]
  /** What it used, and a remark. */
  readonly measure: (ground: Ground, size: number) => Promise<Used & { readonly remark?: string }>
}

const chatsEach = 53
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
      const used = await ground.used(5, async () => leave([await comeBack(ground, 1, cursors)]))
      const times = (used.server + used.backends) / (connecting.server + connecting.backends)
      return { ...used, remark: `${times.toFixed(1)} × connecting` }
    },
  },
  {
    number: 3,
    what: "All devices back after the server was replaced, in 53 chats each, nothing missed; each",
    of: "devices",
    should: "at most 1.5 × connecting",
    sizes: [100, 1_000, 10_000],
    measure: async (ground, size) => {
      // 20 users who share all their chats.
      const together = `select ((c - 1) / ${chatsEach}) * 20 + generate_series(1, 20)`
      await prepare(ground, people(1, size), groups(1, (size / 20) * chatsEach, together, 1))
      const cursorsOf = (user: number) => {
        const first = Math.floor((user - 1) / 20) * chatsEach + 1
        return Object.fromEntries(Array.from({ length: chatsEach }, (_, i) => [first + i, 2]))
      }
      const once = async (connect: (user: number) => Promise<Device>) => {
        await ground.stop()
        await ground.start()
        let devices: ReadonlyArray<Device> = []
        const used = await ground.used(1, async () => (devices = await all(size, (i) => connect(i + 1), 50)), true)
        leave(devices)
        return used
      }
      const connecting = await once((user) => ground.connect(user))
      const back = await once((user) => comeBack(ground, user, cursorsOf(user)))
      const times = (back.server + back.backends) / (connecting.server + connecting.backends)
      const remark = `${times.toFixed(2)} × connecting; all back after ${(back.millis / 1_000).toFixed(1)} s`
      return { ...each(back, size), remark }
    },
  },
  {
    number: 4,
    what: "`GET /users?query=`: a frequent word, a rare one, nobody's, two; each",
    of: "users",
    should: "O(limit)",
    sizes: [10_000, 100_000, 1_000_000],
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
    sizes: [100, 900, 5_000],
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
    what: "Connecting, with 20 own chats",
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
    what: "`GET /chats`, the first page of 50, of chats that were active a minute after each other",
    of: "own chats",
    should: "O(limit), of 257 chats and more",
    sizes: [53, 500, 5_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, size, oneByOne, 1, 60))
      return ground.used(20, () => ok(ground.call(1, "GET", "/chats?limit=50")))
    },
  },
  {
    number: 7,
    what: "`GET /chats`, all pages of 50; each page",
    of: "own chats",
    should: "O(limit)",
    sizes: [53, 500, 5_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, size, oneByOne, 1, 60))
      let pages = 0
      const used = await ground.used(
        1,
        async () => {
          for (let next: string | null = ""; next !== null; pages++) {
            const page: string = await ok(ground.call(1, "GET", `/chats?limit=50${next && `&before=${next}`}`))
            ;({ next } = JSON.parse(page))
          }
        },
        true,
      )
      return { ...each(used, pages), remark: `${pages} pages` }
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
    of: "own groups",
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
      return { ...used, remark: `others' p50 during it ${middle.toFixed(1)} ms` }
    },
  },
  {
    number: 12,
    what: "`GET /me/export` of a user who wrote nothing, from the second in that chat on",
    of: "messages of others in their chat",
    should: "O(own)",
    sizes: [1_000, 10_000, 100_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, size))
      const exported = () => ok(ground.call(2, "GET", "/me/export"))
      const first = await ground.used(1, exported, true)
      const used = await ground.used(3, exported)
      const remark = `the first in that chat: ${first.backends.toFixed(0)} ms of PostgreSQL`
      return { ...used, remark }
    },
  },
  {
    number: 12,
    what: "The messages of a deleted chat are removed; each 1,000",
    of: "messages of the chat",
    should: "O(removed)",
    sizes: [5_000, 20_000, 80_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, size))
      // The server looks for deleted chats each minute.
      const used = await ground.used(
        1,
        async () => {
          await ok(ground.call(1, "DELETE", "/chats/1"))
          for (;;) {
            const [left] = await ground.sql("select exists (select from chats) as there")
            if (left?.there !== true) return
            await sleep(1_000)
          }
        },
        true,
      )
      return each(used, size / 1_000)
    },
  },
  {
    number: 12,
    what: "Connecting, with unread messages in one chat that were deleted",
    of: "deleted messages",
    should: "O(1)",
    sizes: [1_000, 10_000, 100_000],
    measure: async (ground, size) => {
      const dormant = "update chat_members set last_read_seq = 0 where user_id = 2"
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, size), deleted, [dormant])
      return ground.used(20, async () => leave([await ground.connect(2)]))
    },
  },
]
