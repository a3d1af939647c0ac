// Several real servers on one PostgreSQL and one Redis, as an operator runs them: killed, frozen, stopped, restarted.
import { randomBytes } from "node:crypto"
import pg from "pg"
import { until } from "../resilience/Caller.ts"
import { freePort, ownRedisDatabase } from "../support/redis.ts"
import { Server } from "../support/server.ts"

const administer = async (postgresUrl: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  await client.query(statement).finally(() => client.end())
}

/** As src/main/cluster.ts has it. Each is an advisory lock of its node, which two numbers name. */
const shards = 100
const heldShards = `select distinct objid from pg_locks where locktype = 'advisory' and objsubid = 2 and granted
  and database = (select oid from pg_database where datname = current_database())`

export class Nodes {
  readonly all: Array<Server> = []
  readonly databaseUrl: string
  readonly #postgresUrl: string
  readonly #env: Readonly<Record<string, string>>

  private constructor(postgresUrl: string, databaseUrl: string, env: Readonly<Record<string, string>>) {
    this.#postgresUrl = postgresUrl
    this.databaseUrl = databaseUrl
    this.#env = env
  }

  /** On a database of their own on this PostgreSQL, where node i calls itself `node i`. */
  static async start(count: number, postgresUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Nodes> {
    const name = `cluster_${randomBytes(6).toString("hex")}`
    await administer(postgresUrl, `create database ${name}`)
    const url = new URL(postgresUrl)
    url.pathname = `/${name}`
    const nodes = new Nodes(postgresUrl, url.href, { REDIS_URL: await ownRedisDatabase(), ...env })
    await nodes.add(count).catch(async (cause) => {
      await nodes[Symbol.asyncDispose]()
      throw cause
    })
    return nodes
  }

  /** Starts `count` more concurrently. */
  async add(count = 1): Promise<ReadonlyArray<Server>> {
    const ports = await Promise.all(Array.from({ length: count }, freePort))
    const started = await Promise.allSettled(
      ports.map((port, i) =>
        Server.start({
          databaseUrl: this.#urlOf(this.all.length + i),
          env: { CLUSTER_HOST: "127.0.0.1", CLUSTER_PORT: String(port), ...this.#env },
        }),
      ),
    )
    const servers = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []))
    this.all.push(...servers)
    for (const one of started) if (one.status === "rejected") throw one.reason
    return servers
  }

  /** Those whose process lives, in the order of their starts. */
  get running(): ReadonlyArray<Server> {
    return this.all.filter(({ isRunning }) => isRunning)
  }

  /** Replaces the nodes that an earlier test has ended, so that `count` run, and waits until each shard has a node again. */
  async complete(count: number): Promise<void> {
    if (this.running.length === count) return
    await this.add(count - this.running.length)
    await until(async () => (await this.query(heldShards)).length === shards, 60_000)
  }

  /** By what it calls itself. */
  named(name: string): Server {
    const server = this.all.find((_, i) => name === `node ${i}`)
    if (server === undefined) throw new Error(`There is no ${name}`)
    return server
  }

  #urlOf(place: number): string {
    const url = new URL(this.databaseUrl)
    url.searchParams.set("application_name", `node ${place}`)
    return url.href
  }

  /** The process is stopped by SIGSTOP, and its connections stay open. */
  freeze(server: Server): void {
    if (server.pid !== undefined) process.kill(server.pid, "SIGSTOP")
  }

  thaw(server: Server): void {
    if (server.pid !== undefined) process.kill(server.pid, "SIGCONT")
  }

  async query<Row extends pg.QueryResultRow>(statement: string): Promise<ReadonlyArray<Row>> {
    const client = new pg.Client({ connectionString: this.databaseUrl })
    await client.connect()
    return (await client.query<Row>(statement).finally(() => client.end())).rows
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((server) => server[Symbol.asyncDispose]()))
    await administer(
      this.#postgresUrl,
      `drop database if exists ${new URL(this.databaseUrl).pathname.slice(1)} with (force)`,
    )
  }
}
