// Turns an upgrade request to `/ws` or `/ws/{chat_id}` into a device of the hub, or refuses it with an HTTP answer. So many at
// once and no more: a storm of connections waits in line, and past that is told to come back.

import type { IncomingMessage } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import { ChatNotFound, InternalError, Unavailable } from "../domain/errors.ts"
import { OriginWarnings } from "../edge/OriginWarnings.ts"
import { Auth } from "../services/Auth.ts"
import { Chats as ChatRows } from "../sql/Chats.ts"
import { type Asked, isOwnOrigin, type Refusal, read, refuse } from "./Handshake.ts"
import { Hub } from "./Hub.ts"
import { Line } from "./Line.ts"
import { type DeviceSocket, handshakes, SocketWire } from "./SocketWire.ts"

const atOnce = 32
const maxWaiting = 16_384

export class Upgrade extends Context.Service<
  Upgrade,
  {
    /** Takes over the connection of an upgrade request whose path is `/ws` or begins with `/ws/`. Returns at once. */
    handle(request: IncomingMessage, socket: Duplex, head: Buffer): void
  }
>()("confab/sockets/Upgrade") {
  static readonly layer = Layer.effect(
    Upgrade,
    Effect.gen(function* () {
      const settings = yield* Settings
      const hub = yield* Hub
      const auth = yield* Auth
      const warnings = yield* OriginWarnings
      const rows = yield* ChatRows
      const fork = Effect.runForkWith(yield* Effect.context<never>())
      const server = handshakes()
      const line = new Line(atOnce)

      const ownOrigin = isOwnOrigin(settings)

      const accept = Effect.fnUntraced(function* (
        asked: Asked,
        request: IncomingMessage,
        socket: Socket,
        head: Buffer,
      ) {
        const identity = yield* auth.authenticate(asked.token)
        if (asked.only !== 0 && !(yield* rows.isMember(asked.only, identity.user_id)))
          return yield* new ChatNotFound({})
        if (!hub.state.accepting) return yield* new Unavailable({})
        const user = yield* hub.prepare(identity.user_id)
        const admitted = yield* Effect.onError(hub.admit(user), () => Effect.sync(() => hub.release(user)))
        if (socket.destroyed) return hub.release(user)
        let opened: DeviceSocket | undefined
        socket.removeListener("error", destroy)
        // The answer and what follows in this turn, `hello` as a rule, leave in one write.
        socket.cork()
        process.nextTick(uncork, socket)
        try {
          server.handleUpgrade(request, socket, head, (webSocket) => {
            opened = webSocket
          })
        } finally {
          if (opened === undefined) hub.release(user)
        }
        if (opened === undefined) return
        const wire = new SocketWire(opened, socket)
        const { socketsPerUser } = settings
        if (!admitted || (socketsPerUser > 0 && user.devices.length >= socketsPerUser)) {
          hub.release(user)
          hub.state.stats.closed(CloseCode.TooManySockets)
          return wire.close(CloseCode.TooManySockets, "")
        }
        const device = hub.open(user, identity, wire, { only: asked.only, resume: asked.resume })
        wire.bind(device)
        // It is a WebSocket by now: nobody would understand a refusal.
        yield* Effect.onError(hub.greet(device), () => Effect.sync(() => wire.terminate()))
      })

      const giveUp = (socket: Socket, cause: Cause.Cause<Refusal>): Effect.Effect<void> =>
        Effect.failCause(cause).pipe(
          Effect.catch((refusal: Refusal) => Effect.sync(() => refuse(socket, refusal))),
          Effect.catchDefect((defect) => {
            const request_id = crypto.randomUUID()
            return Effect.annotateLogs(Effect.logError("An upgrade failed unexpectedly", Cause.die(defect)), {
              request_id,
            }).pipe(
              Effect.andThen(
                Effect.sync(() => {
                  if (!socket.destroyed) refuse(socket, new InternalError({ request_id }))
                }),
              ),
            )
          }),
        )

      const handle = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
        socket.on("error", destroy)
        const asked = read(request, ownOrigin)
        if (!("token" in asked)) {
          if (asked._tag === "ForeignOrigin") fork(warnings.refused(request.headers, request.socket.remoteAddress))
          refuse(socket, asked)
          return
        }
        if (!(socket instanceof Socket) || line.length >= maxWaiting || !hub.state.accepting) {
          refuse(socket, new Unavailable({}))
          return
        }
        line.enter(() => {
          fork(accept(asked, request, socket, head)).addObserver((exit) => {
            if (Exit.isFailure(exit)) fork(giveUp(socket, exit.cause))
            line.leave()
          })
        })
      }

      return Upgrade.of({ handle })
    }),
  ).pipe(Layer.provide(OriginWarnings.layer))
}

function destroy(this: Duplex): void {
  this.destroy()
}

function uncork(socket: Socket): void {
  socket.uncork()
}
