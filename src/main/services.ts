// Everything below the edges: the configured database, the stores, the actors, the services.
import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { ChatActors } from "../actors/ChatActors.ts"
import { GroupCommit } from "../actors/GroupCommit.ts"
import { OriginalDigests } from "../actors/memory/OriginalDigests.ts"
import { Blobs } from "../blobs/Blobs.ts"
import type { ClusterSettings } from "../config/ClusterSettings.ts"
import { Settings } from "../config/Settings.ts"
import type { Unavailable } from "../domain/errors.ts"
import { jobRunner } from "../jobs/JobRunner.ts"
import { works } from "../jobs/works.ts"
import { Pictures } from "../pictures/Pictures.ts"
import { Scanner } from "../scanner/Scanner.ts"
import { AccountDeletions } from "../services/AccountDeletions.ts"
import { Accounts } from "../services/Accounts.ts"
import { Audit } from "../services/Audit.ts"
import { Auth } from "../services/auth/Auth.ts"
import { Revocations } from "../services/auth/Revocations.ts"
import { TokenKeys } from "../services/auth/TokenKeys.ts"
import { Tokens } from "../services/auth/Tokens.ts"
import { TrustedIssuer } from "../services/auth/TrustedIssuer.ts"
import { Chats } from "../services/Chats.ts"
import { Directory } from "../services/Directory.ts"
import { Exports } from "../services/Exports.ts"
import { Files } from "../services/files/Files.ts"
import { Messages } from "../services/Messages.ts"
import { OwnState } from "../services/OwnState.ts"
import { Passwords } from "../services/passwords/Passwords.ts"
import { Records } from "../services/Records.ts"
import { ScheduledDelivery } from "../services/ScheduledDelivery.ts"
import { ScheduledMessages } from "../services/ScheduledMessages.ts"
import { UnreadChats } from "../services/UnreadChats.ts"
import { AuditLog } from "../sql/audit/AuditLog.ts"
import { Changes } from "../sql/changes/Changes.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { clusterClient } from "../sql/database/clusterClient.ts"
import type { Database } from "../sql/database/Database.ts"
import { DatabaseClock } from "../sql/database/DatabaseClock.ts"
import { SchemaHistory } from "../sql/database/SchemaHistory.ts"
import { DeletionStore } from "../sql/deletions/DeletionStore.ts"
import { DirectoryStore } from "../sql/directory/DirectoryStore.ts"
import { ExportStore } from "../sql/exports/ExportStore.ts"
import { FileStore } from "../sql/files/FileStore.ts"
import { FollowerStore } from "../sql/followers/FollowerStore.ts"
import { IdentityStore } from "../sql/identities/IdentityStore.ts"
import { InviteStore } from "../sql/invites/InviteStore.ts"
import { JobAlarm } from "../sql/jobs/JobAlarm.ts"
import { JobStore } from "../sql/jobs/JobStore.ts"
import { BareDigests } from "../sql/journal/BareDigests.ts"
import { Journal } from "../sql/journal/Journal.ts"
import { MessageStore } from "../sql/messages/MessageStore.ts"
import { RecordStore } from "../sql/records/RecordStore.ts"
import { ScheduledStore } from "../sql/scheduled/ScheduledStore.ts"
import { SessionStore } from "../sql/sessions/SessionStore.ts"
import { StateStore } from "../sql/state/StateStore.ts"
import { UserStore } from "../sql/users/UserStore.ts"
import { closedWithin } from "./closedWithin.ts"
import { cluster } from "./cluster.ts"
import { database } from "./database.ts"
import { shared } from "./shared.ts"

const rows = Layer.mergeAll(
  UserStore.layer,
  SchemaHistory.layer,
  SessionStore.layer,
  IdentityStore.layer,
  InviteStore.layer,
  ChatStore.layer,
  MessageStore.layer,
  Journal.layer,
  Changes.layer,
  AuditLog.layer,
  BareDigests.layer,
  DeletionStore.layer,
  DirectoryStore.layer,
  ExportStore.layer,
  RecordStore.layer,
  StateStore.layer,
  JobStore.layer,
  FileStore.layer,
  ScheduledStore.layer,
  FollowerStore.layer,
)

const clusterActors = (settings: ClusterSettings, schema: string | undefined) =>
  ChatActors.layerCluster.pipe(
    Layer.provide(cluster(settings, schema)),
    Layer.provide(clusterClient),
    Layer.provide(DatabaseClock.layer),
  )

type AnyActors = typeof ChatActors.layerLocal | ReturnType<typeof clusterActors>

/** Only DATA_DIR certainly has one server: two servers may use the same database while one replaces the other. */
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

/** A node leaves its cluster in some 1.2 s; an actor answers the commands that it has in milliseconds. */
const actors = Layer.unwrap(Effect.map(Settings, actorsOf)).pipe(
  closedWithin("2500 millis"),
  Layer.provide(GroupCommit.layer),
)

const tokens = Tokens.layer.pipe(Layer.provideMerge(TokenKeys.layer))

/** Other processes may use PostgreSQL, too: other nodes, or the server that this one replaces. */
const lookForJobsEvery = { embedded: 15_000, postgres: 1_500 }

const jobs = Layer.unwrap(
  Effect.map(Settings, ({ databaseUrl }) =>
    jobRunner({ works, lookEveryMillis: lookForJobsEvery[databaseUrl === undefined ? "embedded" : "postgres"] }),
  ),
).pipe(closedWithin("1 second"))

/** The clock by which jobs are due. */
const jobClock = Layer.unwrap(
  Effect.map(
    Settings,
    ({ cluster: settings }): Layer.Layer<DatabaseClock, Unavailable, Database> =>
      settings === undefined ? DatabaseClock.layerLocal : DatabaseClock.layer,
  ),
)

/** The layers of a line use those of the lines below it. */
export const services = jobs.pipe(
  Layer.provide(OriginalDigests.layer),
  Layer.provideMerge(Layer.mergeAll(AccountDeletions.layer, Exports.layer, ScheduledDelivery.layer)),
  Layer.provideMerge(
    Layer.mergeAll(Accounts.layer, Auth.layer, Messages.layer, Records.layer, UnreadChats.layer, Files.layer),
  ),
  Layer.provideMerge(Layer.mergeAll(Revocations.layer, TrustedIssuer.layer, Chats.layer)),
  Layer.provideMerge(OwnState.layer),
  Layer.provideMerge(Directory.layer),
  Layer.provideMerge(ScheduledMessages.layer),
  Layer.provideMerge(actors),
  Layer.provideMerge(
    Layer.mergeAll(
      Audit.layer.pipe(closedWithin("1 second")),
      shared,
      Passwords.layer,
      tokens,
      JobAlarm.layer,
      jobClock,
      Blobs.layer,
      Pictures.layer,
      Scanner.layer,
    ),
  ),
  Layer.provideMerge(rows),
  Layer.provideMerge(database),
  Layer.provide(NodeCrypto.layerSecureRandom),
)
