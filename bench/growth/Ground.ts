// A database and a server for one measurement, and the processor time and pages that both have used.
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { WebSocket } from "ws"
import type { Kind } from "../Kind.ts"
import { cpuNanoseconds } from "../load/Meter.ts"
import { Wire } from "../load/Wire.ts"
import { createDatabase, type Postgres, query } from "../Postgres.ts"
import { Server } from "../Server.ts"
import { signToken } from "../Token.ts"

const secret = "a secret of the benchmark, long enough to be taken for one"

/** For one execution: milliseconds of processor time, pages of PostgreSQL, and elapsed milliseconds. */
export interface Used {
  readonly server: number
  readonly backends: number
  readonly buffers: number
  readonly millis: number
}

/** The share of one in so many. */
export const each = ({ backends, buffers, millis, server }: Used, count: number): Used => ({
  server: server / count,
  backends: backends / count,
  buffers: buffers / count,
  millis: millis / count,
})

export interface Device {
  readonly socket: WebSocket
  /** How many frames of each type it received. */
  readonly heard: Map<string, number>
  readonly closed: () => number | undefined
  /** The next frame of this type that fits. */
  readonly next: (type: string, fits?: (frame: Record<string, unknown>) => boolean) => Promise<Record<string, unknown>>
  readonly say: (frame: object) => void
}

/** A device that only counts the frames of one type, so that thousands of them can. */
export interface Listener {
  frames: number
  bytes: number
  /** undefined: it lives. */
  ended: string | undefined
  readonly close: () => void
}

export class Ground {
  readonly url: string
  #server: Server | undefined
  readonly #kind: Kind

  private constructor(url: string, kind: Kind) {
    this.url = url
    this.#kind = kind
  }

  /** An empty database with the tables of the server in `source`. */
  static async make(postgres: Postgres, label: string, source: string): Promise<Ground> {
    const url = await createDatabase(postgres, label)
    const kind: Kind = {
      name: "confab",
      title: "Confab",
      entry: join(source, "src", "main.ts"),
      dialect: "confab",
      database: "postgres",
      env: { RATE_LIMITS: "off", LOG_LEVEL: "Error", MAX_GROUP_MEMBERS: "100000", DATABASE_URL: url },
      seed: () => [],
    }
    const ground = new Ground(url, kind)
    await ground.start()
    await ground.stop()
    return ground
  }

  async start(): Promise<void> {
    this.#server = await Server.start(this.#kind, {}, secret)
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  get #running(): Server {
    if (this.#server === undefined) throw new Error("the server is not running")
    return this.#server
  }

  sql(...statements: ReadonlyArray<string>) {
    return query(this.url, ...statements)
  }

  address(path: string): string {
    return `http://127.0.0.1:${this.#running.port}${path}`
  }

  async call(user: number, method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
    const answer = await fetch(this.address(path), {
      method,
      headers: {
        "accept-encoding": "identity",
        ...(user > 0 && { authorization: `Bearer ${signToken(secret, user)}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  async connect(user: number, resume = false): Promise<Device> {
    const token = signToken(secret, user)
    const socket = new WebSocket(`ws://127.0.0.1:${this.#running.port}/ws${resume ? "?resume=true" : ""}`, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    })
    const heard = new Map<string, number>()
    const waiting = new Set<(frame: Record<string, unknown>) => void>()
    let code: number | undefined
    socket.on("message", (data) => {
      // Only the type of a frame is read, since there may be very many.
      const text = String(data)
      const type = /"type":"(\w+)"/.exec(text)?.[1] ?? "?"
      heard.set(type, (heard.get(type) ?? 0) + 1)
      if (waiting.size === 0) return
      const frame = JSON.parse(text)
      for (const look of waiting) look(frame)
    })
    socket.on("close", (closed) => {
      code = closed
    })
    socket.on("error", () => {})
    const next: Device["next"] = (type, fits = () => true) =>
      new Promise((resolve, reject) => {
        const end = () => {
          clearTimeout(timer)
          waiting.delete(look)
        }
        const look = (frame: Record<string, unknown>) => {
          if (frame.type !== type || !fits(frame)) return
          end()
          resolve(frame)
        }
        const timer = setTimeout(() => {
          end()
          reject(new Error(`no ${type} in 60 s`))
        }, 60_000)
        waiting.add(look)
      })
    const device = {
      socket,
      heard,
      closed: () => code,
      next,
      say: (frame: object) => socket.send(JSON.stringify(frame)),
    }
    const hello = next("hello")
    await once(socket, "open")
    await hello
    return device
  }

  /** Connected once hello has arrived; counts frames of this type. */
  listen(user: number, type: string): Promise<Listener> {
    const begin = Buffer.from(`{"type":"${type}"`)
    const { promise, reject, resolve } = Promise.withResolvers<Listener>()
    const wire = new Wire(this.#running.port, "/ws", [`Authorization: Bearer ${signToken(secret, user)}`], {
      frame: (buffer, start, end) => {
        if (buffer.compare(begin, 0, begin.length, start, start + begin.length) === 0) {
          listener.frames++
          listener.bytes += end - start
        }
        resolve(listener)
      },
      closed: (why) => {
        listener.ended = why
        reject(new Error(why))
      },
    })
    const listener: Listener = { frames: 0, bytes: 0, ended: undefined, close: () => wire.close() }
    return promise
  }

  /** Mebibytes that the server occupies: now, or at most so far. */
  resident(what: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${this.#running.pid}/status`, "utf8")
    return Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1_024
  }

  async #backends(): Promise<ReadonlyArray<number>> {
    const rows = await this.sql(
      "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    return rows.map(({ pid }) => Number(pid))
  }

  /** Milliseconds of processor time so far. */
  async cpu(): Promise<{ server: number; backends: number }> {
    const sum = (pids: ReadonlyArray<number>) => pids.reduce((all, pid) => all + (cpuNanoseconds(pid) ?? 0), 0) / 1e6
    return { server: sum([this.#running.pid]), backends: sum(await this.#backends()) }
  }

  /** All pages that were requested. A backend reports them when it ends, so the server's are ended. */
  async #buffers(): Promise<number> {
    await this.sql(
      "select pg_terminate_backend(pid, 2000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    const [row] = await this.sql(
      "select (blks_hit + blks_read)::float8 as pages from pg_stat_database where datname = current_database()",
    )
    return Number(row?.pages)
  }

  /** Runs the work once to warm up, except with `once`, then `times` times; returns the use of one execution. */
  async used(times: number, work: (round: number) => Promise<unknown>, once = false): Promise<Used> {
    const pages = await this.#buffers()
    // Waits until the connections are back.
    while ((await this.call(0, "GET", "/ready")).status !== 200) await sleep(100)
    if (!once) await work(0)
    const before = await this.cpu()
    const from = performance.now()
    for (let round = 1; round <= times; round++) await work(round)
    const millis = performance.now() - from
    await sleep(300)
    const after = await this.cpu()
    return {
      server: (after.server - before.server) / times,
      backends: (after.backends - before.backends) / times,
      buffers: ((await this.#buffers()) - pages) / (once ? times : times + 1),
      millis: millis / times,
    }
  }
}
