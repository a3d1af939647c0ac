// What the edge knows of the request at hand, beside the request itself. Owns the trust in X-Forwarded-* headers.
import { Effect, Option } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { UserId } from "../domain/Ids.ts"
import { Origin } from "../services/Audit.ts"
import type { Peer } from "../services/Auth.ts"

/** Mutable for the life of one request; no other request sees it. */
export interface Exchange {
  readonly request_id: string
  readonly address: string
  readonly secure: boolean
  /** Scheme and host as the browser sees them; undefined when the request names no host. */
  readonly origin: string | undefined
  /** Set once the token was checked, for the log. */
  user_id: UserId | undefined
}

const prefix = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(36).padStart(2, "0")).join(
  "",
)
let count = 0

const sane = /^[A-Za-z0-9._:-]{8,64}$/

type Header = string | ReadonlyArray<string> | undefined

/** By names in lower case, as node:http and Effect have them. */
export interface Headers {
  readonly [name: string]: Header
}

/** Of the headers that are looked at here none is ever a list. */
const text = (header: Header) => (typeof header === "string" ? header : undefined)

/** The proxy next to us appended the last value; those before it are hearsay. */
const last = (header: Header) => {
  const values = text(header)
  return values?.slice(values.lastIndexOf(",") + 1).trim() || undefined
}

/** As browsers write it: lower case, without the port that the scheme implies. */
const originOf = (secure: boolean, host: string) =>
  secure ? `https://${host.toLowerCase().replace(/:443$/, "")}` : `http://${host.toLowerCase().replace(/:80$/, "")}`

/** By the platform's own request, which stays the same however the request is dressed up on its way. */
const exchanges = new WeakMap<object, Exchange>()

/** `address` is the peer's, as the connection has it. */
export const makeExchange = (headers: Headers, address: string | undefined, trustProxy: boolean): Exchange => {
  const given = text(headers["x-request-id"])
  const secure = trustProxy && last(headers["x-forwarded-proto"])?.toLowerCase() === "https"
  const host = (trustProxy ? last(headers["x-forwarded-host"]) : undefined) ?? text(headers.host)
  return {
    request_id: given !== undefined && sane.test(given) ? given : `${prefix}-${(++count).toString(36)}`,
    address: (trustProxy ? last(headers["x-forwarded-for"])?.slice(0, 64) : undefined) ?? address ?? "unknown",
    secure,
    origin: host === undefined ? undefined : originOf(secure, host),
    user_id: undefined,
  }
}

/** Opens the exchange of a request; the edge does this once, before anything else. */
export const openExchange = (request: HttpServerRequest.HttpServerRequest, trustProxy: boolean): Exchange => {
  const exchange = makeExchange(request.headers, Option.getOrUndefined(request.remoteAddress), trustProxy)
  exchanges.set(request.source, exchange)
  return exchange
}

export const exchangeOf = (request: HttpServerRequest.HttpServerRequest): Exchange =>
  exchanges.get(request.source) ?? openExchange(request, false)

/** Where the request came from, as the services want it. */
export const peerOf = (request: HttpServerRequest.HttpServerRequest): Peer => ({
  address: exchangeOf(request).address,
  user_agent: request.headers["user-agent"]?.slice(0, 512) ?? null,
})

/** What the effect does is recorded as coming from this request. */
export const comingFrom = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.provideService(Origin, { ...peerOf(request), request_id: exchangeOf(request).request_id })
