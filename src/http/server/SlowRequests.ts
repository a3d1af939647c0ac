// Ends connections whose request does not arrive in time. Node's own limit holds for all requests alike; an upload may
// take as long as it makes progress. Checks all connections every few seconds, without a timer for each request.
import type { IncomingMessage } from "node:http"

/** Milliseconds. */
const arrivalMillis = 30_000

export class SlowRequests {
  /** Requests that had not arrived at the last check, and since when. */
  private readonly arriving = new Map<IncomingMessage, number>()
  private readonly unlimited = new WeakSet<IncomingMessage>()

  /** The request has another limit. */
  exempt(request: IncomingMessage): void {
    this.unlimited.add(request)
    this.arriving.delete(request)
  }

  /** `requests` are the last ones of all connections; `now` in milliseconds. Returns those that took too long. */
  look(requests: Iterable<IncomingMessage>, now: number): ReadonlyArray<IncomingMessage> {
    const slow: Array<IncomingMessage> = []
    const known = new Map(this.arriving)
    this.arriving.clear()
    for (const request of requests) {
      if (request.complete || request.destroyed || this.unlimited.has(request)) continue
      const since = known.get(request) ?? now
      if (now - since >= arrivalMillis) slow.push(request)
      else this.arriving.set(request, since)
    }
    return slow
  }
}
