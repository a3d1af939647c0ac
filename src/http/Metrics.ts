// The metrics in Prometheus' format. Does not decide who may read them.
import { Context, Effect, Layer } from "effect"
import { HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import { processMetrics } from "./processMetrics.ts"

export class Metrics extends Context.Service<
  Metrics,
  {
    readonly answer: Effect.Effect<HttpServerResponse.HttpServerResponse>
  }
>()("confab/http/Metrics") {
  static readonly layer = Layer.effect(
    Metrics,
    Effect.map(processMetrics, (readProcess) =>
      Metrics.of({
        answer: Effect.map(Effect.andThen(readProcess, PrometheusMetrics.format()), (text) =>
          HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" }),
        ),
      }),
    ),
  )
}
