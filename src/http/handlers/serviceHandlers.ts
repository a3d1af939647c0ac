// HTTP routes for operators of the service.
import { toIncomingMessage } from "@effect/platform-node/NodeHttpServerRequest"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Settings } from "../../config/Settings.ts"
import { Api } from "../../contract/Api.ts"
import { features } from "../../contract/features.ts"
import { NotReady, type Service } from "../../contract/ServiceApi.ts"
import { version } from "../../contract/version.ts"
import { isFromThisMachine } from "../../edge/thisMachine.ts"
import { TokenKeys } from "../../services/auth/TokenKeys.ts"
import { Files } from "../../services/files/Files.ts"
import { Metrics } from "../Metrics.ts"
import { notRouted } from "../problems/problem.ts"
import { Readiness } from "../Readiness.ts"
import { json } from "./answer.ts"

const shared = (body: Service) => HttpServerResponse.setHeader(json(body), "cache-control", "no-cache")

const alive = json({ status: "ok" })

export const serviceHandlers = HttpApiBuilder.group(
  Api,
  "service",
  Effect.fnUntraced(function* (handlers) {
    const readiness = yield* Readiness
    const keys = yield* TokenKeys
    const keySet = HttpServerResponse.setHeader(json({ keys: keys.published }), "cache-control", "public, max-age=300")
    const metrics = yield* Metrics
    const { directory, metricsPort, signUp, trustProxy } = yield* Settings
    const { maxBytes } = yield* Files
    const files = maxBytes === null ? null : { max_bytes: maxBytes }
    const offer = shared({ name: "Confab", version, sign_up: signUp, directory, features, files })
    return handlers
      .handle("getHealth", () => Effect.succeed(alive))
      .handle("getReadiness", () =>
        Effect.flatMap(readiness.check, (parts) =>
          parts.database === "ok" && parts.broadcast === "ok"
            ? Effect.succeed({ status: "ok" as const, ...parts })
            : Effect.fail(new NotReady(parts)),
        ),
      )
      .handle("getMetrics", ({ request }) =>
        metricsPort === undefined && isFromThisMachine(toIncomingMessage(request), trustProxy)
          ? metrics.answer
          : notRouted([]),
      )
      .handle("getKeys", () => Effect.succeed(keySet))
      .handleRaw("getService", () => Effect.succeed(offer))
  }),
)
