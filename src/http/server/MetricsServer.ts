// Metrics on an internal port of their own: METRICS_PORT. It serves one path and needs no token.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { type Cause, Context, Effect, Layer, Option } from "effect"
import type { HttpServerResponse } from "effect/http"
import { cannotListen, metricsListener } from "../../config/listening.ts"
import { Settings } from "../../config/Settings.ts"
import { always } from "../headers.ts"
import { Metrics } from "../Metrics.ts"
import { internalError, notRouted } from "../problems/problem.ts"
import { refuseBroken } from "./clientError.ts"

/** Milliseconds. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 65_000 }
/** A connection without a byte in either direction ends after this time. */
const silence = 30_000
const maxConnections = 64

const isMetrics = /^\/metrics\/?(?:\?|$)/

const respond = (response: ServerResponse, { body, headers, status }: HttpServerResponse.HttpServerResponse): void => {
  const bytes = body._tag === "Uint8Array" ? body.body : new Uint8Array()
  response.writeHead(status, { ...always, ...headers, "content-length": bytes.length })
  // Node omits the body of an answer to HEAD.
  response.end(bytes)
}

const listen = (server: Server, port: number, host: string) =>
  Effect.callback<number, unknown>((resume) => {
    server.once("error", (error) => resume(Effect.fail(error)))
    server.listen({ port, host }, () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

export class MetricsServer extends Context.Service<
  MetricsServer,
  {
    /** None when the settings have no such port. */
    readonly port: Option.Option<number>
  }
>()("confab/http/server/MetricsServer") {
  static readonly layer = Layer.effect(
    MetricsServer,
    Effect.gen(function* () {
      const { host, metricsPort } = yield* Settings
      if (metricsPort === undefined) return MetricsServer.of({ port: Option.none() })
      const metrics = yield* Metrics
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const answer = ({ method, url = "" }: IncomingMessage) => {
        if (!isMetrics.test(url)) return notRouted([])
        return method === "GET" || method === "HEAD" ? metrics.answer : notRouted(["GET", "HEAD"])
      }
      const failed = (cause: Cause.Cause<never>) => {
        const request_id = crypto.randomUUID()
        return Effect.andThen(
          Effect.annotateLogs(Effect.logError("Metrics could not be read", cause), { request_id }),
          internalError(request_id),
        )
      }
      const server = createServer(timeouts, (request, response) => {
        request.resume()
        run(
          Effect.map(Effect.catchCause(answer(request), failed), (found) => {
            if (!response.destroyed) respond(response, found)
          }),
        )
      })
      server.maxConnections = maxConnections
      server.timeout = silence
      server.on("clientError", (error: Error & { readonly code?: string }, socket) =>
        refuseBroken(error, socket, false),
      )
      const listening = yield* Effect.acquireRelease(
        Effect.mapError(listen(server, metricsPort, host), (error) =>
          cannotListen(metricsListener({ port: metricsPort, host }), error),
        ),
        () =>
          Effect.callback<void>((resume) => {
            server.close(() => resume(Effect.void))
            server.closeAllConnections()
          }),
      )
      yield* Effect.annotateLogs(Effect.logInfo("Metrics have a port of their own"), { port: listening })
      return MetricsServer.of({ port: Option.some(listening) })
    }),
  )
}
