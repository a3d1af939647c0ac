// One log line and one count per request. No query string, no header, no body, and of the path only what is ours: tokens and
// texts are in those.
import { Clock, Effect, type Fiber, LogLevel, Metric, References } from "effect"
import type { Exchange } from "./Exchange.ts"
import { logIdentity } from "./logIdentity.ts"
import { tellablePath } from "./server/routes.ts"

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

/** What changed something or was refused is worth a line; readings that went well come by the thousand and are not. */
const levelOf = ({ method, url }: Asked, status: number) => {
  if (status >= 500) return "Warn"
  if (status < 400 && (method === "GET" || method === "HEAD")) return "Debug"
  return isProbe.test(url) ? "Debug" : "Info"
}

/** What is told of a request. */
export interface Asked {
  readonly method: string
  readonly url: string
}

export const now = (fiber: Fiber.Fiber<unknown, unknown>) => fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()

/** `undefined`: nothing to log at the level that is set. */
export const logRequest = (
  fiber: Fiber.Fiber<unknown, unknown>,
  request: Asked,
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
    path: tellablePath(request.url),
    status,
    ms,
    ...logIdentity(fiber, exchange),
    ...(exchange.user_id === undefined ? {} : { user_id: exchange.user_id }),
  })
}
