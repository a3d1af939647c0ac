// A device returns to a chat in which it missed the longest messages; and 30 devices of one account request a replay
// without reading it. Measures how long the first takes, the server's memory, and the delay of other users'
// acknowledgements.
import { once } from "node:events"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { WebSocket } from "ws"
import { Person } from "../../test/support/person.ts"
import { Server } from "../../test/support/server.ts"
import { Histogram } from "../Histogram.ts"
import { type Measure, pause, type Row, until } from "./Row.ts"
import { Stage } from "./Stage.ts"

/** A `sync` replays 5,000 changes of a chat at most. */
const missed = 4_990
/** Their replay is just below 16 MiB, the limit of the database client for one value. */
const missedByUnread = 900
const unreadSockets = 30
const sendingAtOnce = 16
const probeMillis = 20
const calmMillis = 4_000
const unreadMillis = 20_000
/** A socket that is not read for 60 s is closed; a silent peer's connection is given up 3 s later. */
const closedMillis = 75_000
const promised = { syncMillis: 60_000, moreMemory: 300, p99: 200 }

/** 4,096 characters of four bytes each. */
const longest = (): string =>
  Array.from({ length: 4_096 }, () => String.fromCodePoint(0x1f600 + Math.floor(Math.random() * 80))).join("")

/** MiB; 0 where the system does not report it. */
const memoryOf = (pid: number | undefined, field: "VmRSS" | "VmHWM"): number => {
  const path = `/proc/${pid}/status`
  const found = existsSync(path) ? new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(path, "utf8")) : null
  return Number(found?.[1] ?? 0) / 1024
}

/** Returns a function that reports the current memory and its rise since. */
const watchMemory = (server: Server): (() => string) & { readonly rise: () => number } => {
  const reset = `/proc/${server.pid}/clear_refs`
  if (existsSync(reset)) writeFileSync(reset, "5")
  const before = memoryOf(server.pid, "VmRSS")
  const rise = () => memoryOf(server.pid, "VmHWM") - before
  return Object.assign(() => `${before.toFixed(0)} MiB before, at most ${(before + rise()).toFixed(0)}`, { rise })
}

const open = async (person: Person, query = ""): Promise<WebSocket> => {
  const url = `${person.base.replace(/^http/, "ws")}/ws?token=${person.access_token}${query}`
  const socket = new WebSocket(url)
  socket.on("error", () => {})
  await once(socket, "open", { signal: AbortSignal.timeout(20_000) })
  return socket
}

/** Sends `count` of the longest messages. */
const fill = async (person: Person, chat_id: number, count: number): Promise<void> => {
  const socket = await open(person)
  let sent = 0
  let acknowledged = 0
  const next = () => sent++ < count && socket.send(JSON.stringify({ type: "message", chat_id, text: longest() }))
  socket.on("message", (data: Buffer) => {
    if (!data.subarray(0, 20).includes('"ack"')) return
    acknowledged++
    next()
  })
  for (let i = 0; i < sendingAtOnce; i++) next()
  await until(() => acknowledged === count, 300_000, "the acknowledgements")
  socket.terminate()
}

/** Another user, who sends short messages; measures the times until they are acknowledged. */
const bystander = async (person: Person, chat_id: number) => {
  const socket = await open(person)
  const sentAt = new Map<number, number>()
  let times = new Histogram()
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString())
    if (frame.type !== "ack") return
    times.record(performance.now() - (sentAt.get(frame.ref) ?? 0))
    sentAt.delete(frame.ref)
  })
  let ref = 0
  const probes = setInterval(() => {
    sentAt.set(++ref, performance.now())
    socket.send(JSON.stringify({ type: "message", chat_id, text: "short", ref }))
  }, probeMillis)
  return {
    next: () => {
      // A message without an acknowledgement counts with its time so far.
      for (const at of sentAt.values()) times.record(performance.now() - at)
      const done = times
      times = new Histogram()
      return done
    },
    [Symbol.dispose]: () => {
      clearInterval(probes)
      socket.terminate()
    },
  }
}

