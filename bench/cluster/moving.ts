// Measures how long chats are unavailable when their node stops: all clients are connected to the remaining node, and
// send one message after the other in every chat, repeated until it is acknowledged.
import { setTimeout as sleep } from "node:timers/promises"
import { pair } from "../World.ts"
import { connect } from "./connect.ts"
import type { Fleet } from "./Fleet.ts"
import type { Row } from "./Row.ts"

const chats = Array.from({ length: 60 }, (_, index) => pair(index + 101))
const betweenMillis = 20

export const moving = async (fleet: Fleet, rounds: number): Promise<ReadonlyArray<Row>> => {
  const nodes = [...(await fleet.nodes(3))]
  const stays = nodes.shift()!
  const longest = new Map<number, number>()
  let refused = 0
  let said = 0
  let running = true
  const started = Date.now()
  const sockets = await Promise.all(chats.map(({ first }) => connect(stays, fleet.token(first))))
  for (const [index, socket] of sockets.entries()) {
    const chat_id = chats[index]!.id
    let number = 0
    let since = 0
    const say = () => {
      if (!running) return
      socket.send(
        JSON.stringify({
          type: "message",
          ref: number,
          chat_id,
          text: "still there?",
          dedup_key: `moving-${started}-${number}`,
        }),
      )
    }
    const next = () => {
      number++
      since = performance.now()
      say()
    }
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString())
      if (frame.ref !== number) return
      if (frame.type === "ack") {
        said++
        longest.set(chat_id, Math.max(longest.get(chat_id) ?? 0, performance.now() - since))
        setTimeout(next, betweenMillis)
      } else if (frame.type === "error") {
        refused++
        setTimeout(say, betweenMillis)
      }
    })
    next()
  }
  const observe = async (what: string, go: () => Promise<void>): Promise<Row> => {
    const worst: Array<number> = []
    let errors = 0
    let ended = 0
    for (let round = 0; round < rounds; round++) {
      nodes.push(...(nodes.length < 2 ? await fleet.nodes(1) : []))
      // Until chats have moved to the new node, and their actors run there.
      await sleep(6_000)
      longest.clear()
      const before = refused
      const from = performance.now()
      await go()
      ended = Math.max(ended, performance.now() - from)
      await sleep(8_000)
      worst.push(...longest.values())
      errors += refused - before
    }
    worst.sort((a, b) => a - b)
    const seconds = (millis: number | undefined) => `${((millis ?? Number.NaN) / 1000).toFixed(2)} s`
    const third = worst[Math.floor(worst.length * 0.9)]
    return { what, cells: [seconds(worst.at(-1)), seconds(third), String(errors), seconds(ended)] }
  }
  const rows = [
    await observe("calm", () => Promise.resolve()),
    await observe("SIGTERM", async () => nodes.pop()?.stop()),
    await observe("kill -9", async () => {
      const gone = nodes.pop()
      if (gone === undefined) return
      process.kill(gone.pid, "SIGKILL")
      await gone.stop()
    }),
  ]
  running = false
  for (const socket of sockets) socket.terminate()
  await Promise.all([stays, ...nodes].map((server) => server.stop()))
  if (said < chats.length) throw new Error("hardly anything was said")
  return rows
}
