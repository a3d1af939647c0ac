// The configured database.
import { Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { clusterConnections } from "../sql/database/clusterClient.ts"
import { Database } from "../sql/database/Database.ts"
import { type PostgresOptions, watchConnections } from "../sql/database/postgresServer.ts"
import { closedWithin } from "./closedWithin.ts"

type AnyDatabase = ReturnType<typeof Database.layerEmbedded> | ReturnType<typeof Database.layerPostgres>

const databaseOf = (
  { cluster, databaseUrl: url, databaseSchema: schema, databaseConnections, dataDir }: Settings["Service"],
  options: Pick<PostgresOptions, "last" | "timeout"> = {},
): Layer.Layer<Layer.Success<AnyDatabase>, Layer.Error<AnyDatabase>> =>
  url === undefined
    ? Database.layerEmbedded(dataDir, options.last)
    : Database.layerPostgres({
        url,
        schema,
        inCluster: cluster !== undefined,
        ...options,
        maxConnections: databaseConnections - watchConnections - (cluster === undefined ? 0 : clusterConnections),
      }).pipe(closedWithin("500 millis"))

/** Waits at start for a database that is unavailable. */
export const database = Layer.unwrap(Effect.map(Settings, (settings) => databaseOf(settings)))

/**
 * Fails at once when the database is unavailable: an operator is waiting. `last`: the last migration to apply; all when
 * it is undefined.
 */
export const databaseNow = (last?: string) =>
  Layer.unwrap(Effect.map(Settings, (settings) => databaseOf(settings, { last, timeout: 0 })))
