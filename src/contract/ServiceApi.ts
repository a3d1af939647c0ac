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

const health = HttpApiEndpoint.get("getHealth", "/health", {
  success: Schema.Struct({ status: Schema.Literal("ok") }).annotate({ identifier: "Health" }),
}).annotateMerge(described("Alive?", "200 while the process lives."))

const ready = HttpApiEndpoint.get("getReadiness", "/ready", {
  success: Schema.Struct({ status: Schema.Literal("ok"), database: Part, broadcast: Part }).annotate({
    identifier: "Readiness",
  }),
  error: NotReady,
}).annotateMerge(described("Able to work?", "503 names what is missing."))

const metrics = HttpApiEndpoint.get("getMetrics", "/metrics", {
  success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" })),
  error: NotFound,
}).annotateMerge(
  described(
    "Metrics",
    "In Prometheus' text format. For programs on the server's own machine, past no proxy; 404 for all others, and where " +
      "`METRICS_PORT` gives them a port of their own.",
  ),
)

export const Service = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  sign_up: Schema.Literals(["open", "invite", "closed"]),
  directory: Schema.Literals(["all", "shared", "off"]),
  features: Schema.Array(Schema.String),
  files: Schema.NullOr(Schema.Struct({ max_bytes: Schema.Int })),
}).annotate({ identifier: "Service" })
export type Service = typeof Service.Type

const service = HttpApiEndpoint.get("getService", "/service", { success: Service }).annotateMerge(
  described(
    "What this server offers",
    "For clients, before anybody signs in. `sign_up`: who may create an account (`open`: everybody, `invite`: those with an invite, `closed`: " +
      "nobody). `directory`: whom users can find. `features` as in the frame `hello`. `files`: null where none can be sent.",
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

const jwks = HttpApiEndpoint.get("getKeys", "/.well-known/jwks.json", {
  success: Schema.Struct({ keys: Schema.Array(PublicKey) }).annotate({ identifier: "PublicKeys" }),
}).annotateMerge(
  described(
    "Keys of the access tokens",
    "A JWK set (RFC 7517), for services that verify Confab's tokens themselves: `alg` EdDSA, `typ` at+jwt, `iss` and `aud` " +
      "confab. It has the current key and those before and after it, and is empty where a shared secret signs. May be " +
      "kept for five minutes. A session that was ended is known to Confab alone: till it expires its token verifies.",
  ),
)

export class ServiceApi extends HttpApiGroup.make("service")
  .add(health, ready, metrics, jwks, service)
  .annotateMerge(OpenApi.annotations({ title: "Service", description: "For those who run it." })) {}
