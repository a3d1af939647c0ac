// The edge's verdict on the page that sent a request, for HTTP.
import { Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { ForeignOrigin } from "../domain/errors.ts"
import type { OriginWarnings } from "../edge/OriginWarnings.ts"
import { type Sender, senderOf } from "../edge/origin.ts"
import { exchangeOf } from "./Exchange.ts"

const sender = (request: HttpServerRequest.HttpServerRequest, corsOrigins: ReadonlyArray<string>): Sender =>
  senderOf(request.headers, exchangeOf(request), corsOrigins)

/** For requests authenticated by cookies: the sender must be known and be our own page. */
export const isSameOrigin = (request: HttpServerRequest.HttpServerRequest): boolean => sender(request, []) === "own"

/**
 * For a log-in, which has no credentials yet: the sender may be unknown (not a browser), but must not be a foreign
 * page.
 */
export const isForeign = (request: HttpServerRequest.HttpServerRequest, allowed: ReadonlyArray<string>): boolean =>
  sender(request, allowed) === "foreign"

/** The refusal, which is also logged for the operator. */
export const refuseOrigin = (warnings: OriginWarnings["Service"], request: HttpServerRequest.HttpServerRequest) =>
  Effect.andThen(
    warnings.refused(request.headers, Option.getOrUndefined(request.remoteAddress)),
    Effect.fail(new ForeignOrigin()),
  )
