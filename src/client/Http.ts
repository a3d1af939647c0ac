// One HTTP request; all its failures are ChatClientErrors. Does not know the signed-in user.
import type { UserId } from "../domain/Ids.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { Runtime } from "./Runtime.ts"

export type Query = Readonly<Record<string, string | number | undefined>>

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Query
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly token?: string | null
  /** The user for whom a request by cookie is meant. */
  readonly as?: UserId | null
  readonly signal?: AbortSignal | undefined
  /** Sends it instead of `Runtime.fetch`: for a body that is no text. */
  readonly send?: Runtime["fetch"]
}

export type Http = <A>(request: HttpRequest) => Promise<A>

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const issuesOf = (problem: Record<string, unknown>) =>
  Array.isArray(problem.issues)
    ? problem.issues.filter(isRecord).map(({ path, message }) => ({ path: String(path), message: String(message) }))
    : []

const failure = (response: Response, body: string): ChatClientError => {
  const json = parsed(body)
  const problem = isRecord(json) ? json : {}
  const tag =
    textOf(problem._tag) ?? textOf(problem.error) ?? (response.status === 401 ? "Unauthorized" : "UnexpectedAnswer")
  const detail = textOf(problem.detail) ?? textOf(problem.error_description) ?? textOf(problem.title)
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN)
  return new ChatClientError(tag, detail ?? `The server answered ${response.status}.`, {
    status: response.status,
    issues: issuesOf(problem),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
  })
}

const queryText = (query: Query | undefined): string => {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`
}

/** `cookies`: whether the browser's cookies are sent. */
export const makeHttp =
  (runtime: Runtime, base: string, cookies: boolean): Http =>
  async <A>({ method, path, query, json, form, token, as, signal, send }: HttpRequest): Promise<A> => {
    const headers: Record<string, string> = { accept: "application/json" }
    if (token) headers.authorization = `Bearer ${token}`
    if (as) headers["confab-user"] = String(as)
    if (json !== undefined) headers["content-type"] = "application/json"
    if (form !== undefined) headers["content-type"] = "application/x-www-form-urlencoded"
    const body =
      json !== undefined ? JSON.stringify(json) : form !== undefined ? String(new URLSearchParams(form)) : null
    const init: RequestInit = {
      method,
      headers,
      body,
      credentials: cookies ? "same-origin" : "omit",
      cache: "no-store",
    }
    if (signal !== undefined) init.signal = signal
    let response: Response
    let text: string
    try {
      response = await (send ?? runtime.fetch)(base + path + queryText(query), init)
      text = await response.text()
    } catch (cause) {
      throw signal?.aborted
        ? new ChatClientError("Aborted", "The request was aborted.", { cause })
        : new ChatClientError("Network", "The server cannot be reached.", { cause })
    }
    if (!response.ok) throw failure(response, text)
    const value = text === "" ? undefined : parsed(text)
    if (text !== "" && value === undefined) {
      throw new ChatClientError("UnexpectedAnswer", "The answer is not JSON.", { status: response.status })
    }
    return value as A
  }

/** Whether a later attempt may succeed: no answer, or one that says so. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ChatClientError && (error.tag === "Network" || error.status === 429 || error.status >= 500)
