// Log-ins by made-up names, 600 in flight from one address: measures how long right log-ins from other addresses take,
// with the limit on failed log-ins per address, and with the shared queue of hashes alone.
import { Agent, request } from "node:http"
import { Server } from "../../test/support/server.ts"
import { type Measure, pause, type Row, within } from "./Row.ts"

const ghosts = 600
const people = 12
const warmMillis = 3_000
const promisedMillis = 2_000
const password = "correct horse battery"

interface Answer {
  readonly status: number
  readonly millis: number
}

/** As if through a proxy from this address. */
const post = (
  port: number,
  agent: Agent,
  address: string,
  path: string,
  type: string,
  body: string,
): Promise<Answer> => {
  const from = performance.now()
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body), "x-forwarded-for": address }
  return new Promise((resolve) => {
    const answered = (status: number) => resolve({ status, millis: performance.now() - from })
    const asked = request({ host: "127.0.0.1", port, agent, path, method: "POST", headers }, (response) => {
      response.resume()
      response.on("end", () => answered(response.statusCode ?? 0))
    })
    asked.on("error", () => answered(0))
    asked.end(body)
  })
}

const logIn = (port: number, agent: Agent, address: string, username: string, password: string): Promise<Answer> =>
  post(
    port,
    agent,
    address,
    "/token",
    "application/x-www-form-urlencoded",
    `${new URLSearchParams({ username, password })}`,
  )

const addressOf = (i: number) => `198.51.100.${i + 1}`

const measure = async (what: string, limit: string): Promise<ReadonlyArray<Row>> => {
  const env = { RATE_LIMITS: "on", TRUST_PROXY: "on", FAILED_LOGINS_PER_ADDRESS: limit, LOG_LEVEL: "Error" }
  await using server = await Server.start({ env, timeout: 60_000 })
  const { port } = server
  const agent = new Agent({ keepAlive: true })
  const flooding = new Agent({ keepAlive: true, maxSockets: ghosts })
  for (let i = 0; i < people; i++) {
    const account = { username: `person${i}`, email: `person${i}@example.com`, password }
    const { status } = await post(port, agent, addressOf(i), "/users", "application/json", JSON.stringify(account))
    if (status !== 201) throw new Error(`A sign-up was refused: ${status}`)
  }
  const statuses = new Map<number, number>()
  let isOver = false
  const ghost = async (i: number) => {
    for (let n = 0; !isOver; n++) {
      const { status } = await logIn(port, flooding, "203.0.113.1", `ghost-${i}-${n}`, "guess guess guess")
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 0) await pause(100)
    }
  }
  const haunting = Array.from({ length: ghosts }, (_, i) => ghost(i))
  try {
    await pause(warmMillis)
    const answers: Array<Answer> = []
    for (let i = 0; i < people; i++) answers.push(await logIn(port, agent, addressOf(i), `person${i}`, password))
    const refused = answers.filter(({ status }) => status !== 200).map(({ status }) => status)
    const did = [...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")
    const row = within(
      `${ghosts} made-up names in flight from one address, ${what}: right log-ins elsewhere`,
      promisedMillis,
      answers.map(({ millis }) => millis),
      `; ghosts: ${did}${refused.length === 0 ? "" : `; REFUSED: ${refused}`}`,
    )
    return [{ ...row, kept: row.kept && refused.length === 0 }]
  } finally {
    isOver = true
    flooding.destroy()
    agent.destroy()
    await Promise.all(haunting)
  }
}

export const ghostLogIns: Measure = async () => [
  ...(await measure("100 failures an address and minute", "100")),
  ...(await measure("without that limit", "0")),
]
