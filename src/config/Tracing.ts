// Traces, for those who have a collector of OpenTelemetry: off unless the settings name one. A collector that is away, silent
// or refuses costs some memory for a while and one line in the log, and no request ever waits for it.
import { ConfigProvider, Effect, Layer, Redacted, References, Tracer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpMiddleware, type HttpServerRequest } from "effect/http"
import { OtlpExporter, OtlpSerialization, OtlpTracer } from "effect/observability"
import { carefulTracer } from "./CarefulTracer.ts"
import { Settings } from "./Settings.ts"

/** How long the collector may take to answer. */
const timeout = "2 seconds"
/** How long the last spans may take at the end; all of the server's end has 4.5 s. */
const shutdownTimeout = "1 second"

/** Probes come every second and say nothing; the remote calls of a connection are traces of their own, not one without end. */
const isUntraced = ({ url }: HttpServerRequest.HttpServerRequest): boolean =>
  /^\/(?:health|ready|metrics|rpc)\/?(?:\?|$)/.test(url)

/** Tells once that the collector is away, and once that it is back. */
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
      // The library would read OTEL_* again, in its own way.
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: {} }))),
      Layer.provide([
        collector,
        OtlpExporter.layerFlusher,
        otlpProtocol === "http/json" ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf,
      ]),
    ),
    Layer.succeed(HttpMiddleware.TracerDisabledWhen, isUntraced),
  )

/** Spans that nobody gets to see are not made at all. */
const off = Layer.succeed(References.TracerEnabled, false)

/** For all that stands on it, from here on. */
export const Tracing: Layer.Layer<never, never, Settings> = Layer.unwrap(
  Effect.map(Settings, (settings) => (settings.otlpEndpoint === undefined ? off : on(settings))),
)
