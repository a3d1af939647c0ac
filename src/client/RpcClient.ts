// The remote procedures of the contract over one WebSocket, typed, with the stream of events. Lives as long as its
// scope: reconnects as the close code says, and replaces the connection's token before it expires.
import { Cause, Clock, Context, Duration, Effect, Layer, Queue, Random, Schedule } from "effect"
import { RpcClient, type RpcClientError, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import { ChatRpcs } from "../contract/ChatRpcs.ts"
import { Limits } from "../contract/Limits.ts"
import { comeBack } from "./connection/Backoff.ts"

export interface RpcClientOptions {
  /** The server's address, `https://chat.example`. */
  readonly url: string
  /**
   * Evaluated at every connection, and before the connection's token expires: the access token, or null if a cookie
   * authenticates.
   */
  readonly token?: Effect.Effect<string | null>
}

/** Milliseconds: a connection of this length counts as successful. */
const stable = 10_000
/** As in Session: how long before its end a token is refreshed, never more than a fifth of its life. */
const margin = 90_000
/** The pause if that returned no newer one. */
const again = 5_000

const addressOf = (url: string, token: Effect.Effect<string | null>): Effect.Effect<string> =>
  Effect.map(token, (value) => {
    const base = `${url.replace(/\/+$/, "").replace(/^http/, "ws")}/rpc`
    return value === null ? base : `${base}?${new URLSearchParams({ token: value })}`
  })

type Rpcs = RpcClient.FromGroup<typeof ChatRpcs, RpcClientError.RpcClientError>

/** Sends each new token in time. Fails when the connection does. */
const renewing = (rpc: Rpcs, token: Effect.Effect<string | null>) =>
  Effect.gen(function* () {
    for (let value = yield* token; value !== null; value = yield* token) {
      const { expires_at } = yield* Effect.catchTags(rpc.Authenticate({ token: value }), {
        NotAllowed: () => Effect.succeed({ expires_at: null }),
        TooManyRequests: () => Effect.succeed({ expires_at: null }),
        Unavailable: () => Effect.succeed({ expires_at: null }),
      })
      const left = expires_at === null ? 0 : Date.parse(expires_at) - (yield* Clock.currentTimeMillis)
      yield* Effect.sleep(Math.max(again, left - Math.min(margin, left / 5)))
    }
  })

/** The schedule of reconnections, and `connected` to be called at each connection. */
const makeReturn = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let attempt = 0
  let since: number | undefined
  const connected = () => {
    since = clock.currentTimeMillisUnsafe()
  }
  const policy = Schedule.fromStep<Socket.SocketError, number, never, never, Cause.Done<number>, never>(
    Effect.succeed((now, { reason }) =>
      Effect.flatMap(Random.next, (random) => {
        if (since !== undefined && now - since >= stable) attempt = 0
        since = undefined
        const [code, why] = reason._tag === "SocketCloseError" ? [reason.code, reason.closeReason ?? ""] : [1006, ""]
        const next = comeBack(code, why, attempt, random)
        if (next._tag !== "After") return Cause.done(attempt)
        return Effect.succeed<[number, Duration.Duration]>([++attempt, Duration.millis(next.millis)])
      }),
    ),
  )
  return { connected, policy }
})

const make = Effect.fnUntraced(function* (token: Effect.Effect<string | null>) {
  const { connected, policy } = yield* makeReturn
  const changes = yield* Queue.unbounded<"up" | "down">()
  const { pingSeconds, timeoutSeconds } = Limits.heartbeat
  const protocol = yield* Effect.provideService(
    RpcClient.makeProtocolSocket({
      retryPolicy: policy,
      pingInterval: Duration.seconds(pingSeconds),
      pingTimeout: Duration.seconds(timeoutSeconds),
    }),
    RpcClient.ConnectionHooks,
    {
      onConnect: Effect.suspend(() => {
        connected()
        return Queue.offer(changes, "up")
      }),
      onDisconnect: Queue.offer(changes, "down"),
    },
  )
  const rpc = yield* Effect.provideService(
    RpcClient.make(ChatRpcs, { disableTracing: true }),
    RpcClient.Protocol,
    protocol,
  )
  const nextChange = Queue.take(changes)
  yield* nextChange.pipe(
    Effect.flatMap((change) =>
      change === "up" ? Effect.raceFirst(Effect.ignoreCause(renewing(rpc, token)), nextChange) : Effect.void,
    ),
    Effect.forever,
    Effect.forkScoped,
  )
  return rpc
})

/**
 * `rpc.SendMessage({ chat_id, text })`, `rpc.Events({ cursors })` and so on. Calls under way when the connection ends
 * fail with `RpcClientError`, whose `reason` has the close code; calls work again after the reconnection. After a code
 * that forbids reconnection (4500–4999, 1009) every call fails with it.
 */
export class ConfabRpc extends Context.Service<ConfabRpc, Rpcs>()("confab/client/ConfabRpc") {
  /** Over the provided constructor of WebSockets. */
  static readonly layer = ({ url, token = Effect.succeed(null) }: RpcClientOptions) =>
    Layer.effect(ConfabRpc, make(token)).pipe(
      Layer.provide([Socket.layerWebSocket(addressOf(url, token)), RpcSerialization.layerJson]),
    )

  /** Over the platform's own `WebSocket`: browsers, Node 22 and later. */
  static readonly layerPlatform = (options: RpcClientOptions) =>
    ConfabRpc.layer(options).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal))
}
