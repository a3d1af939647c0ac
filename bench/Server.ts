// A server under test as a process of its own, on its own core, with the probe in it.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { get } from "node:http"
import { availableParallelism } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { onEnd } from "./Cleanup.ts"
import { freePort } from "./freePort.ts"
import type { Kind } from "./Kind.ts"
import type { FromProbe, ToProbe } from "./probe.ts"

/** Core 0 is the server's, core 1 the load generator's; without two cores, or off Linux, the system decides. */
export const pinned = process.platform === "linux" && availableParallelism() > 1

export const spawnOnCore = (
  core: 0 | 1,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string | undefined>>,
): ChildProcess => {
  const [command, ...rest] = pinned
    ? ["taskset", "-c", String(core), process.execPath, ...args]
    : [process.execPath, ...args]
  return spawn(command!, rest, { env, stdio: ["ignore", "pipe", "pipe", "ipc"] })
}

const isReady = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path: "/ready", agent: false, timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on("error", () => resolve(false))
    request.on("timeout", () => request.destroy())
  })

const readyWithin = 60_000

export class Server {
  readonly port: number
  readonly pid: number
  /** Milliseconds from the start of the process until `/ready` succeeded. */
  readonly startUp: number
  readonly #child: ChildProcess
  readonly stop: () => Promise<void>

  private constructor(child: ChildProcess, port: number, startUp: number, stop: () => Promise<void>) {
    this.#child = child
    this.port = port
    this.pid = child.pid ?? 0
    this.startUp = startUp
    this.stop = stop
  }

  static async start(kind: Kind, env: Readonly<Record<string, string>>, secret: string): Promise<Server> {
    const port = await freePort()
    const from = performance.now()
    const child = spawnOnCore(0, ["--expose-gc", "--import", join(import.meta.dirname, "probe.ts"), kind.entry], {
      PATH: process.env.PATH,
      HOST: "127.0.0.1",
      PORT: String(port),
      NODE_ENV: "production",
      JWT_SECRET: secret,
      ...kind.env,
      ...env,
    })
    let said = ""
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000)
    }
    child.stdout?.on("data", hear)
    child.stderr?.on("data", hear)
    const stop = onEnd(() => end(child))
    while (!(await isReady(port))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() - from > readyWithin) {
        await stop()
        throw new Error(`${kind.title} did not start:\n${said}`)
      }
      await sleep(5)
    }
    return new Server(child, port, performance.now() - from, stop)
  }

  async ask(message: ToProbe): Promise<FromProbe> {
    const answer = once(this.#child, "message")
    this.#child.send(message)
    const [reply]: ReadonlyArray<FromProbe> = await answer
    if (reply === undefined) throw new Error("the probe did not answer")
    return reply
  }
}

/** Ends the process with SIGTERM, then with SIGKILL. */
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  child.kill("SIGTERM")
  const forced = setTimeout(() => child.kill("SIGKILL"), 6_000)
  await exited
  clearTimeout(forced)
}
