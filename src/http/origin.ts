// The edge's verdict on whose page sent a request, as HTTP asks for it.
import { Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import { ForeignOrigin } from "../domain/errors.ts"
import type { OriginWarnings } from "../edge/OriginWarnings.ts"
import { type Sender, senderOf } from "../edge/origin.ts"
import { exchangeOf } from "./Exchange.ts"

const sender = (request: HttpServerRequest.HttpServerRequest, corsOrigins: ReadonlyArray<string>): Sender =>
  senderOf(request.headers, exchangeOf(request), corsOrigins)

/** For requests that ride on cookies: it must be said, and it must be us. */
export const isSameOrigin = (request: HttpServerRequest.HttpServerRequest): boolean => sender(request, []) === "own"

/** For a log-in, which rides on nothing yet: it may be unsaid (no browser), but must not be a stranger's page. */
export const isForeign = (request: HttpServerRequest.HttpServerRequest, allowed: ReadonlyArray<string>): boolean =>
  sender(request, allowed) === "foreign"

/** The refusal, of which the operator hears. */
export const refuseOrigin = (warnings: OriginWarnings["Service"], request: HttpServerRequest.HttpServerRequest) =>
  Effect.andThen(
    warnings.refused(request.headers, Option.getOrUndefined(request.remoteAddress)),
    Effect.fail(new ForeignOrigin()),
  )
