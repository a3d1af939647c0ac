// Owns the names and paths of the cookies, and decides which one counts. Over https they have names that a browser
// accepts only from this host over https (`__Host-`, `__Secure-`), so that neither another host of the domain nor an
// attacker on the network can replace them.
// Cookies set before the names changed, or over plain http, count over https for 30 more days, the longest lifetime of
// a cookie.
import { Clock, Context, Effect, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { type CookieKind, cookieNames, secureAccessBelow, secureCookieNames } from "../contract/Authorization.ts"
import { SchemaHistory } from "../sql/database/SchemaHistory.ts"

const plainFor = 30 * 24 * 60 * 60_000

export class SessionCookies extends Context.Service<
  SessionCookies,
  {
    /** `secure`: the request came over https. */
    names(secure: boolean): Readonly<Record<CookieKind, string>>
    /** Two routes need the refresh token. A cookie has one path, so two cookies carry it. */
    readonly paths: Readonly<Record<CookieKind, string>>
    /** The cookie's value; undefined: no cookie counts. `secure`: the request came over https. */
    read(kind: CookieKind, secure: boolean, valueOf: (name: string) => string | undefined): string | undefined
  }
>()("confab/edge/SessionCookies") {
  static readonly layer = Layer.effect(
    SessionCookies,
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      // The names changed with this migration.
      const plainUntil = (yield* SchemaHistory).ranAt("session_generations") + plainFor
      const { basePath } = yield* Settings
      const secureNames = basePath === "" ? secureCookieNames : { ...secureCookieNames, access: secureAccessBelow }
      return SessionCookies.of({
        names: (secure) => (secure ? secureNames : cookieNames),
        paths: { access: basePath || "/", refresh: `${basePath}/refresh`, logout: `${basePath}/logout` },
        read: (kind, secure, valueOf) => {
          const plain = () => valueOf(cookieNames[kind]) || undefined
          const prefixed = () => valueOf(secureNames[kind]) || undefined
          // If both exist, the one that this server sets on such a request is the newer.
          if (!secure) return plain() ?? prefixed()
          return prefixed() ?? (clock.currentTimeMillisUnsafe() < plainUntil ? plain() : undefined)
        },
      })
    }),
  )
}
