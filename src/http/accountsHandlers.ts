// HTTP routes of people: sign-up, profile, devices, search.
import { Effect, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { PasswordChange, ProfileChange, SignUp } from "../contract/AccountsApi.ts"
import { Api } from "../contract/Api.ts"
import { CurrentUser } from "../contract/CurrentUser.ts"
import { Limits } from "../contract/Limits.ts"
import { SessionNotFound } from "../domain/errors.ts"
import { SessionId } from "../domain/Ids.ts"
import { Accounts } from "../services/Accounts.ts"
import { Auth } from "../services/Auth.ts"
import { json } from "./answer.ts"
import { jsonBody } from "./body.ts"
import { peerOf } from "./Exchange.ts"

const signUpBody = jsonBody(SignUp)
const profileBody = jsonBody(ProfileChange)
const passwordBody = jsonBody(PasswordChange)
const isSessionId = Schema.is(SessionId)

export const accountsHandlers = HttpApiBuilder.group(
  Api,
  "accounts",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    const auth = yield* Auth
    return handlers
      .handleRaw("signUp", ({ request }) =>
        Effect.gen(function* () {
          const { display_name, ...input } = yield* signUpBody(request)
          const me = yield* accounts.signUp({ ...input, display_name: display_name ?? undefined }, peerOf(request))
          return json(me, 201)
        }),
      )
      .handle("me", () => Effect.flatMap(CurrentUser, (user) => accounts.me(user.user_id)))
      .handleRaw("changeMe", ({ request }) =>
        Effect.gen(function* () {
          const { user_id } = yield* CurrentUser
          const { display_name } = yield* profileBody(request)
          return yield* display_name === undefined ? accounts.me(user_id) : accounts.rename(user_id, display_name)
        }),
      )
      .handleRaw("changePassword", ({ request }) =>
        Effect.gen(function* () {
          const user = yield* CurrentUser
          const { current_password, new_password } = yield* passwordBody(request)
          yield* auth.changePassword(user, current_password, new_password)
          return HttpServerResponse.empty()
        }),
      )
      .handle("sessions", () =>
        Effect.flatMap(CurrentUser, (user) => Effect.map(auth.sessions(user), (items) => json({ items }))),
      )
      .handle("endSession", ({ params: { id } }) =>
        Effect.flatMap(CurrentUser, (user) =>
          isSessionId(id) ? auth.endSession(user, id) : Effect.fail(new SessionNotFound()),
        ),
      )
      .handle("searchUsers", ({ query: { query = "", limit = Limits.page.default } }) =>
        Effect.map(accounts.search(query, limit), (items) => json({ items })),
      )
      .handle("user", ({ params: { id } }) => accounts.get(id))
  }),
)
