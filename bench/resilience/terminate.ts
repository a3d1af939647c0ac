// SIGTERM under load: measures when each socket receives 1001, and when the process has ended.
import { Person } from "../../test/support/person.ts"
import { type Measure, within } from "./Row.ts"
import { Stage } from "./Stage.ts"

const lives = 3
const sockets = 200

export const terminate: Measure = async () => {
  await using stage = await Stage.set()
  const { server } = stage
  const person = await Person.signUp(server.url)
  const chat_id = await person.group("A group")
  const goodbyes: Array<number> = []
  const ends: Array<number> = []
  let proper = true
  for (let life = 0; life < lives; life++) {
    const devices = await Promise.all(Array.from({ length: sockets }, () => person.connect()))
    for (let i = 0; i < 200; i++) devices[i % 4]?.send({ type: "message", chat_id, text: `message ${i}` })
    const from = performance.now()
    const exit = server.terminate()
    const waits = await Promise.all(
      devices.map(async (device) => {
        const { code, reason } = await device.closed
        goodbyes.push(performance.now() - from)
        proper &&= code === 1001
        return code === 1001 ? JSON.parse(reason).retry_after_ms : undefined
      }),
    )
    proper &&= new Set(waits).size === sockets && (await exit) === 0
    ends.push(performance.now() - from)
    await server.restart()
  }
  return [
    within("SIGTERM: every socket has its 1001", 1_000, goodbyes),
    within("SIGTERM: exit", 5_000, ends),
    {
      what: "SIGTERM: exit status 0, 1001 everywhere, each with another `retry_after_ms`",
      promised: "yes",
      measured: proper ? "yes" : "no",
      kept: proper,
    },
  ]
}
