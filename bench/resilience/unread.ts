// One account requests as much as it can without reading: remote calls for pages on one connection, and 300 pages over
// HTTP. Measures the server's memory, the effect on others, and whether the connections are ended.
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { WebSocket } from "ws"
import { Histogram } from "../Histogram.ts"
import { type Measure, pause, type Row } from "./Row.ts"
import { Stage, token } from "./Stage.ts"

const pairs = 5
const probeMillis = 20
const settleMillis = 4_000
const calmMillis = 5_000
const floodMillis = 20_000
/**
 * After this time an unread answer and its connection are gone, and so is a connection that only waits for the next
 * request.
 */
const endMillis = 75_000
const answers = 300
const promisedMiB = 200

/** A page of 200 of these is 3.3 MB of JSON. */
const text = "🙂".repeat(4_096)

interface Flood {
  readonly said: () => string
  readonly stop: () => void
}

const open = async (url: string): Promise<WebSocket> => {
  const socket = new WebSocket(url)
  socket.on("error", () => {})
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) })
  return socket
}

/** MiB; 0 where the system does not tell. */
const memoryOf = (pid: number | undefined): number => {
  const path = `/proc/${pid}/status`
  return existsSync(path) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) / 1024 : 0
}

/** Connections to this port that the server has not ended. */
const connectionsTo = (port: number): number => {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter(existsSync)
  const lines = tables.flatMap((path) => readFileSync(path, "utf8").split("\n").slice(1))
  // Established, or closed by the client alone.
  return lines.filter((line) => new RegExp(`^\\s*\\d+: \\w+${local} \\S+ (?:01|08) `).test(line)).length
}

/** Remote calls for pages without end, on one connection that is not read. Returns a function that stops it. */
const callWithoutReading = async (url: string): Promise<Flood> => {
  const socket = await open(url)
  socket.pause()
  let id = 0
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > 65_536) return
    for (let i = 0; i < 8; i++) {
      const call = { _tag: "Request", id: String(++id), tag: "MessagePage", payload: { chat_id: 1, limit: 200 } }
      socket.send(JSON.stringify({ ...call, headers: [] }))
    }
  }, 20)
  return {
    said: () => `, ${id} calls written`,
    stop: () => {
      clearInterval(timer)
      socket.terminate()
    },
  }
}

/** Pages over HTTP, each on a connection of its own of which only the status is read. */
const askWithoutReading = async (port: number): Promise<Flood> => {
  const sockets: Array<Socket> = []
  const statuses = new Map<string, number>()
  const bearer = token(1)
  for (let i = 0; i < answers; i++) {
    const socket = connect(port, "127.0.0.1")
    socket.on("error", () => {})
    socket.once("readable", () => {
      const status = String(socket.read(12)).slice(9)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      socket.on("readable", () => {})
    })
    sockets.push(socket)
    await once(socket, "connect")
    socket.write(`GET /chats/1/messages?limit=200 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${bearer}\r\n\r\n`)
  }
  return {
    said: () => [...statuses].map(([status, count]) => `, ${count} × ${status}`).join(""),
    stop: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Runs one flood on a server of its own. */
const measure = async (
  what: string,
  start: (server: Stage["server"]) => Promise<Flood>,
): Promise<ReadonlyArray<Row>> => {
  await using stage = await Stage.set()
  const { server } = stage
  const members = 2 * pairs
  const crowds = Array.from({ length: pairs }, (_, i) => ({ first: 2 + 2 * i, members: 2 }))
  await stage.people(1 + members, [{ first: 1, members: 1 }, ...crowds])
  const writer = await open(`${server.wsUrl}/ws?token=${token(1)}`)
  for (let i = 0; i < 200; i++) writer.send(JSON.stringify({ type: "message", chat_id: 1, text, ref: i }))
  await new Promise<void>((resolve) => {
    writer.on("message", (data: Buffer) => {
      if (data.length < 2_000 && JSON.parse(data.toString()).ref === 199) resolve()
    })
  })
  writer.terminate()

  const talking = await Promise.all(
    Array.from({ length: members }, (_, i) => open(`${server.wsUrl}/ws?token=${token(2 + i)}`)),
  )
  let delivered = new Histogram()
  for (const [i, socket] of talking.entries()) {
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString())
      if (i % 2 === 1 && frame.type === "message") delivered.record(performance.now() - Number(frame.text))
    })
  }
  const probes = setInterval(() => {
    for (let i = 0; i < members; i += 2) {
      talking[i]?.send(JSON.stringify({ type: "message", chat_id: 2 + i / 2, text: String(performance.now()) }))
    }
  }, probeMillis)
  const during = async (millis: number) => {
    delivered = new Histogram()
    await pause(millis)
    return delivered.quantile(0.99)
  }

  await pause(settleMillis)
  const before = await during(calmMillis)
  const memoryBefore = memoryOf(server.pid)
  const connectionsBefore = connectionsTo(server.port)
  let highest = memoryBefore
  const watching = setInterval(() => {
    highest = Math.max(highest, memoryOf(server.pid))
  }, 100)
  const flood = await start(server)
  try {
    const flooded = await during(floodMillis)
    const grown = memoryOf(server.pid)
    await pause(endMillis - floodMillis)
    const left = connectionsTo(server.port) - connectionsBefore
    const mib = (amount: number) => `${amount.toFixed(0)} MiB`
    return [
      {
        what: `${what}: memory of the server`,
        promised: `≤ ${promisedMiB} MiB more`,
        measured: `${mib(memoryBefore)} before, ${mib(grown)} after ${floodMillis / 1000} s, at most ${mib(highest)} in ${endMillis / 1000} s${flood.said()}`,
        kept: highest - memoryBefore <= promisedMiB,
      },
      {
        what: `${what}: connections that are left after ${endMillis / 1000} s`,
        promised: "0",
        measured: String(left),
        kept: left <= 0,
      },
      {
        what: `${what}: the others' messages from send to delivery, p99`,
        promised: "≤ 200 ms",
        measured: `${flooded.toFixed(1)} ms (${before.toFixed(1)} without)`,
        kept: flooded <= 200,
      },
    ]
  } finally {
    clearInterval(watching)
    clearInterval(probes)
    flood.stop()
    for (const socket of talking) socket.terminate()
  }
}

export const unread: Measure = async () => [
  ...(await measure("remote calls for pages that are not read", ({ wsUrl }) =>
    callWithoutReading(`${wsUrl}/rpc?token=${token(1)}`),
  )),
  ...(await measure(`${answers} answers of 3 MB that are not read`, ({ port }) => askWithoutReading(port))),
]
