// The service about itself: is it alive, can it work, what has it done.
import { Effect, Schema } from "effect"
import { HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { described } from "./described.ts"

const Part = Schema.Literals(["ok", "unavailable"])

/** What `/ready` says while something is missing. */
export class NotReady extends HttpApiError.Problem<NotReady>()(
  "NotReady",
  { type: "urn:confab:problem:NotReady", status: 503, title: "Not ready" },
  {
    _tag: Schema.tag("NotReady"),
    detail: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("A part of the service is missing."))),
    database: Part,
    broadcast: Part,
  },
) {}

const health = HttpApiEndpoint.get("health", "/health", {
  success: Schema.Struct({ status: Schema.Literal("ok") }),
}).annotateMerge(described("Alive?", "200 while the process lives."))

const ready = HttpApiEndpoint.get("ready", "/ready", {
  success: Schema.Struct({ status: Schema.Literal("ok"), database: Part, broadcast: Part }),
  error: NotReady,
}).annotateMerge(described("Able to work?", "503 tells what is missing."))

const metrics = HttpApiEndpoint.get("metrics", "/metrics", {
  success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })),
}).annotateMerge(described("Metrics", "In Prometheus' text format."))

export class ServiceApi extends HttpApiGroup.make("service")
  .add(health, ready, metrics)
  .annotateMerge(OpenApi.annotations({ title: "Service", description: "For those who run it." })) {}
