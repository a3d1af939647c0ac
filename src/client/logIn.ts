// Logging in with a password: the requests, and what their failures mean.
import type { Me } from "../domain/User.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { Http } from "./Http.ts"

/** What the server grants at a log-in and at a refresh. */
export interface Granted {
  readonly user?: Me
  readonly access_token: string
  readonly expires_in: number
  readonly refresh_token?: string
}

const notKept =
  'The browser did not keep the session\'s cookies. Serve page and API from one origin, over https where the API is; or use auth "token".'

/** Also asks whether the browser sends the cookies: it reports nothing when it does not keep them. */
export const logInByCookie = async (
  http: Http,
  login: string,
  password: string,
): Promise<Granted & { readonly user: Me }> => {
  const answer = await http<Granted & { readonly user: Me }>({
    method: "POST",
    path: "/login",
    json: { login, password },
  })
  await http<Me>({ method: "GET", path: "/me", as: answer.user.id }).catch((error: unknown) => {
    if (!(error instanceof ChatClientError) || error.status !== 401) throw error
    throw new ChatClientError("CookiesNotKept", notKept, { status: 401, cause: error })
  })
  return answer
}

export const logInByToken = (http: Http, login: string, password: string): Promise<Granted> =>
  http<Granted>({
    method: "POST",
    path: "/token",
    form: { grant_type: "password", username: login, password },
  }).catch((error: unknown) => {
    throw error instanceof ChatClientError && error.tag === "invalid_grant"
      ? new ChatClientError("InvalidCredentials", error.message, { status: 401, cause: error })
      : error
  })
