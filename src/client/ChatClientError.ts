// The error of all rejections of a client's promises.
import type { ProblemTag } from "../domain/ProblemTag.ts"

/** What went wrong in the client itself, or on the way. */
export type ClientFailure =
  /** No answer, or a part of the client or the host's token could not be loaded: try again later. */
  | "Network"
  | "Aborted"
  | "Closed"
  | "Discarded"
  /** Nobody is signed in, or the session has ended. */
  | "SignedOut"
  | "SignedInAlready"
  /** A file to upload has no bytes, or cannot be read. */
  | "FileEmpty"
  | "FileUnreadable"
  /** The socket refused a message: `code` says why. */
  | "MessageRefused"
  | "UnexpectedAnswer"
  | "NoWebSocket"
  /** Cookies were asked for on another origin than the server's. */
  | "CookiesNotPossible"
  /** The log-in succeeded, and the browser did not keep the cookies. */
  | "CookiesNotKept"
  /** With `getToken` there is neither `logIn` nor `register`. */
  | "TokensOfHost"
  /** `getToken` gave no JWT with `exp`. */
  | "InvalidToken"

/** `tag` also has what a newer server refuses with. */
export type ErrorTag = ProblemTag | ClientFailure | (string & Record<never, never>)

/** `tag` is the problem's `_tag` (`ChatNotFound`, `NotAllowed`, `InvalidInput` …), or a failure of the client. */
export class ChatClientError extends Error {
  readonly tag: ErrorTag
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string | null
  readonly issues: ReadonlyArray<{ readonly path: string; readonly message: string }>
  /** When to try again, if the server says so. */
  readonly retryAfterMs: number | null

  constructor(
    tag: ErrorTag,
    message: string,
    details: {
      readonly status?: number
      readonly code?: string
      readonly issues?: ReadonlyArray<{ readonly path: string; readonly message: string }>
      readonly retryAfterMs?: number | null
      readonly cause?: unknown
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = "ChatClientError"
    this.tag = tag
    this.status = details.status ?? 0
    this.code = details.code ?? null
    this.issues = details.issues ?? []
    this.retryAfterMs = details.retryAfterMs ?? null
  }
}

export const notSignedIn = (): ChatClientError =>
  new ChatClientError("SignedOut", "Nobody is signed in.", { status: 401 })
