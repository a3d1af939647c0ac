// What can go wrong with several nodes, as things that are done to them. Each ends with everything being there again.
import type { Wire } from "../support/Wire.ts"
import type { Cluster } from "./Cluster.ts"
import type { Faults } from "./faults.ts"
import type { Random } from "./Random.ts"

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** During these, signals between nodes are lost. */
export const redisFaults = ["Redis is killed", "no node reaches Redis", "a node does not reach Redis"]

/** `brisk`: they take no longer than they must. */
export const clusterFaults = (
  cluster: Cluster,
  random: Random,
  brisk: boolean,
  log: (line: string) => void,
): Faults => {
  const between = (low: number, high: number) => random.between(low, brisk ? low : high)
  /** Connections break, or stop transferring without a close; then they work again. */
  const away = async (wires: ReadonlyArray<Wire>): Promise<void> => {
    const isSilent = random.chance(0.5)
    for (const wire of wires) isSilent ? wire.silence() : wire.cut()
    await pause(between(1_500, 7_000))
    for (const wire of wires) wire.heal()
  }
  const count = cluster.servers.length
  const any = () => random.between(0, count - 1)
  const two = (): [number, number] => {
    const [one = 0, other = 0] = random.shuffle([...cluster.servers.keys()])
    return [one, other]
  }
  const wiresBetween = (one: number, other: number): ReadonlyArray<Wire> => [
    ...[cluster.wiresOf(one).toNodes.get(other) ?? []].flat(),
    ...[cluster.wiresOf(other).toNodes.get(one) ?? []].flat(),
  ]
  const toOthers = (i: number) => [...cluster.wiresOf(i).toNodes.values(), ...cluster.wiresTo(i)]
  /** The node cannot answer during the fault. */
  const without = async (i: number, during: () => Promise<void>) => {
    cluster.isUnsound(i)
    await during()
    cluster.isSound(i)
  }
  const killAndStart = async (i: number, millis: number) => {
    await cluster.kill(i)
    await pause(millis)
    await cluster.start(i)
  }
  const { redis } = cluster
  return {
    "kill -9 of a node": () => killAndStart(any(), between(0, 5_000)),
    "kill -9 of two nodes": async () => {
      const [one, other] = two()
      await Promise.all([killAndStart(one, between(0, 5_000)), killAndStart(other, between(0, 5_000))])
    },
    "a node stands still": async () => {
      const i = any()
      cluster.freeze(i)
      // Longer than its locks last.
      await pause(between(5_000, 10_000))
      cluster.thaw(i)
    },
    "SIGTERM of all nodes, one after the other": async () => {
      const wrong: Array<string> = []
      for (const i of random.shuffle([...cluster.servers.keys()])) {
        const before = performance.now()
        const status = await cluster.terminate(i)
        log(`SIGTERM of node ${i}: exit after ${Math.round(performance.now() - before)} ms`)
        const said = cluster.server(i).logs.slice(-3_000)
        await cluster.start(i)
        if (status !== 0) wrong.push(`the exit status of node ${i} was ${status}; it wrote ${said}`)
      }
      if (wrong.length > 0) throw new Error(wrong.join("\n"))
    },
    ...(redis === undefined
      ? {}
      : {
          "Redis is killed": async () => {
            await redis.kill()
            await pause(between(0, 5_000))
            await redis.resume()
          },
        }),
    "no node reaches Redis": () => away(cluster.wires.map(({ toRedis }) => toRedis)),
    "a node does not reach Redis": () => away([cluster.wiresOf(any()).toRedis]),
    "a node does not reach PostgreSQL": () => {
      const i = any()
      return without(i, () => away([cluster.wiresOf(i).toPostgres]))
    },
    "two nodes do not reach each other": () => away(wiresBetween(...two())),
    "a node and the others do not reach each other": () => away(toOthers(any())),
    "a node reaches nobody": () => {
      const i = any()
      const { toPostgres, toRedis } = cluster.wiresOf(i)
      return without(i, () => away([toPostgres, toRedis, ...toOthers(i)]))
    },
  }
}
