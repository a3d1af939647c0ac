// What Effect Cluster has of the database: connections of its own, and tables beside ours.
import { createHash } from "node:crypto"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { Database } from "./Database.ts"

/** Connections that Effect Cluster needs for itself: one keeps its locks, one asks. */
export const clusterConnections = 3

/** The client that Effect Cluster keeps its members and locks with; they follow the server as all others do. */
export const clusterClient = Layer.unwrap(
  Effect.map(Database, ({ server }) => {
    if (server === undefined) throw new Error("A cluster needs a PostgreSQL server")
    return PgClient.layer(server.pool(clusterConnections))
  }),
)

/**
 * How the names of its tables begin. Its locks go by this too, and they are the whole database's, not the schema's: two
 * installations in one database must not take each other's.
 */
export const clusterPrefix = (schema: string | undefined): string =>
  schema === undefined || schema === "public"
    ? "cluster"
    : `cluster_${createHash("sha256").update(schema).digest("hex").slice(0, 8)}`
