// `/rpc`: the remote procedures over a connection of the hub. The caller is authenticated at the upgrade and belongs to
// the connection: no content of a message changes it. The calls of a connection are limited; over the limit it is not
// read.
import { Clock, Context, Effect, Exit, type Fiber, Layer, Semaphore, Tracer } from "effect"
import { RpcServer } from "effect/rpc"
import { RpcAuthorization } from "../../contract/ChatRpcs.ts"
import { CurrentUser } from "../../contract/CurrentUser.ts"
import { InternalError, Unauthorized } from "../../domain/errors.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Wire } from "../../hub/delivery/Wire.ts"
import { Hub } from "../../hub/Hub.ts"
import { watch } from "../../hub/Sweeper.ts"
import { Auth } from "../../services/auth/Auth.ts"
import { RateLimits } from "../../services/limits/RateLimits.ts"
import { Caller, FromCaller, ServedRpcs } from "./Caller.ts"
import { longOfUser, RpcCalls } from "./RpcCalls.ts"
import { RpcConnection } from "./RpcConnection.ts"
import { RpcEvents } from "./RpcEvents.ts"
import { RpcHandlers } from "./RpcHandlers.ts"
import { rpcProtocol } from "./rpcProtocol.ts"

/** The slots for long answers of connected users. */
class LongPlaces {
  private readonly users = new Map<UserId, { readonly semaphore: Semaphore.Semaphore; connections: number }>()

  enter(user_id: UserId): Semaphore.Semaphore {
    const known = this.users.get(user_id) ?? { semaphore: Semaphore.makeUnsafe(longOfUser), connections: 0 }
    known.connections++
    this.users.set(user_id, known)
    return known.semaphore
  }

  leave(user_id: UserId): void {
    const known = this.users.get(user_id)
    if (known !== undefined && --known.connections === 0) this.users.delete(user_id)
  }
}

export class RpcEdge extends Context.Service<
  RpcEdge,
  {
    /** Serves a connection until it ends. Its slot among the user's sockets has been taken. */
    open(identity: CurrentUser["Service"], wire: Wire): RpcConnection
  }
>()("confab/sockets/rpc/RpcEdge") {
  static readonly layer = Layer.effect(
    RpcEdge,
    Effect.suspend(() => make),
  ).pipe(Layer.provide(RpcHandlers), Layer.provide(RpcEvents.layer))
}

const make = Effect.gen(function* () {
  const auth = yield* Auth
  const limits = yield* RateLimits
  const { state } = yield* Hub
  const handlers = yield* Effect.context<Layer.Success<typeof RpcHandlers>>()
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const disableTracing = (yield* Tracer.Tracer) === Tracer.nativeTracer
  const places = new LongPlaces()

  const authorization = (connection: RpcConnection) =>
    RpcAuthorization.of((call, { requestId, rpc }) =>
      Effect.gen(function* () {
        connection.good()
        if (connection.expires_at <= (yield* Clock.currentTimeMillis) || auth.hasEnded(connection.session_id)) {
          return yield* new Unauthorized()
        }
        yield* limits.demand("requests", connection.user_id)
        return yield* connection.calls.run(requestId, rpc._tag, call)
      }).pipe(
        Effect.provideService(CurrentUser, connection.identity),
        Effect.catchDefect((defect) => {
          const request_id = crypto.randomUUID()
          return Effect.logError("A remote procedure failed unexpectedly", defect).pipe(
            Effect.annotateLogs({ request_id }),
            Effect.andThen(new InternalError({ request_id })),
          )
        }),
      ),
    )

  const serve = (connection: RpcConnection) =>
    Effect.gen(function* () {
      const protocol = yield* rpcProtocol(connection)
      return yield* Effect.provideService(
        RpcServer.make(ServedRpcs, { disableTracing, disableFatalDefects: true }),
        RpcServer.Protocol,
        protocol,
      )
    }).pipe(
      Effect.provideService(RpcAuthorization, authorization(connection)),
      Effect.provideService(
        FromCaller,
        FromCaller.of((call) => Effect.provideService(call, Caller, connection)),
      ),
      Effect.provideContext(handlers),
    )

  return RpcEdge.of({
    open: (identity, wire) => {
      const calls = new RpcCalls(places.enter(identity.user_id))
      const connection = new RpcConnection(state, identity, wire, calls, () => serving.interruptUnsafe())
      watch(state, connection)
      const serving: Fiber.Fiber<never> = fork(serve(connection))
      serving.addObserver((exit) => {
        calls.close()
        places.leave(identity.user_id)
        if (connection.closed !== 0 || !Exit.isFailure(exit)) return
        fork(Effect.logError("A connection for remote calls ended unexpectedly", exit.cause))
        wire.terminate()
      })
      return connection
    },
  })
})
