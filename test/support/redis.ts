// A Redis for tests: REDIS_URL, or a redis-server from the PATH that lives as long as the test file. Without either,
// those tests are skipped with a notice, and fail when CI is set.
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { createInterface } from "node:readline"

const givenUrl = process.env.REDIS_URL
export const hasRedisServer = spawnSync("redis-server", ["--version"]).status === 0
export const hasRedis = givenUrl !== undefined || hasRedisServer

if (!hasRedis) {
  const message = "No REDIS_URL and no redis-server on the PATH: the tests of many nodes are SKIPPED"
  if (process.env.CI !== undefined && process.env.CI !== "") throw new Error(message)
  console.warn(message)
}

/** A port that was free a moment ago. */
export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)))
    })
  })

/** It is killed when its input ends: also with the process that started it, which may end in any way. */
const leashed = 'redis-server "$@" & server=$!; cat > /dev/null; kill -9 $server; wait $server'

/** A redis-server of one's own, without files, that may be killed and started again on its port. */
export class RedisServer {
  readonly port: number
  private child: ChildProcess | undefined
  private constructor(port: number) {
    this.port = port
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort())
    await server.resume()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Resolves once it takes connections. */
  async resume(): Promise<void> {
    const options = ["--port", String(this.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    const child = spawn("sh", ["-c", leashed, "sh", ...options], { stdio: ["pipe", "pipe", "ignore"] })
    this.child = child
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`redis-server has ended with ${code}`)))
      createInterface(child.stdout).on("line", (line) => {
        if (line.includes("Ready to accept connections")) resolve()
      })
    })
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const child = this.child
    if (child?.stdin == null) return
    this.child = undefined
    const exited = new Promise((resolve) => child.once("exit", resolve))
    child.stdin.end()
    await exited
  }
}

let started: Promise<RedisServer> | undefined

const startedRedis = async (): Promise<string> => {
  started ??= RedisServer.start()
  return (await started).url
}

/** The Redis that tests of this process share; each has names of its own in it. */
export const sharedRedis = async (): Promise<string> => givenUrl ?? (await startedRedis())

let installations = 0

/**
 * A database of a Redis for servers that use the default prefix, so that they do not meet the leases and the presence of
 * servers that were killed before: in this run, or in an earlier one within a minute, which a started Redis excludes. A
 * Redis has 16: each of two workers uses 8 of them in turn.
 */
export const ownRedisDatabase = async (): Promise<string> => {
  const worker = Number(process.env.VITEST_POOL_ID ?? 1) % 2
  const url = new URL(hasRedisServer ? await startedRedis() : await sharedRedis())
  url.pathname = `/${worker * 8 + (installations++ % 8)}`
  return url.href
}

/** A unique prefix. */
export const ownPrefix = (): string => `test-${randomBytes(6).toString("hex")}`
