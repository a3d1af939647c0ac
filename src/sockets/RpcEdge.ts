// `/rpc`: the remote procedures over WebSocket. Who is asking is settled at the upgrade and belongs to the connection: nothing
// that a client writes into a message changes it. So many calls of a connection at once; past that it is not read.
import { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Clock, Effect, Layer, Metric, Random, Tracer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { RpcSerialization, RpcServer } from "effect/rpc"
import { Settings } from "../config/Settings.ts"
import { ChatRpcs, RpcAuthorization } from "../contract/ChatRpcs.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import { CurrentUser } from "../contract/CurrentUser.ts"
import { InternalError, Unauthorized } from "../domain/errors.ts"
import { OriginWarnings } from "../edge/OriginWarnings.ts"
import { Auth } from "../services/Auth.ts"
import { RateLimits } from "../services/RateLimits.ts"
import { closeFrame } from "./FrameBytes.ts"
import { headersFor, isOwnOrigin, type Refusal, tokenOf, wrongHandshake } from "./Handshake.ts"
import { Hub } from "./Hub.ts"
import { RpcCalls } from "./RpcCalls.ts"
import { RpcEvents } from "./RpcEvents.ts"
import { RpcHandlers } from "./RpcHandlers.ts"
import { RpcMessages } from "./RpcMessages.ts"

/** Calls of one connection at once; event streams are counted as the user's devices instead. */
const callsAtOnce = 64

const connections = Metric.gauge("confab_rpc_connections", { description: "Connections for remote calls" })

const problem = (refusal: Refusal) => {
  const { _tag, detail, retry_after_ms, status, title, type } = refusal
  return HttpServerResponse.jsonUnsafe(
    { type, title, status, detail, _tag, retry_after_ms },
    { status, contentType: "application/problem+json", headers: headersFor(refusal) },
  )
}

/** One for each connection: the identity is in it. */
const authorization = (
  auth: Auth["Service"],
  limits: RateLimits["Service"],
  identity: CurrentUser["Service"],
  calls: RpcCalls,
) =>
  RpcAuthorization.of((call, { requestId }) =>
    Effect.gen(function* () {
      if (identity.expires_at <= (yield* Clock.currentTimeMillis) || auth.hasEnded(identity.session_id)) {
        return yield* new Unauthorized()
      }
      yield* limits.demand("requests", identity.user_id)
      return yield* calls.run(requestId, call)
    }).pipe(
      Effect.provideService(CurrentUser, identity),
      Effect.catchDefect((defect) => {
        const request_id = crypto.randomUUID()
        return Effect.logError("A remote procedure failed unexpectedly", defect).pipe(
          Effect.annotateLogs({ request_id }),
          Effect.andThen(new InternalError({ request_id })),
        )
      }),
    ),
  )

/** A client that asks faster than it is answered waits: its next call is read once one of those under way has ended. */
const bounded = (protocol: RpcServer.Protocol["Service"], calls: RpcCalls) =>
  RpcServer.Protocol.of({
    ...protocol,
    run: (handle) =>
      protocol.run((client, message) => {
        if (message._tag !== "Request") return handle(client, message)
        // Every call gets an answer; whoever did not want one passes over it.
        const { isNotification: _, ...asked } = message
        // What nobody knows is refused by its name: not in the words of whoever sent it.
        const call = ChatRpcs.requests.has(asked.tag) ? asked : { ...asked, tag: "?" }
        if (call.tag === "Events") return handle(client, call)
        return Effect.andThen(calls.read(call.id), handle(client, call))
      }),
    send: (client, response, transferables) =>
      response._tag === "Exit"
        ? Effect.andThen(calls.answered(response.requestId), protocol.send(client, response, transferables))
        : protocol.send(client, response, transferables),
  })

const connection = Effect.fnUntraced(function* (
  auth: Auth["Service"],
  identity: CurrentUser["Service"],
  socket: Duplex,
) {
  const { protocol, httpEffect } = yield* Effect.provideService(
    RpcServer.makeProtocolWithHttpEffectWebsocket,
    RpcSerialization.RpcSerialization,
    RpcMessages,
  )
  yield* Effect.acquireRelease(Metric.modify(connections, 1), () => Metric.modify(connections, -1))
  const calls = yield* RpcCalls.make(callsAtOnce)
  const limits = yield* RateLimits
  const disableTracing = (yield* Tracer.Tracer) === Tracer.nativeTracer
  yield* RpcServer.make(ChatRpcs, { disableTracing, disableFatalDefects: true }).pipe(
    Effect.provideService(RpcServer.Protocol, bounded(protocol, calls)),
    Effect.provideService(RpcAuthorization, authorization(auth, limits, identity, calls)),
    Effect.forkScoped,
  )
  const { leaving } = yield* Hub
  const wait = yield* Random.nextIntBetween(0, 5_001)
  // Interrupting the connection's fiber would wait for its calls; the peer is told at once instead.
  const goodbye = closeFrame(CloseCode.GoingAway, `{"retry_after_ms":${wait}}`)
  yield* Effect.forkScoped(
    Effect.andThen(
      leaving,
      Effect.sync(() => void socket.end(goodbye)),
    ),
  )
  return yield* httpEffect
})

/** The route; needs the hub and the services. */
export const RpcEdge = HttpRouter.use((router) =>
  Effect.gen(function* () {
    const auth = yield* Auth
    const warnings = yield* OriginWarnings
    const ownOrigin = isOwnOrigin(yield* Settings)
    const handlers = yield* Effect.context<Layer.Success<typeof RpcHandlers> | Hub | RateLimits>()
    yield* router.add(
      "GET",
      "/rpc",
      Effect.gen(function* () {
        const request = NodeHttpServerRequest.toIncomingMessage(yield* HttpServerRequest.HttpServerRequest)
        const url = request.url ?? ""
        const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : "")
        const wrong = request instanceof IncomingMessage ? wrongHandshake(request) : undefined
        if (wrong !== undefined) return problem(wrong)
        const token = request instanceof IncomingMessage ? tokenOf(request, query, ownOrigin) : new Unauthorized()
        if (typeof token !== "string") {
          if (token._tag === "ForeignOrigin") yield* warnings.refused(request.headers, request.socket.remoteAddress)
          return problem(token)
        }
        // A dead peer is noticed by TCP; a living one calls or takes its events.
        request.socket.setKeepAlive(true, 60_000)
        return yield* Effect.matchEffect(auth.authenticate(token), {
          onFailure: (error) => Effect.succeed(problem(error)),
          onSuccess: (identity) => Effect.provideContext(connection(auth, identity, request.socket), handlers),
        })
      }),
    )
  }),
).pipe(Layer.provide(RpcHandlers), Layer.provide(RpcEvents.layer), Layer.provide(OriginWarnings.layer))
