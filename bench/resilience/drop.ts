// Two thousand sockets lose their server at once; each reconnects as the client library does, and syncs.
import { WebSocket } from "ws"
import { comeBack } from "../../src/client/connection/Backoff.ts"
import { type Measure, pause, type Row, until } from "./Row.ts"
import { Stage, token } from "./Stage.ts"

const sockets = 2_000
const chatSize = 10
const promised = 15_000

/** A device that reconnects as the server says, and requests what it missed. */
class Stayer {
  readonly chat_id: number
  version = 0
  isInSync = false
  connections = 0
  readonly #url: () => string
  readonly #token: string
  #socket: WebSocket | undefined
  #attempt = 0
  #stopped = false

  constructor(user: number, url: () => string) {
    this.chat_id = Math.ceil(user / chatSize)
    this.#url = url
    this.#token = token(user)
  }

  connect(): void {
    const resuming = this.version > 0
    const socket = new WebSocket(`${this.#url()}/ws?token=${this.#token}${resuming ? "&resume=true" : ""}`)
    this.#socket = socket
    socket.on("message", (data) => {
      const frame = JSON.parse(data.toString())
      if (frame.type === "hello") {
        this.#attempt = 0
        this.connections++
        if (resuming) socket.send(JSON.stringify({ type: "sync", cursors: { [this.chat_id]: this.version } }))
        else {
          this.version = frame.chats[0].version
          this.isInSync = true
        }
      } else if (frame.type === "synced" && frame.failed !== undefined) socket.terminate()
      else if (frame.type === "synced") {
        this.version = frame.cursors[this.chat_id]
        this.isInSync = true
      } else if (frame.version !== undefined && frame.chat_id === this.chat_id) this.version = frame.version
    })
    socket.on("error", () => {})
    socket.on("close", (code, reason) => {
      this.isInSync = false
      if (this.#stopped) return
      const back = comeBack(code, reason.toString(), this.#attempt++, Math.random())
      if (back._tag === "After") setTimeout(() => this.#stopped || this.connect(), back.millis)
    })
  }

  stop(): void {
    this.#stopped = true
    this.#socket?.terminate()
  }
}

export const drop: Measure = async () => {
  await using stage = await Stage.set()
  const { server } = stage
  const chats = sockets / chatSize
  await stage.people(
    sockets,
    Array.from({ length: chats }, (_, i) => ({ first: i * chatSize + 1, members: chatSize })),
  )
  const stayers = Array.from({ length: sockets }, (_, i) => new Stayer(i + 1, () => server.wsUrl))
  const speakers = Array.from({ length: chats }, (_, i) => ({ chat_id: i + 1, token: token(i * chatSize + 1) }))
  const speak = async () => {
    const rest = speakers.values()
    const worker = async () => {
      for (const { chat_id, token } of rest) {
        const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }
        const body = JSON.stringify({ text: "said while they were away", dedup_key: `${performance.now()}` })
        const reply = await fetch(`${server.url}/chats/${chat_id}/messages`, { method: "POST", headers, body })
        if (reply.status !== 201) throw new Error(`A message was refused: ${reply.status}`)
        await reply.text()
      }
    }
    await Promise.all(Array.from({ length: 8 }, worker))
  }

  const measure = async (what: string, end: () => Promise<unknown>): Promise<Row> => {
    const target = (stayers[0]?.version ?? 0) + 1
    const before = stayers.map(({ connections }) => connections)
    const from = performance.now()
    const at: Array<number> = []
    const seen = new Set<Stayer>()
    await end()
    await server.restart()
    const ready = performance.now() - from
    const spoken = speak()
    const look = () => {
      for (const [i, stayer] of stayers.entries()) {
        if (seen.has(stayer) || !stayer.isInSync || stayer.version < target) continue
        if (stayer.connections === before[i]) continue
        seen.add(stayer)
        at.push(performance.now() - from)
      }
      return seen.size >= sockets
    }
    await until(look, 90_000, "everybody to be back").catch(() => {})
    await spoken
    const ninetyNine = at[Math.ceil(sockets * 0.99) - 1] ?? Number.POSITIVE_INFINITY
    const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`
    return {
      what: `${sockets} sockets dropped by ${what}: 99 % back and in sync`,
      promised: `≤ ${promised / 1000} s`,
      measured: `${seconds(ninetyNine)} (half ${seconds(at[sockets / 2] ?? Number.NaN)}, all ${seconds(at[sockets - 1] ?? Number.NaN)}; listening after ${seconds(ready)})`,
      kept: ninetyNine <= promised,
    }
  }

  try {
    for (const [i, stayer] of stayers.entries()) {
      stayer.connect()
      if (i % 50 === 49) await pause(20)
    }
    await until(() => stayers.every(({ isInSync }) => isInSync), 60_000, "everybody's hello")
    const first = await measure("a restart (SIGTERM)", () => server.terminate())
    await until(() => stayers.every(({ isInSync }) => isInSync), 60_000, "everybody")
    const second = await measure("kill -9", () => server.kill9())
    return [first, second]
  } finally {
    for (const stayer of stayers) stayer.stop()
  }
}
