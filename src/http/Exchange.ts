// What the edge knows about the current request, besides the request itself.
import { Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { TrustProxy } from "../config/TrustProxy.ts"
import { noTrustedProxies } from "../config/TrustProxy.ts"
import type { UserId } from "../domain/Ids.ts"
import { type Forwarding, forwardingOf, type RequestHeaders } from "../edge/Forwarding.ts"
import { Origin } from "../services/Audit.ts"
import type { Peer } from "../services/auth/Auth.ts"
import type { RateLeft } from "../services/limits/RateReport.ts"

/** Mutable during one request; no other request sees it. */
export interface Exchange extends Forwarding {
  readonly request_id: string
  /** Set once the token is verified, for the log. */
  user_id: UserId | undefined
  /** The limits that the request took from, filled by the limits themselves. */
  readonly rates: Array<RateLeft>
}

const prefix = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36).padStart(2, "0")).join(
  "",
)
let count = 0

const sane = /^[A-Za-z0-9._:-]{8,64}$/

/** Keyed by the platform's own request, which stays the same however the request is wrapped. */
const exchanges = new WeakMap<object, Exchange>()

/** `peer` is the other end of the connection. */
export const makeExchange = (headers: RequestHeaders, peer: string | undefined, trust: TrustProxy): Exchange => {
  const given = headers["x-request-id"]
  const { address, host, secure } = forwardingOf(headers, peer, trust)
  return {
    request_id: typeof given === "string" && sane.test(given) ? given : `${prefix}-${(++count).toString(36)}`,
    address,
    secure,
    host,
    user_id: undefined,
    rates: [],
  }
}

/** Opens the exchange of a request; the edge does this once, before anything else. */
export const openExchange = (request: HttpServerRequest.HttpServerRequest, trust: TrustProxy): Exchange => {
  const exchange = makeExchange(request.headers, Option.getOrUndefined(request.remoteAddress), trust)
  exchanges.set(request.source, exchange)
  return exchange
}

export const exchangeOf = (request: HttpServerRequest.HttpServerRequest): Exchange =>
  exchanges.get(request.source) ?? openExchange(request, noTrustedProxies)

/** The origin of the request, in the form that the services need. */
export const peerOf = (request: HttpServerRequest.HttpServerRequest): Peer => ({
  address: exchangeOf(request).address,
  user_agent: request.headers["user-agent"]?.slice(0, 512) ?? null,
})

/** Records what the effect does as coming from this request. */
export const comingFrom = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.provideService(Origin, { ...peerOf(request), request_id: exchangeOf(request).request_id })
