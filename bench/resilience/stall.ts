// Fifty readers of a busy chat stop reading: measures when each is closed, and the effect on the others.
import { once } from "node:events"
import { WebSocket } from "ws"
import { Histogram } from "../Histogram.ts"
import { type Measure, pause, until, within } from "./Row.ts"
import { Stage, token } from "./Stage.ts"

const readers = 50
const others = 10
/** A message of the busy chat, and its interval: 0.8 MB/s to each of its sockets. */
const text = "x".repeat(4_000)
const everyMillis = 5
/** Between messages in each of the others' chats of two. */
const probeMillis = 20
const settleMillis = 2_000
const calmMillis = 7_000
const rounds = 3

const open = async (url: string, user: number): Promise<WebSocket> => {
  const socket = new WebSocket(`${url}/ws?token=${token(user)}`)
  socket.on("error", () => {})
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) })
  return socket
}

export const stall: Measure = async () => {
  await using stage = await Stage.set()
  const { wsUrl } = stage.server
  const users = readers + others
  const pairs = Array.from({ length: others / 2 }, (_, i) => ({ first: readers + 2 * i + 1, members: 2 }))
  await stage.people(users, [{ first: 1, members: users }, ...pairs])

  const talking = await Promise.all(Array.from({ length: others }, (_, i) => open(wsUrl, readers + i + 1)))
  let delivered = new Histogram()
  const next = () => {
    const done = delivered
    delivered = new Histogram()
    return done
  }
  const gone = new Set<number>()
  const goneAfter: Array<number> = []
  let stalledAt = Number.POSITIVE_INFINITY
  for (const [i, socket] of talking.entries()) {
    socket.on("message", (data: Buffer) => {
      // The busy chat's messages are long; the others contain the time when they were sent.
      if (data.length > 2_000) return
      const frame = JSON.parse(data.toString())
      const isProbe = frame.type === "message" && frame.chat_id > 1
      if (isProbe && i % 2 === 1) delivered.record(performance.now() - Number(frame.text))
      if (i > 0 || frame.type !== "presence") return
      if (frame.status === "online") gone.delete(frame.user_id)
      else {
        gone.add(frame.user_id)
        goneAfter.push(performance.now() - stalledAt)
      }
    })
  }
  const busy = setInterval(() => talking[0]?.send(JSON.stringify({ type: "message", chat_id: 1, text })), everyMillis)
  const probes = setInterval(() => {
    for (let i = 0; i < others; i += 2) {
      talking[i]?.send(JSON.stringify({ type: "message", chat_id: 2 + i / 2, text: String(performance.now()) }))
    }
  }, probeMillis)

  const p99s: Array<{ readonly before: number; readonly during: number }> = []
  const round = async () => {
    const reading = await Promise.all(Array.from({ length: readers }, (_, i) => open(wsUrl, i + 1)))
    try {
      await pause(settleMillis)
      next()
      await pause(calmMillis)
      const before = next().quantile(0.99)
      stalledAt = performance.now()
      for (const socket of reading) socket.pause()
      await until(() => gone.size >= readers, 60_000, "the stalled readers' end")
      p99s.push({ before, during: next().quantile(0.99) })
    } finally {
      for (const socket of reading) socket.terminate()
    }
  }
  try {
    for (let i = 0; i < rounds; i++) await round()
    const ratios = p99s.map(({ before, during }) => during / before).sort((a, b) => a - b)
    const ratio = ratios[Math.floor(rounds / 2)] ?? Number.NaN
    const told = p99s.map(({ before, during }) => `${before.toFixed(1)} → ${during.toFixed(1)}`).join(", ")
    return [
      within(`${readers} readers stall at 0.8 MB/s each: closed with their queues at 1 MiB`, 10_000, goneAfter),
      {
        what: `the others' p99 from send to delivery, median of ${rounds} rounds`,
        promised: "≤ 1.2 × before",
        measured: `${ratio.toFixed(2)} × (${told} ms)`,
        kept: ratio <= 1.2,
      },
    ]
  } finally {
    clearInterval(busy)
    clearInterval(probes)
    for (const socket of talking) socket.terminate()
  }
}
