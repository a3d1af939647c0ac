// This node's part in the cluster: Effect Cluster over TCP between the nodes, with its members and locks in PostgreSQL.
import { NodeClusterSocket } from "@effect/platform-node"
import { Effect, Layer, Option } from "effect"
import {
  MessageStorage,
  RunnerAddress,
  RunnerHealth,
  RunnerServer,
  Runners,
  Sharding,
  ShardingConfig,
  SqlRunnerStorage,
} from "effect/cluster"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { SocketServer } from "effect/socket"
import { Migrator } from "effect/sql"
import * as RunnersOnce from "../actors/remote/RunnersOnce.ts"
import type { ClusterSettings } from "../config/ClusterSettings.ts"
import { cannotListen, clusterListener } from "../config/listening.ts"
import { clusterPrefix } from "../sql/database/clusterClient.ts"
import { inTurn } from "../sql/database/migrate.ts"
import { closedWithin } from "./closedWithin.ts"

/** See docs/decisions/0007. */
const shardingConfig = ({ host, port }: ClusterSettings) =>
  ShardingConfig.layer({
    runnerAddress: Option.some(RunnerAddress.make(host, port)),
    // A constant, since all nodes must agree. Enough for some twenty nodes; each shard is a lock that is handed over
    // separately.
    shardsPerGroup: 100,
    // A node that is silent for this long counts as gone; a frozen node loses its locks.
    shardLockExpiration: "4 seconds",
    shardLockRefreshInterval: "1300 millis",
    // How soon the other nodes see that a node has joined or left.
    refreshAssignmentsInterval: "500 millis",
    // A refused connection shows that a node is gone before its lock expires.
    runnerHealthCheckInterval: "1 second",
    // Requests under way to an actor are answered by then, or not at all.
    entityTerminationTimeout: "3 seconds",
    // An entity only forwards requests of other nodes to a chat's actor. It is cheap to make, so it does not stay for
    // long; the actors have limits of their own.
    entityMaxIdleTime: "10 seconds",
    maxResidentEntities: 20_000,
    // There is no storage to poll, but this is also the delay before locks are requested again after a failure of the
    // database.
    entityMessagePollInterval: "500 millis",
    sendRetryInterval: "50 millis",
    simulateRemoteSerialization: false,
  })

/** How long a node that has left still answers that a chat is no longer here, until all other nodes know. */
const leaveDelay = "800 millis"

const leave = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sleep(leaveDelay)))

/** A node that was frozen has answers for closed connections; Effect's sockets would wait for these forever. */
const runner = RunnerServer.layer.pipe(closedWithin("1 second"))

const listening = (settings: ClusterSettings) =>
  NodeClusterSocket.layerSocketServer.pipe(
    Layer.catchTag("SocketServerError", (error) =>
      Layer.effect(SocketServer.SocketServer, Effect.fail(cannotListen(clusterListener(settings), error.reason))),
    ),
  )

const tables = (prefix: string) =>
  Layer.effectDiscard(
    inTurn(
      Migrator.make({})({ loader: SqlRunnerStorage.migrations({ prefix }), table: `${prefix}_runner_migrations` }),
    ),
  )

const storage = (prefix: string) => SqlRunnerStorage.layerStorage({ prefix }).pipe(Layer.provide(tables(prefix)))

/** Requests between nodes are answered or lost: durable data is in the journal, not in these messages. */
const messages = MessageStorage.layerNoop

/**
 * Layers from the bottom up: members and locks, connections to the other nodes, the assignment of shards, the server.
 */
export const cluster = (settings: ClusterSettings, schema: string | undefined) =>
  leave.pipe(
    Layer.provide(runner),
    Layer.provide(RpcServer.layerProtocolSocketServer),
    Layer.provideMerge(Sharding.layer),
    Layer.provide(RunnerHealth.layerPing),
    Layer.provide(RunnersOnce.layer),
    Layer.provide(Runners.layerRpc),
    Layer.provide([listening(settings), NodeClusterSocket.layerClientProtocol]),
    Layer.provide([messages, storage(clusterPrefix(schema))]),
    Layer.provide(RpcSerialization.layerSchemaBinary()),
    Layer.provideMerge(shardingConfig(settings)),
  )
