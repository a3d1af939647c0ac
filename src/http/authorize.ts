// Checks who is asking, before anything else of the request is judged, and answers what goes wrong inside.
import { Effect, Layer, Redacted } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { Authorization, Problems } from "../contract/Authorization.ts"
import { CurrentUser } from "../contract/CurrentUser.ts"
import { ForeignOrigin, Unauthorized } from "../domain/errors.ts"
import { Auth } from "../services/Auth.ts"
import { exchangeOf } from "./Exchange.ts"
import { isSameOrigin } from "./origin.ts"
import { fromSchemaError, problemOrDie, problemResponse } from "./problem.ts"

const isSafe = (method: string) => method === "GET" || method === "HEAD"

export const authorizationLayer = Layer.effect(
  Authorization,
  Effect.gen(function* () {
    const auth = yield* Auth
    const check = (request: HttpServerRequest.HttpServerRequest, token: string) =>
      Effect.map(auth.authenticate(token), (user) => {
        exchangeOf(request).user_id = user.user_id
        return user
      })
    return Authorization.of({
      bearer: (handler, { credential }) =>
        Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
          Effect.matchEffect(check(request, Redacted.value(credential)), {
            onSuccess: (user) => Effect.provideService(handler, CurrentUser, user),
            // Said at once: the next way of signing in would find no token, and say that.
            onFailure: (error) => (error._tag === "Unavailable" ? problemOrDie(error) : Effect.fail(error)),
          }),
        ),
      cookie: Effect.fnUntraced(function* (handler, { credential }) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const token = Redacted.value(credential)
        // Whoever sends the header means the header: a browser's cookie must not make up for a bad token.
        if (request.headers.authorization !== undefined || token === "") return yield* new Unauthorized()
        if (!isSafe(request.method) && !isSameOrigin(request)) return yield* new ForeignOrigin()
        return yield* Effect.provideService(handler, CurrentUser, yield* check(request, token))
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
