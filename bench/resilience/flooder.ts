// Floods a server with anonymous requests or with the frames of one member, in a thread of its own: until it is
// stopped, as fast as the server allows.
import { request } from "node:http"
import { connect } from "node:net"
import { parentPort, workerData } from "node:worker_threads"
import { WebSocket } from "ws"

export type Flood = "logins" | "connections" | "frames"
export interface FloodData {
  readonly flood: Flood
  readonly port: number
  readonly atOnce: number
  /** Access tokens of the senders of frames. */
  readonly tokens: ReadonlyArray<string>
}

const { atOnce, flood, port, tokens }: FloodData = workerData
const counts: Record<string, number> = {}
const count = (what: string | number) => {
  counts[what] = (counts[what] ?? 0) + 1
}
setInterval(() => parentPort?.postMessage(counts), 200)

/** Each under another name, so that no limit on failures ends it. */
const logIn = (i: number) =>
  new Promise<void>((resolve) => {
    const body = `username=nobody${i}-${counts.tries ?? 0}&password=not%20the%20password`
    count("tries")
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": body.length }
    const asked = request(
      { host: "127.0.0.1", port, method: "POST", path: "/token", headers, agent: false },
      (answer) => {
        count(answer.statusCode ?? 0)
        answer.resume().once("close", resolve)
      },
    )
    asked.once("error", () => {
      count("error")
      resolve()
    })
    asked.end(body)
  })

/** In turn: nothing, a request without an end, an upgrade with an invalid token. */
const comeAndGo = (i: number) =>
  new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      count("connections")
      if (i % 3 === 0) socket.destroy()
      else if (i % 3 === 1) socket.write("GET /me HTTP/1.1\r\nhost: x\r\n", () => socket.destroy())
      else
        socket.write(
          "GET /ws?token=none HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n" +
            "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        )
    })
    socket.on("data", () => socket.destroy())
    socket.on("error", () => count("error"))
    socket.once("close", () => resolve())
  })

const frames = [
  JSON.stringify({ type: "ping" }),
  JSON.stringify({ type: "message", chat_id: 1, text: "x".repeat(4_000) }),
  JSON.stringify({ type: "typing", chat_id: 1 }),
  JSON.stringify({ type: "read", chat_id: 1, seq: 1 }),
]

/** Writes whenever the network accepts more; reconnects when it is closed. */
const sendFrames = (i: number) =>
  new Promise<void>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?token=${tokens[i % tokens.length]}`)
    const send = () => {
      if (socket.readyState !== WebSocket.OPEN) return
      if (socket.bufferedAmount < 65_536) {
        for (const frame of frames) socket.send(frame)
        counts.frames = (counts.frames ?? 0) + frames.length
      }
      setImmediate(send)
    }
    socket.once("open", send)
    socket.on("error", () => count("error"))
    socket.once("close", (code) => {
      count(`closed ${code}`)
      setTimeout(resolve, 50)
    })
  })

const act = { logins: logIn, connections: comeAndGo, frames: sendFrames }[flood]
const worker = async (i: number) => {
  for (let turn = i; ; turn += atOnce) await act(turn)
}
for (let i = 0; i < atOnce; i++) void worker(i)
