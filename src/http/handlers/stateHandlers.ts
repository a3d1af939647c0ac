// HTTP routes of a user's own state.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { Limits } from "../../contract/Limits.ts"
import { AnyJson } from "../../domain/Json.ts"
import { NewScheduled } from "../../domain/Scheduled.ts"
import { OwnState } from "../../services/OwnState.ts"
import { ScheduledMessages } from "../../services/ScheduledMessages.ts"
import { json } from "./answer.ts"
import { jsonBody } from "./body.ts"

const valueBody = jsonBody(AnyJson)
const scheduledBody = jsonBody(NewScheduled)

export const stateHandlers = HttpApiBuilder.group(
  Api,
  "state",
  Effect.fnUntraced(function* (handlers) {
    const state = yield* OwnState
    const scheduled = yield* ScheduledMessages
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
      .handleRaw("schedule", ({ params: { id }, request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const message = yield* scheduledBody(request)
          return json(yield* scheduled.schedule(user_id, id, message), 201)
        }),
      )
      .handle("deleteState", ({ params: { key } }) =>
        Effect.flatMap(CurrentUser, ({ user_id }) => state.remove(user_id, key)),
      )
  }),
)
