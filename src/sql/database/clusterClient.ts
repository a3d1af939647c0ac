// Effect Cluster's access to the database: connections and tables of its own.
import { createHash } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { Database } from "./Database.ts"

/** Connections that Effect Cluster needs: one of them holds its locks. */
export const clusterConnections = 3

/** Effect Cluster stores its members and locks through this client, which follows a failover like all others. */
export const clusterClient = Layer.unwrap(
  Effect.map(Database, ({ server }) => {
    if (server === undefined) throw new Error("A cluster needs a PostgreSQL server")
    return PgClient.layer(server.pool(clusterConnections))
  }),
)

/**
 * The prefix of its tables. Its locks use the prefix too, and they belong to the whole database, not the schema: two
 * installations in one database must not share them.
 */
export const clusterPrefix = (schema: string | undefined): string =>
  schema === undefined || schema === "public"
    ? "cluster"
    : `cluster_${createHash("sha256").update(schema).digest("hex").slice(0, 8)}`
