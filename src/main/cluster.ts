// This node's part in the cluster: Effect Cluster over TCP between the nodes, with its members and locks in PostgreSQL.
import { NodeClusterSocket } from "@effect/platform-node"
import { Effect, Fiber, Layer, Option, Scope } from "effect"
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

/** See docs/decisions/0007. */
const shardingConfig = ({ host, port }: ClusterSettings) =>
  ShardingConfig.layer({
    runnerAddress: Option.some(RunnerAddress.make(host, port)),
    // All nodes must agree, so it is no setting. Enough for some twenty nodes; each is a lock that is handed over by itself.
    shardsPerGroup: 100,
    // A node that has been silent for so long is none any more, and a frozen one loses its locks.
    shardLockExpiration: "4 seconds",
    shardLockRefreshInterval: "1300 millis",
    // How soon the others see that a node has come or gone …
    refreshAssignmentsInterval: "500 millis",
    // … and a connection that is refused is enough to see it, before its silence would be.
    runnerHealthCheckInterval: "1 second",
    // What was on the way to an actor is answered by then, or by nobody.
    entityTerminationTimeout: "3 seconds",
    // An entity is only the door of a chat for other nodes: cheap to make, so not kept for long. The actors behind them have
    // their own bounds.
    entityMaxIdleTime: "10 seconds",
    maxResidentEntities: 20_000,
    // Nothing is polled for, but this is also how soon locks are asked for again after the database has failed once.
    entityMessagePollInterval: "500 millis",
    sendRetryInterval: "50 millis",
    simulateRemoteSerialization: false,
  })

/** So long after it has left, a node still tells the others that a chat is no longer here, until all of them know. */
const farewell = "800 millis"

const leave = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sleep(farewell)))

/** A node that stood still has answers for connections that are gone, and Effect's sockets would wait for these for ever. */
const hangUpWithin = "1 second"

const runner = Layer.effectDiscard(
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer((exit) =>
      Effect.flatMap(Effect.forkDetach(Scope.close(scope, exit)), (closing) =>
        Effect.timeoutOption(Fiber.join(closing), hangUpWithin),
      ),
    )
    yield* Layer.buildWithScope(RunnerServer.layer, scope)
  }),
)

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

/** Requests between nodes are answered or lost: what has to last is in the journal, not in messages. */
const messages = MessageStorage.layerNoop

/** From the bottom up: members and locks, the ways to the others, who is where, what the others ask. */
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
