// Where a run takes place: one server, or the nodes of a cluster, on a PostgreSQL of their own; and what can go wrong there.
import { Server } from "../support/server.ts"
import { Cluster } from "./Cluster.ts"
import { clusterFaults, redisFaults } from "./clusterFaults.ts"
import { databaseFaults, type Faults, serverFaults } from "./faults.ts"
import type { Postgres } from "./Postgres.ts"
import type { Random } from "./Random.ts"
import type { Regular } from "./trouble.ts"

export interface Stage extends AsyncDisposable {
  /** Where clients come in. */
  readonly url: string
  /** The addresses of servers that can answer now. */
  soundUrls(): ReadonlyArray<string>
  faults(random: Random, log: (line: string) => void): Faults
  /** Those of the faults that come by plan, beside the others. */
  readonly regular: Regular
  /** Milliseconds in which what has been done may show only later. */
  readonly aftermath: number
  /** Sends the last messages, which no later event reveals as lost, in the worst circumstances. */
  lastWords(said: () => Promise<void>): Promise<void>
  /** Servers that are not ready; there must be none after the last fault. */
  unready(): Promise<ReadonlyArray<string>>
  logs(): string
}

const single = async (postgres: Postgres): Promise<Stage> => {
  const server = await Server.start({
    databaseUrl: postgres.url,
    env: { LOG_LEVEL: "Warn", LOG_FORMAT: "pretty" },
  })
  return {
    url: server.url,
    aftermath: 0,
    regular: { names: [], every: 0 },
    lastWords: (said) => said(),
    soundUrls: () => [server.url],
    faults: (random, log) => ({ ...serverFaults(server, log), ...databaseFaults(postgres, random) }),
    unready: async () => ((await fetch(`${server.url}/ready`)).ok ? [] : ["the server"]),
    logs: () => server.logs,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const many = async (count: number, postgres: Postgres, random: Random, brisk: boolean): Promise<Stage> => {
  const cluster = await Cluster.start(count, postgres, random)
  return {
    url: cluster.url,
    // The nodes look after their locks every 1.3 s.
    aftermath: 1_500,
    regular: { names: redisFaults, every: 30_000 },
    lastWords: async (said) => {
      for (const { toRedis } of cluster.wires) toRedis.cut()
      await said()
      for (const { toRedis } of cluster.wires) toRedis.heal()
    },
    soundUrls: () => cluster.soundUrls,
    faults: (chance, log) => ({ ...clusterFaults(cluster, chance, brisk, log), ...databaseFaults(postgres, chance) }),
    unready: async () => {
      const ready = await cluster.ready()
      return [...cluster.servers.keys()].filter((i) => !ready.includes(i)).map((i) => `node ${i}`)
    },
    logs: () => cluster.logs,
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}

/** `brisk`: faults of nodes take no longer than they must. */
export const setStage = (nodes: number, postgres: Postgres, random: Random, brisk: boolean): Promise<Stage> =>
  nodes === 1 ? single(postgres) : many(nodes, postgres, random, brisk)
