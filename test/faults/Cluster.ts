// Nodes of one cluster on a PostgreSQL, a Redis and a directory of files of their own. Each has a wire of its own to PostgreSQL, to Redis and to each
// other node, and all of them can be cut; clients come in through a load balancer.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { freePort, hasRedisServer, RedisServer } from "../support/redis.ts"
import { Server } from "../support/server.ts"
import { Wire } from "../support/Wire.ts"
import { Balancer } from "./Balancer.ts"
import type { Postgres } from "./Postgres.ts"
import type { Random } from "./Random.ts"

/** The time in which a load balancer detects that a node does not answer, milliseconds. */
const noticedAfter = 1_000

export interface Wires {
  readonly toPostgres: Wire
  readonly toRedis: Wire
  /** By the other node's number. */
  readonly toNodes: ReadonlyMap<number, Wire>
}

const wiresOf = async (i: number, ports: ReadonlyArray<number>, postgres: string, redis: string): Promise<Wires> => {
  const others = [...ports.keys()].filter((other) => other !== i)
  return {
    toPostgres: await Wire.to(postgres),
    toRedis: await Wire.to(redis),
    toNodes: new Map(
      await Promise.all(
        others.map(async (other) => [other, await Wire.to(`tcp://127.0.0.1:${ports[other]}`)] as const),
      ),
    ),
  }
}

const all = ({ toPostgres, toRedis, toNodes }: Wires): ReadonlyArray<Wire> => [toPostgres, toRedis, ...toNodes.values()]

export class Cluster {
  /** The server of each node, by its number. */
  readonly servers: Array<Server> = []
  /** What has been cut can be mended here, by the node's number. */
  readonly wires: Array<Wires> = []
  /** None: the Redis is not ours, and is not killed. */
  readonly redis: RedisServer | undefined
  /** Nodes that cannot answer, and since when. */
  readonly #unsound = new Map<number, number>()
  readonly #files = mkdtempSync(join(tmpdir(), "confab-faults-files-"))
  #balancer: Balancer | undefined

  private constructor(redis: RedisServer | undefined) {
    this.redis = redis
  }

  static async start(count: number, postgres: Postgres, random: Random): Promise<Cluster> {
    const cluster = new Cluster(hasRedisServer ? await RedisServer.start() : undefined)
    await cluster.#open(count, postgres, random).catch(async (cause) => {
      await cluster[Symbol.asyncDispose]()
      throw cause
    })
    return cluster
  }

  async #open(count: number, postgres: Postgres, random: Random): Promise<void> {
    const redis = new URL(this.redis?.url ?? process.env.REDIS_URL ?? "")
    // A database of its own if the Redis is shared: its number is part of all names.
    redis.pathname = `/${random.between(1, 15)}`
    const ports = await Promise.all(Array.from({ length: count }, freePort))
    for (const i of ports.keys()) this.wires.push(await wiresOf(i, ports, postgres.url, redis.href))
    const started = await Promise.allSettled(
      this.wires.map(({ toPostgres, toRedis, toNodes }, i) =>
        Server.start({
          databaseUrl: toPostgres.url,
          env: {
            REDIS_URL: toRedis.url,
            FILES_DIR: this.#files,
            CLUSTER_HOST: "127.0.0.1",
            CLUSTER_PORT: String(ports[i]),
            LOG_LEVEL: "Warn",
            LOG_FORMAT: "pretty",
            NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "peers.ts")).href}`,
            FAULTS_WIRES: JSON.stringify(
              Object.fromEntries([...toNodes].map(([other, wire]) => [ports[other], wire.port])),
            ),
          },
        }),
      ),
    )
    for (const one of started) if (one.status === "fulfilled") this.servers.push(one.value)
    for (const one of started) if (one.status === "rejected") throw one.reason
    this.#balancer = await Balancer.start(() => this.#in(), random.fork())
  }

  /** Where clients come in. */
  get url(): string {
    return this.#balancer?.url ?? ""
  }

  get logs(): string {
    return this.servers.map((server, i) => `node ${i}:\n${server.logs}`).join("\n")
  }

  /** The addresses of the nodes that can answer. */
  get soundUrls(): ReadonlyArray<string> {
    return this.servers.filter((_, i) => !this.#unsound.has(i)).map(({ url }) => url)
  }

  /** Ports of the nodes to which the load balancer connects clients. */
  #in(): ReadonlyArray<number> {
    const isIn = (i: number) => performance.now() - (this.#unsound.get(i) ?? Number.POSITIVE_INFINITY) < noticedAfter
    return this.servers.filter((_, i) => !this.#unsound.has(i) || isIn(i)).map(({ port }) => port)
  }

  server(i: number): Server {
    const server = this.servers[i]
    if (server === undefined) throw new Error(`No node ${i}`)
    return server
  }

  wiresOf(i: number): Wires {
    const wires = this.wires[i]
    if (wires === undefined) throw new Error(`No node ${i}`)
    return wires
  }

  /** Those of the others to this one. */
  wiresTo(i: number): ReadonlyArray<Wire> {
    return this.wires.flatMap(({ toNodes }) => toNodes.get(i) ?? [])
  }

  /** Nobody expects an answer of it, until `isSound`. */
  isUnsound(i: number): void {
    this.#unsound.set(i, performance.now())
  }

  isSound(i: number): void {
    this.#unsound.delete(i)
  }

  async kill(i: number): Promise<void> {
    this.isUnsound(i)
    await this.server(i).kill9()
    for (const wire of this.wiresTo(i)) await wire.unplug()
  }

  /** In good order; resolves with its exit status. */
  async terminate(i: number): Promise<number | null> {
    this.isUnsound(i)
    const status = await this.server(i).terminate()
    for (const wire of this.wiresTo(i)) await wire.unplug()
    return status
  }

  /** Again, under the same addresses. */
  async start(i: number): Promise<void> {
    for (const wire of this.wiresTo(i)) await wire.plug()
    await this.server(i).restart()
    this.isSound(i)
  }

  freeze(i: number): void {
    this.isUnsound(i)
    const { pid } = this.server(i)
    if (pid !== undefined) process.kill(pid, "SIGSTOP")
  }

  thaw(i: number): void {
    const { pid } = this.server(i)
    if (pid !== undefined) process.kill(pid, "SIGCONT")
    this.isSound(i)
  }

  /** Numbers of the nodes that are ready. */
  async ready(): Promise<ReadonlyArray<number>> {
    const answers = await Promise.all(
      this.servers.map(({ url }) =>
        fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) }).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    )
    return answers.flatMap((isReady, i) => (isReady ? [i] : []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#balancer?.close()
    await Promise.all(this.servers.map((server) => server[Symbol.asyncDispose]()))
    await Promise.all(this.wires.flatMap(all).map((wire) => wire.close()))
    await this.redis?.kill()
    rmSync(this.#files, { recursive: true, force: true })
  }
}
