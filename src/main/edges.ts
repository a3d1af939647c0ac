// The server's edges: HTTP and sockets on one port.
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { NetAddress } from "effect/net"
import { banner } from "../config/Banner.ts"
import { Metrics } from "../http/Metrics.ts"
import { refusals } from "../http/problems/refusals.ts"
import { Readiness } from "../http/Readiness.ts"
import { HttpEdge } from "../http/server/EdgeServer.ts"
import { MetricsServer } from "../http/server/MetricsServer.ts"
import { httpLayer, requestsDeadline, serverLayer } from "../http/server/Server.ts"
import { Hub } from "../hub/Hub.ts"
import { RpcEdge } from "../sockets/rpc/RpcEdge.ts"
import { Upgrade } from "../sockets/Upgrade.ts"
import { Database } from "../sql/database/Database.ts"

/** Gives `/ws` and `/rpc` to the hub before the first connection is accepted. */
const sockets = Layer.effectDiscard(
  Effect.gen(function* () {
    const { handle } = yield* Upgrade
    const edge = yield* HttpEdge
    const opening = yield* refusals
    edge.takeOverSockets((request, socket, head) => handle(request, socket, head, opening(request, socket)))
  }),
).pipe(
  Layer.provide(Upgrade.layer),
  Layer.provide(RpcEdge.layer),
  Layer.provideMerge(Hub.layer),
  Layer.provideMerge(HttpEdge.layer),
)

/**
 * Reports that the server listens. At shutdown it runs first: it stops listening, closes the sockets and lets requests
 * finish.
 */
const open = Layer.effectDiscard(
  Effect.gen(function* () {
    const hub = yield* Hub
    const edge = yield* HttpEdge
    const { mode, location } = yield* Database
    const { address } = yield* HttpServer.HttpServer
    const finished = Effect.callback<void>((resume) => {
      edge.close(() => resume(Effect.void))
    }).pipe(Effect.timeoutOption(requestsDeadline))
    yield* Effect.addFinalizer(() => Effect.all([finished, hub.shutdown], { concurrency: "unbounded" }))
    if (NetAddress.isInetAddress(address)) yield* banner({ port: address.port, mode, location })
  }),
)

export const edges = open.pipe(
  Layer.provide(httpLayer),
  Layer.provide(MetricsServer.layer),
  Layer.provide(Metrics.layer),
  Layer.provide(serverLayer),
  Layer.provide([sockets, Readiness.layer]),
)
