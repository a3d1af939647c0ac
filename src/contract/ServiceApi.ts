// The service's own status: liveness, readiness, metrics.
import { Effect, Schema } from "effect"
import { HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { NotFound } from "../domain/errors.ts"
import { described } from "./described.ts"

const Part = Schema.Literals(["ok", "unavailable"])

/** The answer of `/ready` while a dependency is unavailable. */
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
}).annotateMerge(described("Able to work?", "503 names what is missing."))

const metrics = HttpApiEndpoint.get("metrics", "/metrics", {
  success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })),
  error: NotFound,
}).annotateMerge(
  described(
    "Metrics",
    "In Prometheus' text format. For programs on the server's own machine, past no proxy; 404 for all others, and where " +
      "`METRICS_PORT` gives them a port of their own.",
  ),
)

/** RFC 7517 and RFC 8037. */
export const PublicKey = Schema.Struct({
  kty: Schema.Literal("OKP"),
  crv: Schema.Literal("Ed25519"),
  x: Schema.String,
  kid: Schema.String,
  alg: Schema.Literal("EdDSA"),
  use: Schema.Literal("sig"),
}).annotate({ identifier: "PublicKey" })
export type PublicKey = typeof PublicKey.Type

const jwks = HttpApiEndpoint.get("jwks", "/.well-known/jwks.json", {
  success: Schema.Struct({ keys: Schema.Array(PublicKey) }),
}).annotateMerge(
  described(
    "Keys of the access tokens",
    "A JWK set (RFC 7517), for services that verify Confab's tokens themselves: `alg` EdDSA, `typ` at+jwt, `iss` and `aud` " +
      "confab. It has the current key and those before and after it, and is empty where a shared secret signs. May be " +
      "kept for five minutes. A session that was ended is known to Confab alone: till it expires its token verifies.",
  ),
)

export class ServiceApi extends HttpApiGroup.make("service")
  .add(health, ready, metrics, jwks)
  .annotateMerge(OpenApi.annotations({ title: "Service", description: "For those who run it." })) {}
