// Parses an upgrade request and its credentials. The URL may contain the token (`?token=`): no URL is ever logged or
// sent back.
import type { IncomingMessage } from "node:http"
import type { Settings } from "../../config/Settings.ts"
import { ForeignOrigin, NotFound, Unauthorized } from "../../domain/errors.ts"
import { ChatId, type UserId } from "../../domain/Ids.ts"
import { forwardingOf } from "../../edge/Forwarding.ts"
import { namesOneHost } from "../../edge/namesOneHost.ts"
import { senderOf } from "../../edge/origin.ts"
import type { SessionCookies } from "../../edge/SessionCookies.ts"

/** `/ws` and `/ws/{chat_id}`: 0 means all chats; undefined: no such path. */
const chatOfPath = (path: string): ChatId | 0 | undefined => {
  if (path === "/ws" || path === "/ws/") return 0
  const id = /^\/ws\/([1-9]\d{0,15})\/?$/.exec(path)?.[1]
  return id === undefined || Number(id) > Number.MAX_SAFE_INTEGER ? undefined : ChatId.make(Number(id))
}

export type Asked = { readonly token: string } & (
  | { readonly _tag: "Events"; readonly only: ChatId | 0; readonly resume: boolean }
  | { readonly _tag: "Calls" }
)

/** The parsed request, or its refusal. */
export const read = (request: IncomingMessage, browser: Browser): Asked | Refusal => {
  const url = request.url ?? ""
  const mark = url.indexOf("?")
  const path = mark < 0 ? url : url.slice(0, mark)
  const isRpc = path === "/rpc" || path === "/rpc/"
  const only = isRpc ? 0 : chatOfPath(path)
  if (only === undefined) return new NotFound({})
  const wrong = wrongHandshake(request)
  if (wrong !== undefined) return wrong
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1))
  const resume = /^(?:true|1)$/i.test(query.get("resume") ?? "")
  const token = tokenOf(request, query, browser)
  if (typeof token !== "string") return token
  return isRpc ? { _tag: "Calls", token } : { _tag: "Events", only, resume, token }
}

/** What a browser states about the page, and its cookies. */
export interface Browser {
  isOwnOrigin(request: IncomingMessage): boolean
  accessCookie(request: IncomingMessage): string | undefined
}

/** The access token: a Bearer header, `?token=`, or the cookie, which a page of another origin may not use. */
export const tokenOf = (
  request: IncomingMessage,
  query: URLSearchParams,
  browser: Browser,
): string | Unauthorized | ForeignOrigin => {
  const { authorization, origin } = request.headers
  if (authorization !== undefined) return /^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? new Unauthorized({})
  const inAddress = query.get("token")
  if (inAddress !== null) return inAddress
  const fromCookie = browser.accessCookie(request)
  if (fromCookie === undefined) return new Unauthorized({})
  return origin === undefined || !browser.isOwnOrigin(request) ? new ForeignOrigin({}) : fromCookie
}

/** The server's own pages, or those of a listed origin. */
export const isOwnOrigin =
  ({ corsOrigins, trustProxy }: Pick<Settings["Service"], "corsOrigins" | "trustProxy">): Browser["isOwnOrigin"] =>
  ({ headers, socket }) => {
    const sender = senderOf(headers, forwardingOf(headers, socket.remoteAddress, trustProxy), corsOrigins)
    return sender === "own" || sender === "listed"
  }

export const accessCookie =
  (
    { trustProxy }: Pick<Settings["Service"], "trustProxy">,
    cookies: SessionCookies["Service"],
  ): Browser["accessCookie"] =>
  ({ headers, socket }) => {
    const { secure } = forwardingOf(headers, socket.remoteAddress, trustProxy)
    return cookies.read("access", secure, (name) => cookieValue(headers.cookie ?? "", name))
  }

const cookieValue = (header: string, name: string): string | undefined => {
  for (const part of header.split(";")) {
    const equals = part.indexOf("=")
    if (equals > 0 && part.slice(0, equals).trim() === name)
      return part
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, "$1")
  }
  return undefined
}

/** A problem document, as far as an answer over a raw socket needs it. */
export interface Refusal {
  readonly _tag: string
  readonly type: string
  readonly status: number
  readonly title: string
  readonly detail: string
  /** Only if a retry may help. */
  readonly retry_after_ms?: number
  readonly headers?: { readonly [name: string]: string }
}

/** Answers a client whose opening is under way (implemented by the HTTP room). */
export interface Opening {
  readonly request_id: string
  /** Answers and ends the connection. `user_id`: the owner of the token. */
  refuse(refusal: Refusal, user_id?: UserId): void
}

/** Why this request cannot become a WebSocket. */
const wrongHandshake = (request: IncomingMessage): Refusal | undefined => {
  const { headers } = request
  const problem = (status: 400 | 426, detail: string, more: { readonly [name: string]: string } = {}): Refusal => ({
    _tag: status === 400 ? "InvalidInput" : "UpgradeRequired",
    type: `urn:confab:problem:${status === 400 ? "InvalidInput" : "UpgradeRequired"}`,
    status,
    title: status === 400 ? "Invalid input" : "Upgrade required",
    detail,
    headers: more,
  })
  const upgrade = { Upgrade: "websocket" }
  if (headers.upgrade?.toLowerCase() !== "websocket") return problem(426, "This path speaks WebSocket.", upgrade)
  if (!namesOneHost(request)) return problem(400, "The request must have one Host header.")
  if (request.method !== "GET") return problem(400, "A WebSocket is opened by GET.")
  if (headers["sec-websocket-version"] !== "13") {
    return problem(426, "The WebSocket version must be 13.", { ...upgrade, "Sec-WebSocket-Version": "13" })
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    return problem(400, "Sec-WebSocket-Key is missing or is not 16 bytes in base64.")
  }
  return undefined
}
