// Which page sent a request. Browsers say so in `Origin` and `Sec-Fetch-Site`, which pages cannot forge. HTTP and
// sockets share one verdict; each route decides what it accepts: a change authenticated by cookies only `own`, a log-in
// and a socket also `listed`.
import type { Forwarding, RequestHeaders } from "./Forwarding.ts"

/** `listed`: a page of CORS_ORIGINS. `unsaid`: not a browser, or an old one. */
export type Sender = "own" | "listed" | "foreign" | "unsaid"

const schemeOf = ({ secure }: Forwarding) => (secure ? "https" : "http")

/** Lower case, without the scheme's default port, as browsers write it; undefined if it is no origin. */
const originOf = (scheme: string, host: string | undefined): string | undefined => {
  const url = `${scheme}://${host}`
  return host !== undefined && URL.canParse(url) ? new URL(url).origin : undefined
}

/** Scheme and host as the browser sees them; undefined when the request names no host. */
export const ownOrigin = (forwarding: Forwarding): string | undefined => originOf(schemeOf(forwarding), forwarding.host)

/**
 * The page's host, scheme and port are those of the request. Behind an untrusted proxy that ends https a request seems
 * to use http: there an https page of the same host is our own, too. The browser sends such a page this host's cookies
 * in any case, and no browser lets it call plain http. The reverse does not hold: an http page never belongs to a
 * server reached over https, since an attacker on the network may have written it.
 */
const isOwn = (origin: string, forwarding: Forwarding): boolean =>
  origin === ownOrigin(forwarding) || origin === originOf("https", forwarding.host)

export const senderOf = (
  headers: RequestHeaders,
  forwarding: Forwarding,
  corsOrigins: ReadonlyArray<string>,
): Sender => {
  const site = headers["sec-fetch-site"]
  if (site === "same-origin" || site === "none") return "own"
  const origin = headers.origin?.toString()
  if (origin === undefined) return site === undefined ? "unsaid" : "foreign"
  if (isOwn(origin, forwarding)) return "own"
  return corsOrigins.includes(origin) ? "listed" : "foreign"
}

/**
 * The origin at which this client reaches the server, for addresses that it is given. A page of the server itself
 * knows it best: a proxy may end https without a header that reports it.
 */
export const ownOriginOf = (headers: RequestHeaders, forwarding: Forwarding): string | undefined => {
  const origin = headers.origin?.toString()
  return origin !== undefined && isOwn(origin, forwarding) ? origin : ownOrigin(forwarding)
}
