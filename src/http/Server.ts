// The HTTP side of Confab as one layer: the API, its documents, the pages, and whatever routes main adds.
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Effect, Layer } from "effect"
import { HttpIncomingMessage, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { InvalidSettings } from "../config/InvalidSettings.ts"
import { cannotListen, httpListener } from "../config/listening.ts"
import { Settings } from "../config/Settings.ts"
import { Api } from "../contract/Api.ts"
import { Limits } from "../contract/Limits.ts"
import { NotFound } from "../domain/errors.ts"
import { OriginWarnings } from "../edge/OriginWarnings.ts"
import { accountsHandlers } from "./accountsHandlers.ts"
import { authHandlers } from "./authHandlers.ts"
import { authorizationLayer, leavingLayer, problemsLayer } from "./authorize.ts"
import { chatsHandlers } from "./chatsHandlers.ts"
import { HttpEdge } from "./EdgeServer.ts"
import { edge } from "./edge.ts"
import { Metrics } from "./Metrics.ts"
import { messagesHandlers } from "./messagesHandlers.ts"
import { asyncApiRoute } from "./pages/asyncApiRoute.ts"
import { documentRoutes } from "./pages/documents.ts"
import { pageRoutes } from "./pages/webPages.ts"
import { problemOrDie } from "./problem.ts"
import { routerConfig } from "./routes.ts"
import { serviceHandlers } from "./serviceHandlers.ts"
import { takeShortcut } from "./shortcut.ts"

const apiRoutes = HttpApiBuilder.layer(Api).pipe(
  Layer.provide([authHandlers, accountsHandlers, chatsHandlers, messagesHandlers, serviceHandlers]),
  Layer.provide([authorizationLayer, leavingLayer, problemsLayer]),
  Layer.provide([OriginWarnings.layer, Metrics.layer]),
)

/** A plain request to a path that speaks WebSocket alone. */
const upgradeRequired = HttpServerResponse.jsonUnsafe(
  {
    type: "urn:confab:problem:UpgradeRequired",
    title: "Upgrade required",
    status: 426,
    detail: "This path speaks WebSocket.",
    _tag: "UpgradeRequired",
  },
  { status: 426, contentType: "application/problem+json", headers: { upgrade: "websocket", connection: "Upgrade" } },
)
const socketHints = Layer.mergeAll(
  HttpRouter.add("GET", "/ws", upgradeRequired),
  HttpRouter.add(
    "GET",
    "/ws/:chat_id",
    Effect.flatMap(HttpRouter.params, ({ chat_id = "" }) =>
      /^[1-9]\d{0,15}$/.test(chat_id) ? Effect.succeed(upgradeRequired) : problemOrDie(new NotFound()),
    ),
  ),
)

/** Serves on the `HttpServer` that is given. `more`: routes of other rooms, such as `/rpc`. */
export const httpLayer = <E = never, R = never>(
  more: Layer.Layer<never, E, R> = Layer.empty as Layer.Layer<never, E, R>,
) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* Settings
      const routes = Layer.mergeAll(apiRoutes, documentRoutes, asyncApiRoute, pageRoutes(), socketHints, more)
      const app = yield* Effect.provideService(HttpRouter.toHttpEffect(routes), HttpRouter.RouterConfig, routerConfig)
      // Before the server serves, so that at the end it waits for what is under way here as well.
      yield* takeShortcut
      return HttpServer.serve(edge(settings)(app))
    }),
  ).pipe(Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(Limits.bodyBytes))))

/** Listens where the settings say, on the process's `HttpEdge`. */
export const serverLayer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const server = yield* HttpEdge
    return NodeHttpServer.layer(() => server, {
      port: settings.port,
      host: settings.host,
      gracefulShutdownTimeout: "3 seconds",
      websocket: { maxPayload: Limits.bodyBytes },
    }).pipe(
      Layer.catchTag("ServeError", (error) =>
        Layer.effectContext<unknown, InvalidSettings, never>(Effect.fail(cannotListen(httpListener(settings), error))),
      ),
    )
  }),
)
