// Whose page sent this request? Browsers say so in `Origin` and `Sec-Fetch-Site`, and nobody else can say it for them. One verdict for
// HTTP and for sockets; each route asks for what it needs: a change that rides on cookies for `own`, a log-in and a socket also for
// `listed`.
import type { Forwarding, RequestHeaders } from "./Forwarding.ts"

/** `listed`: a page of CORS_ORIGINS. `unsaid`: no browser, or an old one. */
export type Sender = "own" | "listed" | "foreign" | "unsaid"

const schemeOf = ({ secure }: Forwarding) => (secure ? "https" : "http")

/** Lower case, and without the port that the scheme implies, as browsers write it; undefined where it is none. */
const originOf = (scheme: string, host: string | undefined): string | undefined => {
  const url = `${scheme}://${host}`
  return host !== undefined && URL.canParse(url) ? new URL(url).origin : undefined
}

/** Scheme and host as the browser sees them; undefined when the request names no host. */
export const ownOrigin = (forwarding: Forwarding): string | undefined => originOf(schemeOf(forwarding), forwarding.host)

/**
 * The page's host, scheme and port are those that the request came to. Behind a proxy that ends https and is not trusted a request
 * seems to come by http: there a page of the same host by https is our own, too. Whoever has such a page is sent the cookies of this
 * host by the browser in any case, and no browser lets it call plain http. The other way round, a page by http is never that of a server
 * that is reached by https: anybody on the network may have written it.
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
