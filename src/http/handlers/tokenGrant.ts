// Parses a form of `/token`, and builds the refusals of RFC 6749 §5.2.
import { Effect } from "effect"
import { TokenError } from "../../contract/AuthApi.ts"
import { json, notStored } from "./answer.ts"
import { parseForm } from "./form.ts"

export type Grant =
  | { readonly _tag: "Password"; readonly username: string; readonly password: string }
  | { readonly _tag: "Refresh"; readonly refresh_token: string }

const invalid = (error_description: string) =>
  Effect.fail(new TokenError({ error: "invalid_request", error_description }))

/** Parses the form; `client_id`, `client_secret`, `scope` and other fields are ignored. */
export const grantOf = (text: string): Effect.Effect<Grant, TokenError> => {
  const form = parseForm(text)
  if (form === undefined) return invalid("The form is malformed.")
  const type = form.get("grant_type") ?? "password"
  switch (type) {
    case "password": {
      const username = form.get("username")
      const password = form.get("password")
      return username === undefined || password === undefined
        ? invalid("username and password are needed.")
        : Effect.succeed({ _tag: "Password", username, password })
    }
    case "refresh_token": {
      const refresh_token = form.get("refresh_token")
      return refresh_token === undefined
        ? invalid("refresh_token is needed.")
        : Effect.succeed({ _tag: "Refresh", refresh_token })
    }
    default:
      return Effect.fail(
        new TokenError({ error: "unsupported_grant_type", error_description: "Use password or refresh_token." }),
      )
  }
}

export const refuse = (error: TokenError["error"], error_description: string) =>
  Effect.succeed(notStored(json({ error, error_description }, 400)))
