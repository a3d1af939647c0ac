// One log line and one count per request. Logs no query string, header or body, and only known segments of the path:
// the others may hold tokens and texts.
import { Clock, Effect, type Fiber, LogLevel, Metric, References } from "effect"
import type { Exchange } from "./Exchange.ts"
import { logIdentity } from "./logIdentity.ts"
import { loggablePath } from "./server/routes.ts"

const requests = Metric.counter("confab_http_requests_total", { description: "HTTP requests", incremental: true })
const seconds = Metric.histogram("confab_http_request_duration_seconds", {
  description: "Time from request to answer",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
})

const counters = new Map<string, Metric.Counter<number>>()
const counter = (method: string, status: number) => {
  const key = `${method} ${status}`
  let found = counters.get(key)
  if (found === undefined) {
    found = Metric.withAttributes(requests, { method, status: String(status) })
    counters.set(key, found)
  }
  return found
}

const isProbe = /^\/(?:health|ready|metrics)\/?(?:[?#]|$)/

/** Changes and refusals are logged; successful reads are too frequent. */
const levelOf = ({ method, url }: LoggedRequest, status: number) => {
  if (status >= 500) return "Warn"
  if (status < 400 && (method === "GET" || method === "HEAD")) return "Debug"
  return isProbe.test(url) ? "Debug" : "Info"
}

/** The logged part of a request. */
export interface LoggedRequest {
  readonly method: string
  readonly url: string
}

export const now = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()

/** undefined: the current level logs nothing for it. */
export const logRequest = (
  fiber: Fiber.Fiber<unknown, unknown>,
  request: LoggedRequest,
  exchange: Exchange,
  status: number,
  started: number,
): Effect.Effect<void> | undefined => {
  const ms = now(fiber) - started
  counter(request.method, status).updateUnsafe(1, fiber.context)
  seconds.updateUnsafe(ms / 1000, fiber.context)
  const level = levelOf(request, status)
  if (!LogLevel.isGreaterThanOrEqualTo(level, fiber.getRef(References.MinimumLogLevel))) return undefined
  return Effect.annotateLogs(Effect.logWithLevel(level)("HTTP request"), {
    method: request.method,
    path: loggablePath(request.url),
    status,
    ms,
    ...logIdentity(fiber, exchange),
    ...(exchange.user_id === undefined ? {} : { user_id: exchange.user_id }),
  })
}
