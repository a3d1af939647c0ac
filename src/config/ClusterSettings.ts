// Cluster mode is chosen by its settings, all of them or none: half a cluster would be one that loses its listeners.
import type { Redacted } from "effect"
import type { InvalidSetting } from "./InvalidSettings.ts"

export interface ClusterSettings {
  readonly redisUrl: Redacted.Redacted
  /** Where the other nodes reach this one, and the only address that its port for them listens on. */
  readonly host: string
  readonly port: number
}

/** The shard locks hold one connection for ever; the rest must do for everything else. */
export const fewestConnections = 6

/** Which of them are set, whether rightly or not. */
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
    problem: `is required with ${names.join(" and ")}, which ask for cluster mode: ${what}`,
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
