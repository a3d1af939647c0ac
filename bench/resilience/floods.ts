// Anonymous clients flood the server with log-ins, with connections and with frames: measures the delay of the members'
// messages and the server's memory. The flood comes from a thread of its own, so that the server is measured.
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { Worker } from "node:worker_threads"
import { WebSocket } from "ws"
import { Histogram } from "../Histogram.ts"
import type { Flood, FloodData } from "./flooder.ts"
import { type Measure, pause, type Row } from "./Row.ts"
import { Stage, token } from "./Stage.ts"

const pairs = 10
const everyMillis = 20
/** Until a new server is warm, or has recovered from the last flood. */
const settleMillis = 4_000
const calmMillis = 4_000
const floodMillis = 12_000
const promisedMillis = 200

const kinds: ReadonlyArray<readonly [Flood, number, string]> = [
  ["logins", 200, "200 log-ins in flight"],
  ["connections", 50, "connections that come and go, 50 at once"],
  ["frames", 8, "8 members' sockets that send all they can"],
]

const open = async (url: string, user: number): Promise<WebSocket> => {
  const socket = new WebSocket(`${url}/ws?token=${token(user)}`)
  socket.on("error", () => {})
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) })
  return socket
}

/** MiB; 0 where the system does not tell. */
const memoryOf = (pid: number | undefined): number => {
  const path = `/proc/${pid}/status`
  return existsSync(path) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) / 1024 : 0
}

export const floods: Measure = async () => {
  await using stage = await Stage.set({ RATE_LIMITS: "on", MESSAGES_PER_SECOND: "60" })
  const { server } = stage
  // Chat 1 has the flooding members, who are the last users.
  const bad = 8
  const members = 2 * pairs
  const crowds = Array.from({ length: pairs }, (_, i) => ({ first: 2 * i + 1, members: 2 }))
  await stage.people(members + bad, [{ first: members + 1, members: bad }, ...crowds])
  const talking = await Promise.all(Array.from({ length: members }, (_, i) => open(server.wsUrl, i + 1)))
  let delivered = new Histogram()
  let sent = 0
  let heard = 0
  for (const [i, socket] of talking.entries()) {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString())
      if (i % 2 === 0 || frame.type !== "message") return
      heard++
      delivered.record(performance.now() - Number(frame.text))
    })
  }
  const probes = setInterval(() => {
    for (let i = 0; i < members; i += 2) {
      sent++
      talking[i]?.send(JSON.stringify({ type: "message", chat_id: 2 + i / 2, text: String(performance.now()) }))
    }
  }, everyMillis)

  const during = async (millis: number) => {
    delivered = new Histogram()
    await pause(millis)
    return delivered
  }

  const measure = async ([flood, atOnce, what]: (typeof kinds)[number]): Promise<ReadonlyArray<Row>> => {
    await pause(settleMillis)
    const before = await during(calmMillis)
    const memoryBefore = memoryOf(server.pid)
    const tokens = Array.from({ length: bad }, (_, i) => token(members + i + 1))
    const workerData: FloodData = { flood, port: server.port, atOnce, tokens }
    const worker = new Worker(new URL("./flooder.ts", import.meta.url), { workerData })
    let counts: Readonly<Record<string, number>> = {}
    worker.on("message", (message) => {
      counts = message
    })
    let highest = 0
    const watching = setInterval(() => {
      highest = Math.max(highest, memoryOf(server.pid))
    }, 100)
    await pause(1_000)
    const flooded = await during(floodMillis)
    clearInterval(watching)
    await worker.terminate()
    await pause(3_000)
    const after = memoryOf(server.pid)
    const ms = (histogram: Histogram, quantile: number) => histogram.quantile(quantile).toFixed(1)
    const did = Object.entries(counts).map(([name, number]) => `${number} ${name}`)
    return [
      {
        what: `${what}: members' messages from send to delivery, p99`,
        promised: `≤ ${promisedMillis} ms`,
        measured: `${ms(flooded, 0.99)} ms (p50 ${ms(flooded, 0.5)}, longest ${ms(flooded, 1)}; without the flood ${ms(before, 0.99)}, p50 ${ms(before, 0.5)}; ${did.join(", ")})`,
        kept: flooded.quantile(0.99) <= promisedMillis,
      },
      {
        what: `${what}: memory of the server`,
        promised: "≤ 200 MiB more",
        measured: `${memoryBefore.toFixed(0)} MiB before, at most ${highest.toFixed(0)}, ${after.toFixed(0)} 3 s after`,
        kept: highest - memoryBefore <= 200,
      },
    ]
  }

  try {
    const rows: Array<Row> = []
    for (const kind of kinds) rows.push(...(await measure(kind)))
    clearInterval(probes)
    await pause(1_000)
    rows.push({
      what: "members' messages that were lost on the way",
      promised: "0",
      measured: `${sent - heard} of ${sent}`,
      kept: sent === heard,
    })
    return rows
  } finally {
    clearInterval(probes)
    for (const socket of talking) socket.terminate()
  }
}
