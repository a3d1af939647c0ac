// Compares two checkouts by processor time for each message, connection and page, in batches that alternate: what else the machine does
// then meets both. `node bench/pairs.ts <former checkout> [--rounds 14 --only one,page]` prints a table; 1.03 is noise.
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { runToEnd } from "./Cleanup.ts"
import { type Row, table } from "./cluster/Row.ts"
import { Ground } from "./growth/Ground.ts"
import { all, groups, leave, ok, oneByOne, people, prepare, upTo } from "./growth/steps.ts"
import { type Postgres, postgres } from "./Postgres.ts"

/** Does something so many times. */
type Batch = (times: number) => Promise<unknown>

interface Pair {
  readonly what: string
  /** Of one batch. */
  readonly times: number
  /** Fills the tables, starts the server, and returns the batch. */
  readonly ready: (ground: Ground) => Promise<Batch>
}

const text = "a line of a conversation that went on for a long time"

/** Sends `times` messages to each chat, of which `window` are under way at once. */
const talk = async (
  ground: Ground,
  chats: ReadonlyArray<readonly [chat_id: number, sender: number]>,
  window: number,
) => {
  const devices = await Promise.all(chats.map(([, sender]) => ground.connect(sender)))
  let key = 0
  return (times: number) =>
    all(
      chats.length,
      async (index) => {
        const [chat_id] = chats[index]!
        const { say, socket } = devices[index]!
        const { promise, resolve } = Promise.withResolvers<void>()
        let sent = 0
        let acknowledged = 0
        const send = () => {
          sent++
          say({ type: "message", chat_id, text: `${text} ${sent}`, dedup_key: `${chat_id}-${key++}`, ref: sent })
        }
        const hear = (data: Buffer) => {
          if (!data.includes('"type":"ack"')) return
          acknowledged++
          if (sent < times) send()
          if (acknowledged === times) resolve()
        }
        socket.on("message", hear)
        for (let i = 0; i < Math.min(window, times); i++) send()
        await promise
        socket.off("message", hear)
      },
      chats.length,
    )
}

const inTurns =
  (work: () => Promise<unknown>): Batch =>
  (times) =>
    all(times, work, 8)

/** A page that no intermediary compresses. */
const page = (ground: Ground, path: string) => inTurns(() => ok(ground.call(1, "GET", path)))

const pairs: Readonly<Record<string, Pair>> = {
  one: {
    what: "a message of one sender, one at a time",
    times: 2_000,
    ready: async (ground) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, 1))
      await ground.listen(2, "message")
      return talk(ground, [[1, 1]], 1)
    },
  },
  chats: {
    what: "a message in each of 50 chats, 8 at a time in each",
    times: 200,
    ready: async (ground) => {
      await prepare(ground, people(1, 2), groups(1, 50, oneByOne, 1))
      await ground.listen(2, "message")
      return talk(
        ground,
        Array.from({ length: 50 }, (_, i) => [i + 1, 1] as const),
        8,
      )
    },
  },
  crowd: {
    what: "a message to a group of 200 sockets, 8 at a time",
    times: 1_500,
    ready: async (ground) => {
      await prepare(ground, people(1, 200), groups(1, 1, upTo(200), 1))
      await all(199, (i) => ground.listen(i + 2, "message"))
      return talk(ground, [[1, 1]], 8)
    },
  },
  connect: {
    what: "a connection, in 20 chats",
    times: 1_000,
    ready: async (ground) => {
      await prepare(ground, people(1, 2), groups(1, 20, oneByOne, 10))
      return inTurns(async () => leave([await ground.connect(2)]))
    },
  },
  page: {
    what: "the newest 50 messages",
    times: 1_500,
    ready: async (ground) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, 2_000))
      const say = await talk(ground, [[1, 1]], 1)
      // Not folded yet, as in a chat in which somebody has just written.
      await say(10)
      return page(ground, "/chats/1/messages?limit=50")
    },
  },
  history: {
    what: "50 messages at offset 1,500",
    times: 1_500,
    ready: async (ground) => {
      await prepare(ground, people(1, 2), groups(1, 1, oneByOne, 2_000))
      return page(ground, "/history/1?limit=50&offset=1500")
    },
  },
}

const middle = (values: ReadonlyArray<number>): number => [...values].sort((a, b) => a - b)[values.length >>> 1]!

const compare = async (
  database: Postgres,
  name: string,
  pair: Pair,
  sources: readonly [string, string],
  rounds: number,
) => {
  const grounds = await Promise.all(sources.map((source, i) => Ground.make(database, `pair_${name}_${i}`, source)))
  try {
    const sides: Array<{ ground: Ground; batch: Batch; server: Array<number>; backends: Array<number> }> = []
    for (const ground of grounds) sides.push({ ground, batch: await pair.ready(ground), server: [], backends: [] })
    const run = async ({ backends, batch, ground, server }: (typeof sides)[number]) => {
      const before = await ground.cpu()
      await batch(pair.times)
      const after = await ground.cpu()
      server.push(after.server - before.server)
      backends.push(after.backends - before.backends)
    }
    // Their compilers are at work in the first ones.
    for (let round = -3; round < rounds; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) await run(side)
    }
    const [former, present] = sides
    const ratio = (of: "server" | "backends") =>
      middle(present![of].slice(3).map((value, i) => value / former![of][i + 3]!)).toFixed(2)
    return [ratio("server"), ratio("backends")]
  } finally {
    for (const ground of grounds) await ground.stop()
  }
}

const run = async (): Promise<void> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "14" },
      only: { type: "string", default: Object.keys(pairs).join(",") },
    },
  })
  const [former] = positionals
  if (former === undefined) throw new Error("which checkout is the former one?")
  const database = await postgres()
  const rows: Array<Row> = []
  for (const name of values.only.split(",")) {
    const pair = pairs[name]
    if (pair === undefined) throw new Error(`there is no ${name}: ${Object.keys(pairs).join(", ")}`)
    const sources = [resolve(former), resolve(import.meta.dirname, "..")] as const
    const cells = await compare(database, name, pair, sources, Number(values.rounds))
    rows.push({ what: pair.what, cells })
    console.log(pair.what, cells.join(" "))
  }
  console.log(table(["present / former", "server", "PostgreSQL"], rows))
}

await runToEnd(run)
