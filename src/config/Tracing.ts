// Exports traces to an OpenTelemetry collector; off unless the settings name one. A collector that is down, silent or
// refuses costs some memory for a while and one log line; no request waits for it.
import { ConfigProvider, Effect, Layer, Redacted, References, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpMiddleware, type HttpServerRequest } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { carefulTracer } from "./CarefulTracer.ts"
import { Settings } from "./Settings.ts"

const timeout = "2 seconds"
/** The time for the last spans at shutdown; the whole shutdown has 9 s. */
const shutdownTimeout = "1 second"

/**
 * Probes come every second and carry no information. Each remote call of a connection is a trace of its own; the
 * connection itself would be an endless one.
 */
const isUntraced = ({ url }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\/(?:health|ready|metrics|rpc)\/?(?:\?|$)/.test(url)

/** Logs once that the collector is unreachable, and once that it is reachable again. */
const collector = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    let away = false
    const noAnswer = (request: HttpClientError.HttpClientError["request"]) =>
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, description: "No answer" }),
      })
    const found = (reason: string | undefined) =>
      Effect.suspend(() => {
        const before = away
        away = reason !== undefined
        if (before === away) return Effect.void
        return away
          ? Effect.annotateLogs(Effect.logWarning("Traces do not reach their collector; they are left out"), { reason })
          : Effect.logInfo("Traces reach their collector again")
      })
    return HttpClient.transform(client, (sending, request) =>
      sending.pipe(
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(noAnswer(request)) }),
        Effect.tap(({ status }) => found(status < 400 ? undefined : `status ${status}`)),
        Effect.tapError(({ reason }) => found(reason._tag)),
      ),
    )
  }),
).pipe(Layer.provide(FetchHttpClient.layer))

const on = ({
  otlpEndpoint,
  otlpHeaders,
  otlpProtocol,
  resourceAttributes,
  serviceName,
  trustProxy,
}: Settings["Service"]) =>
  Layer.merge(
    Layer.effect(
      Tracer.Tracer,
      Effect.map(
        OtlpTracer.make({
          url: `${otlpEndpoint}/v1/traces`,
          headers: Redacted.value(otlpHeaders),
          resource: { serviceName, attributes: resourceAttributes },
          exportInterval: "2 seconds",
          shutdownTimeout,
        }),
        (tracer) => carefulTracer(tracer, trustProxy._tag !== "Off"),
      ),
    ).pipe(
      // Effect would read OTEL_* again and interpret them differently.
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} }))),
      Layer.provide([
        collector,
        OtlpExporter.layerFlusher,
        otlpProtocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf,
      ]),
    ),
    Layer.succeed(HttpMiddleware.TracerDisabledWhen, isUntraced),
  )

/** Without a collector no span is made. */
const off = Layer.succeed(References.TracerEnabled, false)

export const Tracing: Layer.Layer<never, never, Settings> = Layer.unwrap(
  Effect.map(Settings, (settings) => (settings.otlpEndpoint === undefined ? off : on(settings))),
)
