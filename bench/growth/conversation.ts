// The laws of conversation and of one's own state: reactions, mentions, keys.
import { setTimeout as sleep } from "node:timers/promises"
import { each, type Ground } from "./Ground.ts"
import type { Law } from "./laws.ts"
import { all, comeBack, groups, leave, ok, oneByOne, people, prepare, upTo } from "./steps.ts"

/** Each of so many users has reacted to every message of the first chat, with one of five emoji. */
const reactions = (each: number): ReadonlyArray<string> => [
  `insert into records (stream, kind, key, message_id, user_id, version, removed, body)
   select 1, 'reaction', m.id || ':' || u, m.id, u, m.version, false,
     jsonb_build_object((array['👍', '❤️', '🎉', '😀', '👀'])[1 + u % 5], 1700000000000 + u)
   from messages m, generate_series(1, ${each}) u where m.chat_id = 1`,
  ...(each === 0 ? [] : ["update messages set records_version = version where chat_id = 1"]),
]

/** All messages mention user 2, who has read none. */
const mentioned: ReadonlyArray<string> = [
  "update chat_members set last_read_seq = 0 where user_id = 2",
  "insert into mentions (user_id, chat_id, message_id, is_reply) select 2, chat_id, id, false from messages",
]

const keys = (count: number): ReadonlyArray<string> => [
  `insert into user_state (user_id, key, value, version)
   select 1, 'app:' || lpad(k::text, 5, '0'), '{"text":"' || repeat('a', 80) || '"}', k from generate_series(1, ${count}) k`,
  `insert into user_heads (user_id, version) values (1, ${count})`,
]

/** Reactions that are under way at once. */
const storming = 100

/** A user's messages to another chat, 50 a second, until `stop`: the times until they are acknowledged, ascending. */
const talk = async (ground: Ground, user: number, chat_id: number) => {
  const device = await ground.connect(user)
  const waits: Array<number> = []
  let isOver = false
  const talking = (async () => {
    for (let ref = 0; !isOver; ref++) {
      const from = performance.now()
      const acked = device.next("ack", (frame) => frame.ref === `${ref}`)
      device.say({ type: "message", chat_id, text: "beside it", ref: `${ref}` })
      await acked
      waits.push(performance.now() - from)
      await sleep(Math.max(0, 20 - (performance.now() - from)))
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await talking
      leave([device])
      return waits.sort((a, b) => a - b)
    },
  }
}

const share = (ascending: ReadonlyArray<number>, of: number): string =>
  (ascending[Math.floor(ascending.length * of)] ?? Number.NaN).toFixed(1)
const p50 = (ascending: ReadonlyArray<number>) => share(ascending, 0.5)
const p99 = (ascending: ReadonlyArray<number>) => share(ascending, 0.99)

export const conversationLaws: ReadonlyArray<Law> = [
  {
    number: 13,
    what: "A page of 50 messages of `GET /chats/{id}/messages`",
    of: "reactions on each message",
    should: "O(reactions)",
    sizes: [0, 10, 100],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 100), groups(1, 1, upTo(100), 1_000), reactions(size))
      const page = () => ok(ground.call(1, "GET", "/chats/1/messages?limit=50"))
      const used = await ground.used(50, page)
      return { ...used, remark: `${Math.ceil((await page()).length / 1_024)} KiB` }
    },
  },
  {
    number: 14,
    what: "All members of a group, all connected, react to one message; each",
    of: "members",
    should: "O(connected)",
    sizes: [200, 1_000, 5_000],
    measure: async (ground, size) => {
      const others = `select unnest(array[1, ${size + 1}])`
      await prepare(ground, people(1, size + 1), groups(1, 1, upTo(size), 1), groups(2, 2, others, 1))
      const [row] = await ground.sql("select id::int from messages where chat_id = 1")
      const listeners = await all(size, (i) => ground.listen(i + 1, "reaction"))
      const alone = await talk(ground, size + 1, 2)
      await sleep(2_000)
      const before = p99(await alone.stop())
      const resident = ground.resident("VmRSS")
      let waits: ReadonlyArray<number> = []
      const path = `/messages/${row?.id}/reactions/${encodeURIComponent("👍")}`
      const used = await ground.used(
        1,
        async () => {
          const beside = await talk(ground, size + 1, 2)
          await all(size, (i) => ok(ground.call(i + 1, "PUT", path)), storming)
          // The last one has arrived.
          while (listeners.some(({ ended, frames }) => ended === undefined && frames < size)) await sleep(5)
          waits = await beside.stop()
        },
        true,
      )
      const sum = (what: "frames" | "bytes") => listeners.reduce((all, listener) => all + listener[what], 0)
      const ended = listeners.filter((listener) => listener.ended !== undefined)
      const [frames, mib] = [sum("frames").toLocaleString("en"), (sum("bytes") / 1_048_576).toFixed(0)]
      const closed = ended.length === 0 ? "none closed" : `${ended.length} closed (${ended[0]?.ended})`
      const memory = `${ground.resident("VmHWM").toFixed(0)} MiB at most, ${resident.toFixed(0)} before`
      for (const { close } of listeners) close()
      const waited = `another chat's message waits ${p50(waits)} ms, p99 ${p99(waits)} (${before} without)`
      return { ...each(used, size), remark: `${frames} frames, ${mib} MiB; ${closed}; ${waited}; ${memory}` }
    },
  },
  {
    number: 15,
    what: "Connecting, in chats with 3 unread messages each, all of which mention the user",
    of: "own chats",
    should: "as without mentions",
    sizes: [10, 100, 1_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 2), groups(1, size, oneByOne, 3), [mentioned[0]!])
      const connecting = () => ground.used(20, async () => leave([await ground.connect(2)]))
      const without = await connecting()
      await ground.sql(mentioned[1]!)
      await ground.sql("vacuum analyze")
      const used = await connecting()
      const times = (used.server + used.backends) / (without.server + without.backends)
      return { ...used, remark: `${times.toFixed(2)} × without mentions` }
    },
  },
  {
    number: 16,
    what: "`sync` of one's own state from the beginning",
    of: "keys",
    should: "O(keys)",
    sizes: [50, 500, 5_000],
    measure: async (ground, size) => {
      await prepare(ground, people(1, 1), keys(size))
      const connecting = await ground.used(10, async () => leave([await ground.connect(1)]))
      let frames = 0
      const used = await ground.used(10, async () => {
        const device = await comeBack(ground, 1, { me: 0 })
        frames = device.heard.get("state") ?? 0
        leave([device])
      })
      const own = (of: "server" | "backends") => (used[of] - connecting[of]).toFixed(1)
      return { ...used, remark: `${frames} frames; beyond connecting ${own("server")} + ${own("backends")} ms` }
    },
  },
]
