// Logs why the pages of an origin are refused: usually a proxy that does not forward the scheme or host, or is not
// trusted. Once an hour for each pair of origins, and for few pairs, since any caller can invent some.
import { Clock, Context, Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { forwardingOf, type RequestHeaders } from "./Forwarding.ts"
import { ownOrigin } from "./origin.ts"

const windowMillis = 3_600_000
const maxPairs = 20

const message =
  "Requests of a page were refused, since its origin is not this server's own. Behind a proxy set TRUST_PROXY, and let the proxy " +
  "pass Host or set X-Forwarded-Host and X-Forwarded-Proto; a page from elsewhere belongs into CORS_ORIGINS"

/** The origin as browsers write it; invented text is not logged. */
const shown = (origin: string): string =>
  origin.length <= 300 && URL.canParse(origin) && new URL(origin).origin === origin ? origin : "no origin"

export class OriginWarnings extends Context.Service<
  OriginWarnings,
  {
    /** The request was refused because of its origin. */
    refused(headers: RequestHeaders, peer: string | undefined): Effect.Effect<void>
  }
>()("confab/edge/OriginWarnings") {
  static readonly layer = Layer.effect(
    OriginWarnings,
    Effect.gen(function* () {
      const { trustProxy } = yield* Settings
      const warned = new Set<string>()
      let since = Number.NEGATIVE_INFINITY
      const isNews = (pair: string, now: number): boolean => {
        if (now - since >= windowMillis) {
          warned.clear()
          since = now
        }
        if (warned.has(pair) || warned.size >= maxPairs) return false
        warned.add(pair)
        return true
      }
      return OriginWarnings.of({
        refused: Effect.fnUntraced(function* (headers, peer) {
          const origin = headers.origin?.toString()
          // Not from a page: the operator has nothing to correct.
          if (origin === undefined || origin === "null") return
          const own_origin = ownOrigin(forwardingOf(headers, peer, trustProxy)) ?? "unknown"
          if (!isNews(`${shown(origin)} ${own_origin}`, yield* Clock.currentTimeMillis)) return
          yield* Effect.annotateLogs(Effect.logWarning(message), { origin: shown(origin), own_origin })
        }),
      })
    }),
  )
}
