// Which cookie counts. By https they have names that a browser takes from this very host and by https alone (`__Host-`, `__Secure-`), so
// that neither another host of the domain nor anybody on the network can put theirs in their place. Those that were set before the
// names changed, or by plain http, count by https for 30 days more, which is the longest that one of them can live.
import { Clock, Context, Effect, Layer } from "effect"
import { type CookieKind, cookieNames, secureCookieNames } from "../contract/Authorization.ts"
import { SchemaHistory } from "../sql/database/SchemaHistory.ts"

const plainFor = 30 * 24 * 60 * 60_000

export class SessionCookies extends Context.Service<
  SessionCookies,
  {
    /** The cookie's value; undefined: there is none that counts. `secure`: the request came by https. */
    read(kind: CookieKind, secure: boolean, valueOf: (name: string) => string | undefined): string | undefined
  }
>()("confab/edge/SessionCookies") {
  static readonly layer = Layer.effect(
    SessionCookies,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      // The names came with this migration.
      const plainUntil = (yield* SchemaHistory).ranAt("session_generations") + plainFor
      return SessionCookies.of({
        read: (kind, secure, valueOf) => {
          const plain = () => valueOf(cookieNames[kind]) || undefined
          const prefixed = () => valueOf(secureCookieNames[kind]) || undefined
          // Of two, the one that this server sets on such a request is the newer.
          if (!secure) return plain() ?? prefixed()
          return prefixed() ?? (clock.currentTimeMillisUnsafe() < plainUntil ? plain() : undefined)
        },
      })
    }),
  )
}
