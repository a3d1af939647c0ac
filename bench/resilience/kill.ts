// kill -9 under load, and how long until the server is ready again.

import { Person } from "../../test/support/person.ts"
import { Server } from "../../test/support/server.ts"
import { type Measure, within } from "./Row.ts"
import { Stage } from "./Stage.ts"

const lives = 5

const measure = async (server: Server): Promise<ReadonlyArray<number>> => {
  const person = await Person.signUp(server.url)
  const chat_id = await person.group("A group")
  const readyAfter: Array<number> = []
  for (let life = 0; life < lives; life++) {
    const device = await person.connect()
    for (let i = 0; i < 500; i++) device.send({ type: "message", chat_id, text: `message ${i} of life ${life}` })
    await device.hears({ type: "ack" })
    await server.kill9()
    const from = performance.now()
    await server.restart()
    while ((await fetch(`${server.url}/ready`)).status !== 200);
    readyAfter.push(performance.now() - from)
  }
  return readyAfter
}

export const kill: Measure = async () => {
  await using stage = await Stage.set()
  await using embedded = await Server.start({ timeout: 60_000 })
  return [
    within("kill -9, then started: ready again, on PostgreSQL", 3_000, await measure(stage.server)),
    within("kill -9, then started: ready again, embedded database", 3_000, await measure(embedded)),
  ]
}