const sync = async (person: Person, chat_id: number): Promise<{ events: number; answer: string; millis: number }> => {
  const socket = await open(person, "&resume=true")
  let events = 0
  let answer = ""
  const from = performance.now()
  socket.on("close", (code) => {
    answer ||= `closed with ${code}`
  })
  socket.on("message", (data: Buffer) => {
    const head = data.toString("latin1", 0, 40)
    if (head.startsWith('{"type":"message"')) events++
    else if (head.includes('"synced"') || head.includes('"error"')) answer = data.toString().slice(0, 200)
  })
  socket.send(JSON.stringify({ type: "sync", cursors: { [chat_id]: 1 } }))
  await until(() => answer !== "", 180_000, "the answer to the sync")
  socket.terminate()
  return { events, answer, millis: performance.now() - from }
}

const measure = async (server: Server, where: string): Promise<ReadonlyArray<Row>> => {
  const [a, b, c, d] = (await Promise.all(Array.from({ length: 4 }, () => Person.signUp(server.url)))) as [
    ...Array<Person>,
  ] as [Person, Person, Person, Person]
  const long = await a.group("Long", b)
  const shorter = await a.group("Shorter", b)
  const others = await c.group("Others", d)
  await fill(a, long, missed)
  await fill(a, shorter, missedByUnread)
  using talk = await bystander(c, others)
  await pause(calmMillis)
  talk.next()
  await pause(calmMillis)
  const calm = talk.next()
  const rows: Array<Row> = []
  const add = (what: string, limit: string, measured: string, kept: boolean) =>
    rows.push({ what: `${where}: ${what}`, promised: limit, measured, kept })
  const addCosts = (what: string, memory: ReturnType<typeof watchMemory>, times: Histogram) => {
    const ms = (of: Histogram, quantile: number) => of.quantile(quantile).toFixed(1)
    const kept = memory.rise() <= promised.moreMemory
    add(`${what}: memory of the server`, `≤ ${promised.moreMemory} MiB more`, memory(), kept)
    add(
      `${what}: others' messages from send to ack, p99`,
      `≤ ${promised.p99} ms`,
      `${ms(times, 0.99)} ms (p50 ${ms(times, 0.5)}, longest ${ms(times, 1)}; before ${ms(calm, 0.99)}, p50 ${ms(calm, 0.5)})`,
      times.quantile(0.99) <= promised.p99,
    )
  }

  const whole = `sync of ${missed} messages of 4,096 emoji`
  const memory = watchMemory(server)
  const { answer, events, millis } = await sync(b, long)
  const arrived = events === missed && answer.includes('"synced"')
  add(
    whole,
    `all, ≤ ${promised.syncMillis / 1000} s`,
    `${events} in ${(millis / 1000).toFixed(1)} s${arrived ? "" : `: ${answer}`}`,
    arrived && millis <= promised.syncMillis,
  )
  addCosts(whole, memory, talk.next())

  const unread = `${unreadSockets} syncs of one account that nobody reads`
  await pause(calmMillis)
  talk.next()
  const memoryOfUnread = watchMemory(server)
  const closed = new Set<WebSocket>()
  const from = performance.now()
  const sockets = await Promise.all(Array.from({ length: unreadSockets }, () => open(b, "&resume=true")))
  for (const socket of sockets) {
    socket.send(JSON.stringify({ type: "sync", cursors: { [shorter]: 1 } }))
    socket.pause()
  }
  // The sockets answer pings, but read nothing.
  const pongs = setInterval(() => {
    for (const socket of sockets) socket.pong()
  }, 10_000)
  await pause(unreadMillis)
  addCosts(unread, memoryOfUnread, talk.next())
  for (const socket of sockets) {
    // A paused socket does not notice the end: it resumes once the server must have closed it.
    socket.on("close", () => closed.add(socket))
  }
  await pause(from + closedMillis - performance.now())
  clearInterval(pongs)
  for (const socket of sockets) socket.resume()
  await until(() => closed.size === unreadSockets, 10_000, "the end of the unread sockets").catch(() => {})
  for (const socket of sockets) socket.terminate()
  add(`${unread}: closed`, `all by ${closedMillis / 1000} s`, `${closed.size}`, closed.size === unreadSockets)
  return rows
}

export const absence: Measure = async () => {
  const rows: Array<Row> = []
  {
    await using stage = await Stage.set()
    rows.push(...(await measure(stage.server, "PostgreSQL")))
  }
  await using embedded = await Server.start({ env: { LOG_LEVEL: "Warn" }, timeout: 60_000 })
  rows.push(...(await measure(embedded, "embedded")))
  return rows
}
