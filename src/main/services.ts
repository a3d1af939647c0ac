// Everything below the edges: the database that the settings ask for, the repositories, the actors, what users can do.
import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { GroupCommit } from "../actors/GroupCommit.ts"
import { OriginalDigests } from "../actors/OriginalDigests.ts"
import type { ClusterSettings } from "../config/ClusterSettings.ts"
import { Settings } from "../config/Settings.ts"
import { Accounts } from "../services/Accounts.ts"
import { Audit } from "../services/Audit.ts"
import { Auth } from "../services/Auth.ts"
import { Chats } from "../services/Chats.ts"
import { Departures } from "../services/Departures.ts"
import { Exports } from "../services/Exports.ts"
import { Housekeeping } from "../services/Housekeeping.ts"
import { Messages } from "../services/Messages.ts"
import { Passwords } from "../services/Passwords.ts"
import { Records } from "../services/Records.ts"
import { Revocations } from "../services/Revocations.ts"
import { TokenKeys } from "../services/TokenKeys.ts"
import { Tokens } from "../services/Tokens.ts"
import { TrustedIssuer } from "../services/TrustedIssuer.ts"
import { AuditLog } from "../sql/AuditLog.ts"
import { BareDigests } from "../sql/BareDigests.ts"
import { Changes } from "../sql/Changes.ts"
import { Chats as ChatRows } from "../sql/Chats.ts"
import { clusterClient, clusterConnections } from "../sql/clusterClient.ts"
import { Database } from "../sql/Database.ts"
import { DatabaseClock } from "../sql/DatabaseClock.ts"
import { Departures as DepartureRows } from "../sql/Departures.ts"
import { Exports as ExportRows } from "../sql/Exports.ts"
import { Identities } from "../sql/Identities.ts"
import { Journal } from "../sql/Journal.ts"
import { Messages as MessageRows } from "../sql/Messages.ts"
import { watchConnections } from "../sql/postgresServer.ts"
import { Records as RecordRows } from "../sql/Records.ts"
import { SchemaHistory } from "../sql/SchemaHistory.ts"
import { Sessions } from "../sql/Sessions.ts"
import { Users } from "../sql/Users.ts"
import { cluster } from "./cluster.ts"
import { shared } from "./shared.ts"

type AnyDatabase = ReturnType<typeof Database.layerEmbedded> | ReturnType<typeof Database.layerPostgres>

const databaseOf = ({
  cluster: clusterSettings,
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
        inCluster: clusterSettings !== undefined,
        maxConnections:
          databaseConnections - watchConnections - (clusterSettings === undefined ? 0 : clusterConnections),
      })

const database = Layer.unwrap(Effect.map(Settings, databaseOf))

const rows = Layer.mergeAll(
  Users.layer,
  SchemaHistory.layer,
  Sessions.layer,
  Identities.layer,
  ChatRows.layer,
  MessageRows.layer,
  Journal.layer,
  Changes.layer,
  AuditLog.layer,
  BareDigests.layer,
  DepartureRows.layer,
  ExportRows.layer,
  RecordRows.layer,
)

const clusterActors = (settings: ClusterSettings, schema: string | undefined) =>
  ChatActors.layerCluster.pipe(
    Layer.provide(cluster(settings, schema)),
    Layer.provide(clusterClient),
    Layer.provide(DatabaseClock.layer),
  )

type AnyActors = typeof ChatActors.layerLocal | ReturnType<typeof clusterActors>

/** Only DATA_DIR is surely ours alone: a database may have two servers on it, if only while one takes over from the other. */
const actorsOf = ({
  cluster: settings,
  databaseSchema,
  databaseUrl,
}: Settings["Service"]): Layer.Layer<ChatActors, Layer.Error<AnyActors>, Layer.Services<AnyActors>> =>
  settings !== undefined && databaseUrl !== undefined
    ? clusterActors(settings, databaseSchema)
    : databaseUrl === undefined
      ? ChatActors.layerLocal
      : ChatActors.layerShared

const actors = Layer.unwrap(Effect.map(Settings, actorsOf)).pipe(Layer.provide(GroupCommit.layer))

const tokens = Tokens.layer.pipe(Layer.provideMerge(TokenKeys.layer))

/** The layers of one line stand on those of the lines below it. */
export const services = Housekeeping.pipe(
  Layer.provide(OriginalDigests.layer),
  Layer.provideMerge(Layer.mergeAll(Departures.layer, Exports.layer)),
  Layer.provideMerge(Layer.mergeAll(Accounts.layer, Auth.layer, Messages.layer, Records.layer)),
  Layer.provideMerge(Layer.mergeAll(Revocations.layer, TrustedIssuer.layer, Chats.layer)),
  Layer.provideMerge(actors),
  Layer.provideMerge(Layer.mergeAll(Audit.layer, shared, Passwords.layer, tokens)),
  Layer.provideMerge(rows),
  Layer.provideMerge(database),
  Layer.provide(NodeCrypto.layerSecureRandom),
)
