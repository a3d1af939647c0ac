// The answer to a refused WebSocket opening: a problem with the headers, the log line and the count of any other HTTP
// answer.
import { type IncomingMessage, STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import { Clock, Effect, Metric } from "effect"
import { Settings } from "../../config/Settings.ts"
import type { UserId } from "../../domain/Ids.ts"
import { makeCors } from "../cors.ts"
import { makeExchange } from "../Exchange.ts"
import { headersOf } from "../headers.ts"
import { logRequest } from "../requestLog.ts"
import { headersFor } from "./problem.ts"

/** The reason for the refusal; RFC 9457. */
export interface Problem {
  readonly _tag: string
  readonly type: string
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly retry_after_ms?: number
  /** Besides those of the status, such as `upgrade`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers one opening. */
export interface Opening {
  readonly request_id: string
  /** Answers and ends the connection. `user_id`: the owner of the token, for the log. */
  refuse(problem: Problem, user_id?: UserId): void
}

const refused = Metric.counter("confab_socket_refusals_total", {
  description: "Openings of sockets that were refused, by path and status",
  incremental: true,
})

export const refusals = Effect.gen(function* () {
  const { corsOrigins, trustProxy } = yield* Settings
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const cors = makeCors(corsOrigins)
  return (request: IncomingMessage, socket: Duplex): Opening => {
    const { method = "", url = "" } = request
    const exchange = makeExchange(request.headers, request.socket.remoteAddress, trustProxy)
    const started = clock.currentTimeMillisUnsafe()
    return {
      request_id: exchange.request_id,
      refuse: (problem, user_id) => {
        const { _tag, detail, retry_after_ms, status, title, type } = problem
        const request_id = status === 500 ? exchange.request_id : undefined
        const body = JSON.stringify({ type, title, status, detail, _tag, request_id, retry_after_ms })
        const own = {
          connection: "close",
          "content-type": "application/problem+json",
          "content-length": String(Buffer.byteLength(body)),
          ...headersFor(problem),
          ...problem.headers,
        }
        const headers = headersOf(own, exchange, cors(request.headers.origin))
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
        socket.once("finish", () => socket.destroy())
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${lines.join("")}\r\n${body}`)
        exchange.user_id = user_id
        const path = /^\/rpc(?:[/?]|$)/.test(url) ? "/rpc" : "/ws"
        run(
          Effect.andThen(
            Metric.update(Metric.withAttributes(refused, { path, status: String(status) }), 1),
            Effect.withFiber((fiber) => logRequest(fiber, { method, url }, exchange, status, started) ?? Effect.void),
          ),
        )
      },
    }
  }
})
