// Authenticates the caller before anything else of the request is validated, and answers errors of the handler.
import { Effect, Layer, Redacted } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiError } from "effect/http-api"
import {
  Authorization,
  type CookieKind,
  Leaving,
  Problems,
  userHeader,
  Viewer,
  Viewing,
} from "../contract/Authorization.ts"
import { CurrentUser } from "../contract/CurrentUser.ts"
import { OtherUser, Unauthorized } from "../domain/errors.ts"
import { FileId } from "../domain/File.ts"
import { UserId } from "../domain/Ids.ts"
import { OriginWarnings } from "../edge/OriginWarnings.ts"
import { SessionCookies } from "../edge/SessionCookies.ts"
import { Auth } from "../services/auth/Auth.ts"
import { Files } from "../services/files/Files.ts"
import { clearCookies } from "./cookies.ts"
import { exchangeOf } from "./Exchange.ts"
import { isSameOrigin, refuseOrigin } from "./origin.ts"
import { fromSchemaError, problemOrDie, problemResponse } from "./problems/problem.ts"

type Request = HttpServerRequest.HttpServerRequest
type User = CurrentUser["Service"]

/** Allowed from our own pages only: changes, and the one answer with all data of a user. */
const wantsOwnPage = ({ method, url }: Request) =>
  (method !== "GET" && method !== "HEAD") || /^\/me\/export\/?(?:\?|$)/.test(url)

const means = Effect.gen(function* () {
  const auth = yield* Auth
  const warnings = yield* OriginWarnings
  const cookies = yield* SessionCookies
  const cookieOf = (request: Request, kind: CookieKind) =>
    cookies.read(kind, exchangeOf(request).secure, (name) => request.cookies[name])
  const known = (request: Request, user: User): User => {
    exchangeOf(request).user_id = user.user_id
    return user
  }
  const check = (request: Request, token: string) =>
    Effect.map(auth.authenticate(token), (user) => known(request, user))

  const bearer: Authorization["Service"]["bearer"] = (handler, { credential }) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.matchEffect(check(request, Redacted.value(credential)), {
        onSuccess: (user) => Effect.provideService(handler, CurrentUser, user),
        // Answered at once: otherwise the next scheme would find no token and report that.
        onFailure: (error) => (error._tag === "Unauthorized" ? Effect.fail(error) : problemOrDie(error)),
      }),
    )

  const meant = <E, R>(request: Request, user: Effect.Effect<User, E, R>) =>
    Effect.flatMap(user, (user) => {
      const shown = request.headers[userHeader]
      return shown === undefined || shown === String(user.user_id) ? Effect.succeed(user) : Effect.fail(new OtherUser())
    })

  /**
   * The user of these cookies. A caller that sends the header relies on it: cookies must not replace a bad token in it.
   */
  const ofCookies = Effect.fnUntraced(function* (request: Request, more: ReadonlyArray<string>) {
    const token = cookieOf(request, "access")
    if (request.headers.authorization !== undefined) return yield* new Unauthorized()
    if (token === undefined && more.length === 0) return yield* new Unauthorized()
    if (wantsOwnPage(request) && !isSameOrigin(request)) return yield* refuseOrigin(warnings, request)
    return yield* token === undefined ? Effect.fail(new Unauthorized()) : meant(request, check(request, token))
  })

  return { auth, bearer, cookieOf, cookies, known, meant, ofCookies }
})

export const authorizationLayer = Layer.effect(
  Authorization,
  Effect.map(means, ({ bearer, ofCookies }) =>
    Authorization.of({
      bearer,
      cookie: Effect.fnUntraced(function* (handler) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const user = yield* ofCookies(request, [])
        return yield* Effect.provideService(handler, CurrentUser, user)
      }),
    }),
  ),
)

export const leavingLayer = Layer.effect(
  Leaving,
  Effect.map(means, ({ auth, bearer, cookieOf, cookies, known, meant, ofCookies }) =>
    Leaving.of({
      bearer,
      cookie: Effect.fnUntraced(function* (handler) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const tokens = (["logout", "refresh"] as const).flatMap((kind) => cookieOf(request, kind) ?? [])
        const [token] = tokens
        return yield* ofCookies(request, tokens).pipe(
          Effect.catchTag("Unauthorized", (error) =>
            token === undefined || request.headers.authorization !== undefined
              ? Effect.fail(error)
              : meant(
                  request,
                  Effect.map(auth.holder(token), (user) => known(request, user)),
                ),
          ),
          Effect.matchEffect({
            onSuccess: (user) => Effect.provideService(handler, CurrentUser, user),
            onFailure: (error) =>
              error._tag === "Unauthorized" && isSameOrigin(request)
                ? Effect.map(problemOrDie(error), clearCookies(cookies, request))
                : Effect.fail(error),
          }),
        )
      }),
    }),
  ),
)

const number = /^[1-9]\d{0,15}$/

/** The link that this path and its query make; undefined: they are none. */
const linkOf = ({ url }: Request) => {
  const { pathname, searchParams } = new URL(url, "http://localhost")
  const file_id = /^\/files\/(\d+)/.exec(pathname)?.[1] ?? ""
  const [by = "", expires = ""] = [searchParams.get("by") ?? "", searchParams.get("expires") ?? ""]
  const signature = searchParams.get("signature")
  if (signature === null || ![file_id, by, expires].every((text) => number.test(text))) return undefined
  return {
    link: { file_id: FileId.make(Number(file_id)), by: UserId.make(Number(by)), expires: Number(expires) },
    signature,
  }
}

export const viewingLayer = Layer.effect(
  Viewing,
  Effect.gen(function* () {
    const { bearer, ofCookies } = yield* means
    const files = yield* Files
    const asViewer = <A, E, R>(handler: Effect.Effect<A, E, R>) =>
      Effect.flatMap(CurrentUser, ({ user_id }) => Effect.provideService(handler, Viewer, { user_id }))
    return Viewing.of({
      bearer: (handler, given) => bearer(asViewer(handler), given),
      cookie: Effect.fnUntraced(function* (handler) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const linked = request.headers.authorization === undefined ? linkOf(request) : undefined
        if (linked === undefined) {
          return yield* Effect.provideService(asViewer(handler), CurrentUser, yield* ofCookies(request, []))
        }
        const user_id = yield* files.linkedBy(linked.link, linked.signature)
        exchangeOf(request).user_id = user_id
        return yield* Effect.provideService(handler, Viewer, { user_id })
      }),
    })
  }),
)

export const problemsLayer = Layer.succeed(Problems, (handler) =>
  Effect.catch(handler, (error) => {
    const known = HttpApiError.HttpApiSchemaError.is(error) ? fromSchemaError(error) : undefined
    if (known !== undefined) return problemOrDie(known)
    return problemResponse(error) ?? Effect.fail(error)
  }),
)
