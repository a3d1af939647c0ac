// The shortcut for plain requests for pages: from node:http to the service and back. The router, the typed API and the
// HTTP server around them cost some 100 µs, more than everything else. Authentication, logs, counts, headers and
// problems are the same as on the usual path, by the same functions.
import type { IncomingMessage, ServerResponse } from "node:http"
import { Cause, Context, Effect, Fiber, References, Tracer } from "effect"
import type { HttpServerResponse } from "effect/http"
import { Settings } from "../../config/Settings.ts"
import type { CurrentUser } from "../../contract/CurrentUser.ts"
import { messageOperations } from "../../contract/MessagesApi.ts"
import { Unavailable } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { JsonText } from "../../edge/operations/Implementation.ts"
import { implementMessages } from "../../edge/operations/messages.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { RateReport } from "../../services/limits/RateReport.ts"
import { makeCors } from "../cors.ts"
import { type Exchange, makeExchange } from "../Exchange.ts"
import { gzipped, isWorthGzip, varies } from "../gzip.ts"
import { headersOf } from "../headers.ts"
import { fromCause } from "../problems/failure.ts"
import { problemOrDie } from "../problems/problem.ts"
import { logRequest, now } from "../requestLog.ts"
import { HttpEdge, type RequestHandler } from "./EdgeServer.ts"
import { HeldAnswers } from "./HeldAnswers.ts"
import { type PlainRead, plainRead } from "./plainRead.ts"

type Headers = Readonly<Record<string, string>>

/** A recognised request: its token, and how its page is read. */
interface Plain {
  readonly token: string
  readonly read: (user: CurrentUser["Service"]) => Effect.Effect<JsonText, unknown>
}

const plainHistory = plainRead(messageOperations.getHistory)
const plainMessages = plainRead(messageOperations.listMessages)

const recognising =
  <Input>(
    found: (request: IncomingMessage) => PlainRead<Input> | undefined,
    read: (by: UserId, input: Input, user: CurrentUser["Service"]) => Effect.Effect<JsonText, unknown>,
  ) =>
  (request: IncomingMessage): Plain | undefined => {
    const plain = found(request)
    return plain && { token: plain.token, read: (user) => read(user.user_id, plain.input, user) }
  }

const makeHandler = Effect.gen(function* () {
  const { trustProxy, corsOrigins } = yield* Settings
  const auth = yield* Auth
  const held = yield* HeldAnswers
  const read = yield* implementMessages
  const context = yield* Effect.context<never>()
  const scope = yield* Effect.scope
  const cors = makeCors(corsOrigins)
  const ways = [recognising(plainHistory, read.getHistory), recognising(plainMessages, read.listMessages)]

  const answer = (request: IncomingMessage, response: ServerResponse, exchange: Exchange, { token, read }: Plain) =>
    Effect.withFiber((fiber) => {
      const started = now(fiber)
      const logged = { method: "GET", url: request.url ?? "" }
      const give = (status: number, own: Headers, body: string | Uint8Array): Effect.Effect<void> => {
        const log = logRequest(fiber, logged, exchange, status, started)
        if (!response.destroyed) {
          response.writeHead(status, headersOf(own, exchange, cors(request.headers.origin)))
          response.end(body)
        }
        return log ?? Effect.void
      }
      const giveProblem = ({ status, headers, body }: HttpServerResponse.HttpServerResponse) =>
        give(status, headers, body._tag === "Uint8Array" ? body.body : "")
      const known = (user: CurrentUser["Service"]) => {
        exchange.user_id = user.user_id
        return held.make(user.user_id, response, read(user), ({ json }) => json.length)
      }
      const giveBody = (own: Headers, body: string | Uint8Array, bytes: number) => {
        const tooMuch = held.hold(exchange.user_id, bytes, request.socket, response, false)
        if (tooMuch !== undefined) return Effect.flatMap(problemOrDie(tooMuch), giveProblem)
        return give(200, { "content-type": "application/json", ...own, "content-length": String(bytes) }, body)
      }
      const givePage = ({ json: page }: JsonText) => {
        const bytes = Buffer.byteLength(page)
        const own = varies(bytes) ?? {}
        if (!isWorthGzip(bytes, request.headers["accept-encoding"]?.toString())) return giveBody(own, page, bytes)
        return Effect.flatMap(gzipped(page, bytes), (zipped) =>
          zipped === undefined
            ? giveBody(own, page, bytes)
            : giveBody({ ...own, "content-encoding": "gzip" }, zipped, zipped.length),
        )
      }
      return Effect.matchCauseEffect(Effect.interruptible(Effect.flatMap(auth.authenticate(token), known)), {
        onSuccess: givePage,
        onFailure: (cause) => {
          if (!Cause.hasInterruptsOnly(cause)) return Effect.flatMap(fromCause(logged, exchange, cause), giveProblem)
          // The client has disconnected, or this server is shutting down.
          return response.destroyed ? Effect.void : Effect.flatMap(problemOrDie(new Unavailable()), giveProblem)
        },
      })
    })

  const handler: RequestHandler = (request, response) => {
    for (const recognise of ways) {
      const plain = recognise(request)
      if (plain === undefined) continue
      const exchange = makeExchange(request.headers, request.socket.remoteAddress, trustProxy)
      const run = Effect.runForkWith(
        context.pipe(
          Context.add(References.CurrentLogAnnotations, { request_id: exchange.request_id }),
          Context.add(RateReport, exchange.rates),
        ),
      )
      const fiber = Fiber.runIn(run(answer(request, response, exchange, plain), { uninterruptible: true }), scope)
      response.on("close", () => {
        if (!response.writableEnded) fiber.interruptUnsafe()
      })
      return true
    }
    return false
  }
  return handler
})

/** Active while the scope is open. Not while requests are traced: the usual path makes their spans. */
export const takeShortcut = Effect.gen(function* () {
  const edge = yield* HttpEdge
  if ((yield* Tracer.Tracer) !== Tracer.nativeTracer) return
  edge.takeOverRequests(yield* makeHandler)
  yield* Effect.addFinalizer(() => Effect.sync(() => edge.takeOverRequests(undefined)))
})
