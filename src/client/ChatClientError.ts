// The error of all rejections of a client's promises.

/**
 * `tag` is the problem's `_tag` (`ChatNotFound`, `NotAllowed`, `InvalidInput` …), or `Network` (no answer), `SignedOut`, `Aborted`,
 * `Closed`, `UnexpectedAnswer`, `FileEmpty`,
 * `FileUnreadable`, or for a refused message `MessageRefused` with the socket's `code`.
 */
export class ChatClientError extends Error {
  readonly tag: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  readonly code: string | null
  readonly issues: ReadonlyArray<{ readonly path: string; readonly message: string }>
  /** When to try again, if the server says so. */
  readonly retryAfterMs: number | null

  constructor(
    tag: string,
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
