// HTTP routes of a user's own state.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { AnyJson } from "../../domain/Json.ts"
import { OwnState } from "../../services/OwnState.ts"
import { json } from "./answer.ts"
import { jsonBody } from "./body.ts"

const valueBody = jsonBody(AnyJson)

export const stateHandlers = HttpApiBuilder.group(
  Api,
  "state",
  Effect.fnUntraced(function* (handlers) {
    const state = yield* OwnState
    return handlers
      .handle("state", ({ query: { limit = Limits.page.default, ...range } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) =>
          Effect.map(state.list(user_id, { limit, ...range }), (page) => json(page)),
        ),
      )
      .handleRaw("putState", ({ params: { key }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const value = yield* valueBody(request)
          return json(yield* state.put(user_id, key, value))
        }),
      )
      .handle("deleteState", ({ params: { key } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => state.remove(user_id, key)),
      )
  }),
)
