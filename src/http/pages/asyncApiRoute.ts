// `/asyncapi.json`: describes the socket, as `/openapi.json` describes HTTP.
import { Effect } from "effect"
import { HttpRouter, type HttpServerRequest } from "effect/http"
import { makeAsyncApi } from "../../contract/asyncapi.ts"
import { StaticFile } from "./StaticFile.ts"

export const asyncApiRoute = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const file = yield* Effect.cached(
      Effect.sync(() => new StaticFile("asyncapi.json", JSON.stringify(makeAsyncApi()))),
    )
    const respond = (request: HttpServerRequest.HttpServerRequest) => Effect.map(file, (file) => file.respond(request))
    yield* router.add("GET", "/asyncapi.json", respond)
  }),
)
