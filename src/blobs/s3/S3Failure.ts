// An S3 store refused a request, or did not answer it. Never has a key in it.

/** Codes after which the same request may succeed. */
const passingCodes = new Set(["SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted"])

export class S3Failure extends Error {
  /** The store's own code (`NoSuchBucket`), Node's (`ECONNREFUSED`), or one of ours: `TimedOut`, `ShortAnswer`. */
  readonly code: string
  /** undefined: there was no answer. */
  readonly status: number | undefined
  /** Of the bucket, where the answer names it: `eu-west-1`. */
  readonly region: string | undefined

  constructor(code: string, status?: number, region?: string) {
    super(`The S3 store failed: ${code}`)
    this.code = code
    this.status = status
    this.region = region
  }

  /** The same request may succeed later, without anybody's help. */
  get isPassing(): boolean {
    const { code, status } = this
    return status === undefined || status >= 500 || status === 429 || status === 408 || passingCodes.has(code)
  }
}

/** What Node reports of a connection. */
export const failureOf = (error: unknown): S3Failure => {
  if (error instanceof S3Failure) return error
  return new S3Failure(error instanceof Error && "code" in error ? String(error.code) : "unknown")
}
