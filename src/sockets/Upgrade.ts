// Turns an upgrade request to `/ws`, `/ws/{chat_id}` or `/rpc` into a connection of the hub, or answers it with an HTTP
// refusal. A limited number at once: a storm of connections is queued, and over a limit refused with a time to retry.

import type { IncomingMessage } from "node:http"
import { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { Settings } from "../config/Settings.ts"
import { CloseCode } from "../contract/CloseCode.ts"
import type { CurrentUser } from "../contract/CurrentUser.ts"
import { ChatNotFound, InternalError, Unavailable } from "../domain/errors.ts"
import { OriginWarnings } from "../edge/OriginWarnings.ts"
import { SessionCookies } from "../edge/SessionCookies.ts"
import { Hub } from "../hub/Hub.ts"
import { Auth } from "../services/auth/Auth.ts"
import { ChatStore } from "../sql/chats/ChatStore.ts"
import { ConcurrencyLimit } from "./ConcurrencyLimit.ts"
import { RpcEdge } from "./rpc/RpcEdge.ts"
import { type Asked, accessCookie, isOwnOrigin, type Opening, type Refusal, read } from "./ws/Handshake.ts"
import { type HubSocket, handshakes, SocketWire } from "./ws/SocketWire.ts"

const atOnce = 32
const maxWaiting = 16_384

/** One upgrade under way. */
interface Attempt {
  readonly asked: Asked
  readonly request: IncomingMessage
  readonly socket: Socket
  readonly head: Buffer
  readonly opening: Opening
  /** A connection has taken over its slot among the user's sockets. */
  opened: boolean
}

export class Upgrade extends Context.Service<
  Upgrade,
  {
    /**
     * Handles an upgrade request whose path is `/ws` or `/rpc`, or begins with one of them and a slash. Returns at
     * once.
     */
    handle(request: IncomingMessage, socket: Duplex, head: Buffer, opening: Opening): void
  }
>()("confab/sockets/Upgrade") {
  static readonly layer = Layer.effect(
    Upgrade,
    Effect.suspend(() => make),
  ).pipe(Layer.provide([OriginWarnings.layer, SessionCookies.layer]))
}

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const hub = yield* Hub
  const auth = yield* Auth
  const warnings = yield* OriginWarnings
  const rows = yield* ChatStore
  const rpc = yield* RpcEdge
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const server = handshakes()
  const line = new ConcurrencyLimit(atOnce)
  const browser = { isOwnOrigin: isOwnOrigin(settings), accessCookie: accessCookie(settings, yield* SessionCookies) }
  const { ports, stats } = hub.state

  /** undefined: the peer has disconnected. */
  const shakeHands = ({ head, request, socket }: Attempt): SocketWire | undefined => {
    if (socket.destroyed) return undefined
    let opened: HubSocket | undefined
    socket.removeListener("error", destroy)
    // The answer and what follows in this turn, usually `hello`, are sent in one write.
    socket.cork()
    process.nextTick(uncork, socket)
    server.handleUpgrade(request, socket, head, (webSocket) => {
      opened = webSocket
    })
    return opened === undefined ? undefined : new SocketWire(opened, socket)
  }

  const openCalls = (attempt: Attempt, identity: CurrentUser["Service"]): void => {
    const wire = shakeHands(attempt)
    if (wire === undefined) return
    const connection = rpc.open(identity, wire)
    attempt.opened = true
    wire.bind(connection)
    // The session may have ended between the verification of the token and the entry into the table.
    if (auth.hasEnded(identity.session_id)) connection.close(CloseCode.SessionEnded)
  }

  const openEvents = Effect.fnUntraced(function* (
    attempt: Attempt,
    { only, resume }: Extract<Asked, { readonly _tag: "Events" }>,
    identity: CurrentUser["Service"],
  ) {
    const user = yield* hub.prepare(identity.user_id)
    let wire: SocketWire | undefined
    try {
      wire = shakeHands(attempt)
    } finally {
      if (wire === undefined) hub.release(user)
    }
    if (wire === undefined) return
    const device = hub.open(user, identity, wire, { only, resume, hasPlace: true })
    attempt.opened = true
    wire.bind(device)
    yield* hub.greet(device)
  })

  const accept = Effect.fnUntraced(function* (attempt: Attempt) {
    const { asked, opening } = attempt
    const identity = yield* auth.authenticate(asked.token)
    const { user_id } = identity
    const refuse = (refusal: Refusal) => opening.refuse(refusal, user_id)
    if (asked._tag === "Events" && asked.only !== 0 && !(yield* rows.isMember(asked.only, user_id))) {
      return refuse(new ChatNotFound({}))
    }
    if (!hub.state.accepting) return refuse(new Unavailable({}))
    if (!(yield* ports.places.take(user_id))) {
      stats.closed(CloseCode.TooManySockets)
      return shakeHands(attempt)?.close(CloseCode.TooManySockets, "")
    }
    const open =
      asked._tag === "Calls" ? Effect.sync(() => openCalls(attempt, identity)) : openEvents(attempt, asked, identity)
    yield* Effect.ensuring(
      open,
      Effect.sync(() => {
        if (!attempt.opened) ports.places.leave(user_id)
      }),
    )
  })

  const giveUp = ({ opened, opening, socket }: Attempt, cause: Cause.Cause<Refusal>): Effect.Effect<void> =>
    Effect.failCause(cause).pipe(
      Effect.catch((refusal: Refusal) => Effect.sync(() => opening.refuse(refusal))),
      Effect.catchDefect((defect) =>
        Effect.sync(() => {
          // It may be a WebSocket by now: the client could not read a refusal.
          if (opened) socket.destroy()
          else if (!socket.destroyed) opening.refuse(new InternalError({ request_id: opening.request_id }))
        }).pipe(
          Effect.andThen(Effect.logError("An upgrade failed unexpectedly", Cause.die(defect))),
          Effect.annotateLogs({ request_id: opening.request_id }),
        ),
      ),
    )

  return Upgrade.of({
    handle: (request, socket, head, opening) => {
      socket.on("error", destroy)
      const asked = read(request, browser)
      if (!("token" in asked)) {
        if (asked._tag === "ForeignOrigin") fork(warnings.refused(request.headers, request.socket.remoteAddress))
        opening.refuse(asked)
        return
      }
      if (!(socket instanceof Socket) || line.length >= maxWaiting || !hub.state.accepting) {
        opening.refuse(new Unavailable({}))
        return
      }
      const attempt: Attempt = { asked, request, socket, head, opening, opened: false }
      line.enter(() => {
        fork(accept(attempt)).addObserver((exit) => {
          if (Exit.isFailure(exit)) fork(giveUp(attempt, exit.cause))
          line.leave()
        })
      })
    },
  })
})

function destroy(this: Duplex): void {
  this.destroy()
}

function uncork(socket: Socket): void {
  socket.uncork()
}
