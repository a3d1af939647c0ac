// A user in as many groups as one may be in (MAX_CHATS), who connects again and again: measures how long hello takes, and
// the effect on other users' connects.
import { WebSocket } from "ws"
import { Histogram } from "../Histogram.ts"
import { type Measure, pause } from "./Row.ts"
import { Stage, token } from "./Stage.ts"

const groups = 10_000
const others = 20
const everyMillis = 25
const settleMillis = 3_000
const calmMillis = 6_000
const loadMillis = 12_000
const promisedMillis = 1_000
/** More than this is no noise. */
const moreMillis = 50

interface Hello {
  readonly millis: number
  readonly bytes: number
}

/** From the beginning of the connection to the whole hello. */
const hello = (url: string, user: number): Promise<Hello> => {
  const from = performance.now()
  const socket = new WebSocket(`${url}/ws?token=${token(user)}`, { perMessageDeflate: false })
  return new Promise((resolve, reject) => {
    socket.once("error", reject)
    socket.once("message", (data: Buffer) => {
      resolve({ millis: performance.now() - from, bytes: data.length })
      socket.terminate()
    })
  })
}

export const manyGroups: Measure = async () => {
  await using stage = await Stage.set({ MAX_CHATS: String(groups) })
  const { wsUrl } = stage.server
  const pairs = Array.from({ length: others / 2 }, (_, i) => ({ first: 2 + 2 * i, members: 2 }))
  await stage.people(1 + others, [...Array.from({ length: groups }, () => ({ first: 1, members: 1 })), ...pairs])
  let connects = new Histogram()
  let turn = 0
  const probes = setInterval(() => {
    hello(wsUrl, 2 + (turn++ % others)).then(
      ({ millis }) => connects.record(millis),
      () => {},
    )
  }, everyMillis)
  const during = async (millis: number) => {
    connects = new Histogram()
    await pause(millis)
    return connects
  }
  try {
    await pause(settleMillis)
    const before = await during(calmMillis)
    const hellos: Array<Hello> = []
    let isOver = false
    const connecting = (async () => {
      while (!isOver) hellos.push(await hello(wsUrl, 1))
    })()
    const loaded = await during(loadMillis)
    isOver = true
    await connecting
    const times = hellos.map(({ millis }) => millis).sort((a, b) => a - b)
    const longest = times.at(-1) ?? Number.POSITIVE_INFINITY
    const [calm, busy] = [before.quantile(0.99), loaded.quantile(0.99)]
    const ms = (millis: number) => `${millis.toFixed(1)} ms`
    return [
      {
        what: `a user in ${groups} groups connects again and again: hello`,
        promised: `≤ ${promisedMillis / 1_000} s`,
        measured: `${ms(longest)} (median ${ms(times[Math.floor(times.length / 2)] ?? longest)}, n = ${times.length}; ${((hellos[0]?.bytes ?? 0) / 1_048_576).toFixed(2)} MiB)`,
        kept: longest <= promisedMillis,
      },
      {
        what: "concurrent connects of others, p99",
        promised: `≤ ${moreMillis} ms more`,
        measured: `${ms(busy)} (p50 ${ms(loaded.quantile(0.5))}; without that user ${ms(calm)}, p50 ${ms(before.quantile(0.5))})`,
        kept: busy - calm <= moreMillis,
      },
    ]
  } finally {
    clearInterval(probes)
  }
}
