// The configured database.
import { Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { clusterConnections } from "../sql/database/clusterClient.ts"
import { Database } from "../sql/database/Database.ts"
import { watchConnections } from "../sql/database/postgresServer.ts"

type AnyDatabase = ReturnType<typeof Database.layerEmbedded> | ReturnType<typeof Database.layerPostgres>

const databaseOf = ({
  cluster,
  databaseUrl: url,
  databaseSchema: schema,
  databaseConnections,
  dataDir,
}: Settings["Service"]): Layer.Layer<Layer.Success<AnyDatabase>, Layer.Error<AnyDatabase>> =>
  url === undefined
    ? Database.layerEmbedded(dataDir)
    : Database.layerPostgres({
        url,
        schema,
        inCluster: cluster !== undefined,
        maxConnections: databaseConnections - watchConnections - (cluster === undefined ? 0 : clusterConnections),
      })

export const database = Layer.unwrap(Effect.map(Settings, databaseOf))
