// Nodes of one cluster on their own PostgreSQL and Redis, for the users of World.ts. All nodes share core 0, as the one
// server does in the other benchmarks: this shows the cost of more nodes, not the benefit of more cores.
import { randomBytes } from "node:crypto"
import { RedisServer } from "../../test/support/redis.ts"
import { onEnd } from "../Cleanup.ts"
import { freePort } from "../freePort.ts"
import type { TalkWork } from "../Job.ts"
import { kinds } from "../Kind.ts"
import { isSound, type Outcome } from "../Outcome.ts"
import { type Postgres, postgres } from "../Postgres.ts"
import { runJob } from "../runJob.ts"
import { Server } from "../Server.ts"
import { countMessages, makeStore, type Store } from "../Store.ts"
import { signToken } from "../Token.ts"

const kind = kinds.find(({ name }) => name === "confab")!
const secret = randomBytes(32).toString("hex")

/** The result of one run; CPU is that of all nodes together. */
export interface Run {
  readonly perSecond: number
  /** ms, send → acknowledgement. */
  readonly p50: number
  readonly p99: number
  /** µs a message. */
  readonly cpu: number
}

export class Fleet {
  readonly postgres: Postgres
  readonly #store: Store
  readonly #redisUrl: string
  #runs = 0

  private constructor(postgres: Postgres, store: Store, redisUrl: string) {
    this.postgres = postgres
    this.#store = store
    this.#redisUrl = redisUrl
  }

  static async prepare(): Promise<Fleet> {
    const shared = await postgres()
    const store = await makeStore(kind, () => Promise.resolve(shared))
    const redis = await RedisServer.start()
    onEnd(() => redis.kill())
    const fleet = new Fleet(shared, store, redis.url)
    const server = await fleet.single()
    await server.stop()
    await store.run(...kind.seed(1))
    await store.run("vacuum analyze")
    return fleet
  }

  /** One server without a cluster. */
  single(): Promise<Server> {
    return Server.start(kind, this.#store.env, secret)
  }

  async nodes(count: number): Promise<ReadonlyArray<Server>> {
    const ports = await Promise.all(Array.from({ length: count }, freePort))
    return Promise.all(
      ports.map((port) => {
        const env = { REDIS_URL: this.#redisUrl, CLUSTER_HOST: "127.0.0.1", CLUSTER_PORT: String(port) }
        return Server.start(kind, { ...this.#store.env, ...env }, secret)
      }),
    )
  }

  token(user: number): string {
    return signToken(secret, user)
  }

  /** `cpuOf`: nodes that do some of the work without connections of their own. */
  async talk(
    [first, ...more]: ReadonlyArray<Server>,
    work: TalkWork,
    seconds: number,
    cpuOf: ReadonlyArray<Server> = [],
  ): Promise<Run> {
    if (first === undefined) throw new Error("nobody to talk to")
    const before = await countMessages(this.#store)
    const label = `run-${++this.#runs}`
    const { pid, port } = first
    const others = more.map((server) => ({ pid: server.pid, port: server.port }))
    const silent = cpuOf.map((server) => server.pid)
    const job = { work, pid, port, others, silent, dialect: kind.dialect, secret, label, warmUp: 2, seconds }
    const report = await runJob(job, () => Promise.resolve())
    const rows = (await countMessages(this.#store)) - before
    const outcome: Outcome = { work: label, server: kind.name, round: 1, startUps: [], report, rows }
    if (!isSound(outcome)) throw new Error(`not sound: ${JSON.stringify({ ...report.faults, rows })}`)
    const { talk } = report
    if (talk?.serverCpu === undefined) throw new Error("nothing was measured")
    const { ack, acked } = talk
    return { perSecond: acked / talk.seconds, p50: ack.p50, p99: ack.p99, cpu: (1e6 * talk.serverCpu) / acked }
  }
}
