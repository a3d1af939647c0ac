// Anonymous and malicious input: never a 500, a crash, a hang or a leak, and every answer matches the documents. The short
// run of every `npm test`; FUZZ_CASES makes it longer, FUZZ_SEED repeats it.
import { existsSync, readFileSync } from "node:fs"
import { afterAll, beforeAll, expect, it } from "vitest"
import { Random } from "../faults/Random.ts"
import { Server } from "../support/server.ts"
import { faultsOf, newCase, type OpenApiDocument, operationsOf } from "./fuzz/HttpCase.ts"
import { converse } from "./fuzz/RawSocket.ts"
import { newRpcCase, rpcFaults } from "./fuzz/RpcCase.ts"
import { newSocketCase, socketFaults } from "./fuzz/SocketCase.ts"
import { exchange } from "./fuzz/Wire.ts"
import { leaks, newWorld, type World } from "./fuzz/World.ts"

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000_000))
const cases = Number(process.env.FUZZ_CASES ?? 1_500)
const timeout = 60_000 + cases * 60

let server: Server
let world: World
let before = 0
beforeAll(async () => {
  server = await Server.start()
  world = await newWorld(server.url)
  before = memory()
})
afterAll(() => server?.[Symbol.asyncDispose]())

it(`answers odd requests as its document says (seed ${seed})`, { timeout }, async () => {
  const document: OpenApiDocument = await (await fetch(`${server.url}/openapi.json`)).json()
  const operations = operationsOf(document)
  const definitions = document.components.schemas
  const random = new Random(seed)
  const statuses = new Map<number | undefined, number>()
  const found = await tryAll(cases, 6, async (number) => {
    // By then a user has left or deleted the chat, and tokens live only 15 minutes.
    if (number % 400 === 399) world = await newWorld(server.url)
    const one = newCase(operations[number % operations.length]!, definitions, world, random.fork())
    const faults = exchange(server.port, one.bytes, one.method, one.half).then((answer) => {
      statuses.set(answer?.status, (statuses.get(answer?.status) ?? 0) + 1)
      return faultsOf(one, answer, definitions)
    }, failure)
    const named = (await faults).map((fault) => `${one.operation.name}: ${fault}`)
    return { faults: named, said: Buffer.concat(one.bytes).toString("latin1") }
  })
  if (process.env.FUZZ_CASES !== undefined) console.log(statuses)
  expect(found).toEqual({})
  await unharmed()
})

/** Runs `count` cases, `atOnce` of them concurrently; returns the violations, each kind once with its first case. */
const tryAll = async (count: number, atOnce: number, attempt: (number: number) => Promise<Attempt>) => {
  const found = new Map<string, string>()
  let next = 0
  const worker = async () => {
    while (next < count && found.size < 20) {
      const number = next++
      const { faults, said } = await attempt(number)
      for (const fault of faults) {
        const kind = fault.slice(0, 160)
        if (!found.has(kind)) found.set(kind, `case ${number}: ${said.slice(0, 700)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return Object.fromEntries(found)
}

interface Attempt {
  readonly faults: ReadonlyArray<string>
  readonly said: string
}

/** MiB of the server's process; 0 where the system does not report it. */
const memory = (): number => {
  const path = `/proc/${server.pid}/status`
  return existsSync(path) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, "utf8"))?.[1] ?? 0) / 1_024 : 0
}

/** Everything is as before: nothing was stored, nothing is held forever, no caller is locked out. */
const unharmed = async () => {
  if (process.env.FUZZ_CASES !== undefined) console.log(`${Math.round(memory())} MiB, ${Math.round(before)} before`)
  expect(memory() - before).toBeLessThan(300)
  expect(leaks(server.logs, world)).toEqual([])
  expect(server.logs).not.toMatch(/failed unexpectedly|level=(?:ERROR|FATAL)|"level":"(?:ERROR|FATAL)"/i)
  expect((await world.ada.http("GET", "/me")).status).toBe(200)
  const device = await world.bob.connect()
  await device.settled()
  await device.close()
}

const failure = (cause: unknown) => [String(cause)]

it(`takes odd handshakes and frames for what they are (seed ${seed})`, { timeout }, async () => {
  world = await newWorld(server.url)
  const random = new Random(seed + 1)
  const found = await tryAll(cases / 5, 4, async () => {
    const one = newSocketCase(world, random.fork())
    const faults = converse(server.port, one.open, one.parts).then((outcome) => socketFaults(one, outcome), failure)
    return { faults: await faults, said: one.said }
  })
  expect(found).toEqual({})
  await unharmed()
})

it(`takes odd remote calls for what they are (seed ${seed})`, { timeout }, async () => {
  world = await newWorld(server.url)
  const random = new Random(seed + 2)
  const found = await tryAll(cases / 10, 4, async () => {
    const one = newRpcCase(world, random.fork())
    return { faults: await converse(server.port, one.open, one.parts).then(rpcFaults, failure), said: one.said }
  })
  expect(found).toEqual({})
  await unharmed()
})
