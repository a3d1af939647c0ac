// The HTTP side of Confab as one layer: the API, its documents and the pages.
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Effect, Layer, Metric } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { InvalidSettings } from "../../config/InvalidSettings.ts"
import { cannotListen, httpListener } from "../../config/listening.ts"
import { Settings } from "../../config/Settings.ts"
import { Api } from "../../contract/Api.ts"
import { Limits } from "../../contract/Limits.ts"
import { OriginWarnings } from "../../edge/OriginWarnings.ts"
import { SessionCookies } from "../../edge/SessionCookies.ts"
import { authorizationLayer, leavingLayer, problemsLayer, viewingLayer } from "../authorize.ts"
import { edge } from "../edge.ts"
import { accountsHandlers } from "../handlers/accountsHandlers.ts"
import { authHandlers } from "../handlers/authHandlers.ts"
import { chatsHandlers } from "../handlers/chatsHandlers.ts"
import { filesHandlers } from "../handlers/filesHandlers.ts"
import { messagesHandlers } from "../handlers/messagesHandlers.ts"
import { recordsHandlers } from "../handlers/recordsHandlers.ts"
import { serviceHandlers } from "../handlers/serviceHandlers.ts"
import { stateHandlers } from "../handlers/stateHandlers.ts"
import { Metrics } from "../Metrics.ts"
import { asyncApiRoute } from "../pages/asyncApiRoute.ts"
import { documentRoutes } from "../pages/documents.ts"
import { pageRoutes, readIndex } from "../pages/webPages.ts"
import { HttpEdge } from "./EdgeServer.ts"
import { HeldAnswers } from "./HeldAnswers.ts"
import { routerConfig } from "./routes.ts"
import { takeShortcut } from "./shortcut.ts"
import { socketHints } from "./socketHints.ts"

const apiRoutes = HttpApiBuilder.layer(Api).pipe(
  Layer.provide([
    authHandlers,
    accountsHandlers,
    chatsHandlers,
    messagesHandlers,
    recordsHandlers,
    serviceHandlers,
    stateHandlers,
    filesHandlers,
  ]),
  Layer.provide([authorizationLayer, leavingLayer, viewingLayer, problemsLayer]),
  Layer.provide([OriginWarnings.layer, SessionCookies.layer, Metrics.layer]),
)

/** Serves on the given `HttpServer`. */
export const httpLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const routes = Layer.mergeAll(apiRoutes, documentRoutes, asyncApiRoute, pageRoutes(), socketHints)
    const app = yield* Effect.provideService(HttpRouter.toHttpEffect(routes), HttpRouter.RouterConfig, routerConfig)
    // Before the server serves, so that at shutdown it waits for shortcut requests as well.
    yield* takeShortcut
    const index = readIndex(settings.basePath)
    const held = yield* HeldAnswers
    const server = yield* HttpEdge
    server.onNext = (socket) => held.next(socket)
    return HttpServer.serve(edge({ ...settings, held, missingPage: (request) => index.respond(request, 404) })(app))
  }),
).pipe(
  Layer.provideMerge(HeldAnswers.layer),
  Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(Limits.bodyBytes))),
)

const untaken = Metric.counter("confab_http_untaken_total", {
  description: "Connections that were ended because nothing of their answer was taken for 30 s",
  incremental: true,
})

/** How long requests under way may take at shutdown. */
export const requestsDeadline = "2 seconds"

/** Listens at the configured address, on the process's `HttpEdge`. */
export const serverLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const server = yield* HttpEdge
    const context = yield* Effect.context<never>()
    server.onUntaken = (ended) => untaken.updateUnsafe(ended, context)
    return NodeHttpServer.layer(() => server, {
      port: settings.port,
      host: settings.host,
      gracefulShutdownTimeout: requestsDeadline,
    }).pipe(
      Layer.catchTag("ServeError", (error) =>
        Layer.effectContext<unknown, InvalidSettings, never>(Effect.fail(cannotListen(httpListener(settings), error))),
      ),
    )
  }),
)
