// HTTP routes for those who run the service.
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { Api } from "../contract/Api.ts"
import { NotReady } from "../contract/ServiceApi.ts"
import { TokenKeys } from "../services/TokenKeys.ts"
import { json } from "./answer.ts"
import { processMetrics } from "./processMetrics.ts"
import { Readiness } from "./Readiness.ts"

const alive = json({ status: "ok" })

export const serviceHandlers = HttpApiBuilder.group(
  Api,
  "service",
  Effect.fnUntraced(function* (handlers) {
    const readiness = yield* Readiness
    const keys = yield* TokenKeys
    const keySet = HttpServerResponse.setHeader(json({ keys: keys.published }), "cache-control", "public, max-age=300")
    const readProcess = yield* processMetrics
    return handlers
      .handle("health", () => Effect.succeed(alive))
      .handle("ready", () =>
        Effect.flatMap(readiness.check, (parts) =>
          parts.database === "ok" && parts.broadcast === "ok"
            ? Effect.succeed({ status: "ok" as const, ...parts })
            : Effect.fail(new NotReady(parts)),
        ),
      )
      .handle("metrics", () =>
        Effect.map(Effect.andThen(readProcess, PrometheusMetrics.format()), (text) =>
          HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" }),
        ),
      )
      .handle("jwks", () => Effect.succeed(keySet))
  }),
)
