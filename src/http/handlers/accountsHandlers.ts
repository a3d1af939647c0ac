// HTTP routes of users: sign-up, profile, devices, search.
import { Effect, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { AccountDeletion, accountOperations, PasswordChange, SignUp } from "../../contract/AccountsApi.ts"
import { Api } from "../../contract/Api.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { SessionNotFound } from "../../domain/errors.ts"
import { SessionId } from "../../domain/Ids.ts"
import { implementAccounts } from "../../edge/operations/accounts.ts"
import { SessionCookies } from "../../edge/SessionCookies.ts"
import { AccountDeletions } from "../../services/AccountDeletions.ts"
import { Accounts } from "../../services/Accounts.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { Exports } from "../../services/Exports.ts"
import { clearCookies } from "../cookies.ts"
import { comingFrom, peerOf } from "../Exchange.ts"
import { json, jsonStream, tarStream } from "./answer.ts"
import { jsonBody } from "./body.ts"
import { serveOperations } from "./serveOperations.ts"

const signUpBody = jsonBody(SignUp)
const passwordBody = jsonBody(PasswordChange)
const deletionBody = jsonBody(AccountDeletion)
const isSessionId = Schema.is(SessionId)

export const accountsHandlers = HttpApiBuilder.group(
  Api,
  "accounts",
  Effect.fnUntraced(function* (handlers) {
    const accounts = yield* Accounts
    const auth = yield* Auth
    const cookies = yield* SessionCookies
    const departures = yield* AccountDeletions
    const exports = yield* Exports
    return serveOperations(handlers, accountOperations, yield* implementAccounts)
      .handleRaw("signUp", ({ request }) =>
        Effect.gen(function* () {
          const { display_name, invite, ...input } = yield* signUpBody(request)
          const me = yield* accounts.signUp(
            { ...input, display_name: display_name ?? undefined, invite: invite ?? undefined },
            peerOf(request),
          )
          return json(me, 201)
        }).pipe(comingFrom(request)),
      )
      .handleRaw("deleteMe", ({ request }) =>
        Effect.gen(function* () {
          const user = yield* CurrentUser
          const { password } = yield* deletionBody(request)
          yield* departures.remove(user, password)
          return clearCookies(cookies, request)(HttpServerResponse.empty())
        }).pipe(comingFrom(request)),
      )
      .handleRaw("exportMe", ({ query, request }) =>
        Effect.withFiber((fiber) =>
          Effect.gen(function* () {
            const user = yield* CurrentUser
            const abort = () => fiber.interruptUnsafe()
            return query.files === "true"
              ? tarStream(yield* exports.openArchive(user, abort), "confab-export.tar")
              : jsonStream(yield* exports.open(user, abort), "confab-export.json")
          }),
        ).pipe(comingFrom(request)),
      )
      .handleRaw("changePassword", ({ request }) =>
        Effect.gen(function* () {
          const user = yield* CurrentUser
          const { current_password, new_password } = yield* passwordBody(request)
          yield* auth.changePassword(user, current_password, new_password)
          return HttpServerResponse.empty()
        }).pipe(comingFrom(request)),
      )
      .handle("endSession", ({ params: { id }, request }) =>
        Effect.flatMap(CurrentUser, (user) =>
          isSessionId(id) ? auth.endSession(user, id) : Effect.fail(new SessionNotFound()),
        ).pipe(comingFrom(request)),
      )
  }),
)
