// Measures files, in some two minutes, written to bench/results/files.md: 100 MiB up and down beside plain node:http, and what
// eight such uploads with twenty pictures cost members who talk meanwhile. `node bench/files.ts`
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { Worker } from "node:worker_threads"
import sharp from "sharp"
import { type Device, Person } from "../test/support/person.ts"
import { Server } from "../test/support/server.ts"
import { resultsDirectory } from "./Bench.ts"
import { exchange } from "./files/exchange.ts"
import type { Uploads } from "./files/uploader.ts"

const mib = 1_048_576
const size = 100 * mib
const rounds = 5
const uploaders = 8
const pictures = 20
/** Messages a second, over all members. */
const rate = 100
const talkers = 20

const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const percentile = (values: ReadonlyArray<number>, share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN

/** The least that node:http needs to take a file, make it durable, and send it. */
const peerCode = `
  import { createReadStream, createWriteStream, mkdtempSync } from "node:fs"
  import { createServer } from "node:http"
  import { join } from "node:path"
  import { pipeline } from "node:stream/promises"
  const path = join(process.argv[1], "file")
  createServer(async (request, response) => {
    if (request.method === "GET") return void createReadStream(path).pipe(response)
    await pipeline(request, createWriteStream(path, { flush: true }))
    response.end("{}")
  }).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`

const startPeer = async (directory: string): Promise<{ readonly url: string; readonly child: ChildProcess }> => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", peerCode, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const [port] = await once(createInterface(child.stdout!), "line")
  return { url: `http://127.0.0.1:${port}/`, child }
}

const seconds = async (run: () => Promise<unknown>): Promise<number> => {
  const from = performance.now()
  await run()
  return (performance.now() - from) / 1000
}

/** Processor time of this process so far, of all its threads, milliseconds. */
const processorMillis = (pid: number): number => {
  const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")
  const fields = rest.split(" ")
  // In ticks of 10 ms, for itself and in the kernel.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

interface Measured {
  readonly seconds: number
  /** Of the server. */
  readonly processorMillis: number
}

const measured = async (pid: number, run: () => Promise<unknown>): Promise<Measured> => {
  const before = processorMillis(pid)
  return { seconds: await seconds(run), processorMillis: processorMillis(pid) - before }
}

const speeds = async (server: Server, directory: string) => {
  const me = await Person.signUp(server.url)
  const peer = await startPeer(directory)
  const found: Record<string, Array<Measured>> = {}
  const [plain, confab] = [peer.child.pid ?? 0, server.pid ?? 0]
  try {
    for (let round = 0; round <= rounds; round++) {
      let id = 0
      const token = me.access_token
      const times = {
        "plain up": await measured(plain, () => exchange(peer.url, { method: "PUT", body: size })),
        "Confab up": await measured(confab, async () => {
          const { text } = await exchange(`${server.url}/files?as=file`, { method: "POST", token, body: size })
          id = JSON.parse(text).id
        }),
        "plain down": await measured(plain, () => exchange(peer.url, { method: "GET" })),
        "Confab down": await measured(confab, async () => {
          const { bytes } = await exchange(`${server.url}/files/${id}`, { method: "GET", token })
          if (bytes !== size) throw new Error(`${bytes} bytes came back`)
        }),
      }
      await me.ok("DELETE", `/files/${id}`)
      // The first round warms up.
      if (round === 0) continue
      for (const [what, each] of Object.entries(times)) found[what] = [...(found[what] ?? []), each]
    }
  } finally {
    peer.child.kill()
  }
  return found
}

/** Bytes of this process, and of the one that makes pictures. */
const residentOf = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

interface Talk {
  readonly stop: () => Promise<ReadonlyArray<number>>
}

/** All members send in turn; gives the times until each acknowledgement, milliseconds. */
const talk = (devices: ReadonlyArray<Device>, chat_id: number): Talk => {
  const times: Array<number> = []
  const waiting = new Set<Promise<void>>()
  let i = 0
  const timer = setInterval(() => {
    const from = performance.now()
    const answer = devices[i++ % devices.length]!.ask({ type: "message", chat_id, text: "While files are sent" }).then(
      () => {
        times.push(performance.now() - from)
        waiting.delete(answer)
      },
    )
    waiting.add(answer)
  }, 1000 / rate)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(waiting)
      return times
    },
  }
}

