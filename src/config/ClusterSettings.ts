// Cluster mode needs all of its settings or none: with half of them, the nodes would not deliver events to each other.
import type { Redacted } from "effect"
import type { InvalidSetting } from "./InvalidSettings.ts"

export interface ClusterSettings {
  readonly redisUrl: Redacted.Redacted
  /** The address where the other nodes reach this one, and the only one on which the cluster port listens. */
  readonly host: string
  readonly port: number
}

/** The shard locks hold one connection permanently; the others serve all other work. */
const fewestConnections = 6

/** Which settings are set, valid or not. */
export interface ClusterChoice {
  readonly databaseUrl: boolean
  readonly redisUrl: boolean
  readonly host: boolean
  readonly port: boolean
  /** undefined: not a number. */
  readonly connections: number | undefined
}

export const clusterProblems = (set: ClusterChoice): ReadonlyArray<InvalidSetting> => {
  const names = [
    ...(set.redisUrl ? ["REDIS_URL"] : []),
    ...(set.host ? ["CLUSTER_HOST"] : []),
    ...(set.port ? ["CLUSTER_PORT"] : []),
  ]
  if (names.length === 0) return []
  const required = (variable: string, what: string): InvalidSetting => ({
    variable,
    problem: `is required with ${names.join(" and ")}, which select cluster mode: ${what}`,
  })
  return [
    ...(set.databaseUrl ? [] : [required("DATABASE_URL", "the PostgreSQL that all nodes share")]),
    ...(set.redisUrl ? [] : [required("REDIS_URL", "what carries events between the nodes")]),
    ...(set.host ? [] : [required("CLUSTER_HOST", "where the other nodes reach this one")]),
    ...(set.port ? [] : [required("CLUSTER_PORT", "the port on which they do")]),
    ...(set.connections !== undefined && set.connections < fewestConnections
      ? [
          {
            variable: "DATABASE_CONNECTIONS",
            problem: `must be at least ${fewestConnections} in cluster mode, where one is held by the shard locks, but is ${set.connections}`,
          },
        ]
      : []),
  ]
}