const upload = async (uploads: Uploads): Promise<void> => {
  await once(new Worker(new URL("files/uploader.ts", import.meta.url), { workerData: uploads }), "message")
}

const beside = async (server: Server) => {
  const people: Array<Person> = []
  for (let i = 0; i < talkers; i++) people.push(await Person.signUp(server.url))
  const [owner, ...others] = people as [Person, ...Array<Person>]
  const chat_id = await owner.group("Talk", ...others)
  const devices = await Promise.all(people.map((person) => person.connect()))
  const jpeg = await sharp(randomBytes(4000 * 3000 * 3), { raw: { width: 4000, height: 3000, channels: 3 } })
    .blur(8)
    .jpeg({ quality: 85 })
    .toBuffer()
  const warm = talk(devices, chat_id)
  await sleep(5_000)
  await warm.stop()
  const pid = server.pid ?? 0
  const quiet = talk(devices, chat_id)
  await sleep(20_000)
  const before = await quiet.stop()
  const resident = residentOf(pid)
  let most = 0
  const sampler = setInterval(() => {
    most = Math.max(most, residentOf(pid))
  }, 50)
  const busy = talk(devices, chat_id)
  const took = await seconds(() =>
    Promise.all([
      upload({
        url: `${server.url}/files?as=file`,
        tokens: people.slice(0, uploaders).map(({ access_token }) => access_token),
        size,
      }),
      ...Array.from({ length: pictures }, async (_, i) => {
        const { access_token: token } = people[uploaders + (i % (talkers - uploaders))]!
        await exchange(`${server.url}/files?name=p${i}.jpg`, {
          method: "POST",
          token,
          body: Buffer.concat([jpeg, Buffer.from([i])]),
        })
      }),
    ]),
  )
  const during = await busy.stop()
  clearInterval(sampler)
  for (const device of devices) device.cut()
  return { before, during, took, resident, most, picture: jpeg.length }
}

const directory = mkdtempSync(join(tmpdir(), "confab-bench-files-"))
const server = await Server.start({ env: { FILES_DIR: join(directory, "files"), LOG_LEVEL: "Error" } })
try {
  const found = await speeds(server, directory)
  const { before, during, most, picture, resident, took } = await beside(server)
  const perSecond = (times: ReadonlyArray<number>) => (100 / median(times)).toFixed(0)
  const range = (times: ReadonlyArray<number>) => `${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)}`
  const rows = Object.entries(found).map(([what, all]) => {
    const times = all.map(({ seconds }) => seconds)
    const processor = median(all.map(({ processorMillis }) => processorMillis / (size / mib))).toFixed(1)
    return `| ${what} | ${median(times).toFixed(2)} | ${range(times)} | ${perSecond(times)} | ${processor} |`
  })
  const p = (values: ReadonlyArray<number>, share: number) => percentile(values, share).toFixed(1)
  const text = `# Files

${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.versions.node}, the embedded database; the client is another process on the same machine, over
loopback. Load average at the end ${loadavg()[0]?.toFixed(1)}. \`node bench/files.ts\`

## One file of 100 MiB

Median of ${rounds} rounds, in turns. «Plain» is node:http with \`pipeline\` to a file that is flushed to disk, and \`pipe\` from it; Confab also hashes the bytes,
asks who may see them, and writes its rows.

| | seconds | from … to | MiB/s | processor of the server, ms/MiB |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}

## ${uploaders} uploads of 100 MiB and ${pictures} pictures, beside ${talkers} members who send ${rate} messages a second

The pictures have 12 megapixels and ${(picture / mib).toFixed(1)} MiB each, and are made one after the other in a process of their own. All of it took ${took.toFixed(1)} s.

| until the acknowledgement, ms | p50 | p99 | max |
| --- | ---: | ---: | ---: |
| before (${before.length} messages) | ${p(before, 0.5)} | ${p(before, 0.99)} | ${p(before, 1)} |
| during (${during.length} messages) | ${p(during, 0.5)} | ${p(during, 0.99)} | ${p(during, 1)} |

Resident memory of the server: ${(resident / mib).toFixed(0)} MiB before, ${(most / mib).toFixed(0)} MiB at most during it (${((most - resident) / mib).toFixed(0)} MiB more).
`
  mkdirSync(resultsDirectory, { recursive: true })
  writeFileSync(join(resultsDirectory, "files.md"), text)
  console.log(text)
} finally {
  await server[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
}
