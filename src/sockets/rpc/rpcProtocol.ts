// Effect's protocol for remote calls over one connection, which is its only client: calls are read when there is room
// for them, and answers are written at the speed of the network.
import { Cause, Effect, Queue } from "effect"
import { type RpcMessage, RpcSerialization, type RpcServer } from "effect/rpc"
import { ChatRpcs } from "../../contract/ChatRpcs.ts"
import type { RpcConnection } from "./RpcConnection.ts"

type Handle = (client: number, message: RpcMessage.FromClientEncoded) => Effect.Effect<void>

/**
 * Every call gets an answer; a client that wants none ignores it. The refusal of an unknown call does not repeat its
 * name.
 */
const normalised = ({ isNotification: _, ...call }: RpcMessage.RequestEncoded): RpcMessage.RequestEncoded =>
  ChatRpcs.requests.has(call.tag) ? call : { ...call, tag: "?" }

const readOne = (connection: RpcConnection, handle: Handle) =>
  Effect.flatMap(connection.next, (message) => {
    if (message._tag !== "Request") return handle(0, message)
    if (connection.calls.has(message.id)) return Effect.sync(() => connection.refuse())
    const call = normalised(message)
    // Event streams are counted separately.
    if (call.tag === "Events") return handle(0, call)
    const { calls } = connection
    return Effect.andThen(
      calls.read(call.id),
      Effect.onError(handle(0, call), () => Effect.sync(() => calls.drop(call.id))),
    )
  })

const send = (connection: RpcConnection, message: RpcMessage.FromServerEncoded): Effect.Effect<void> => {
  switch (message._tag) {
    case "Chunk":
      return Effect.map(connection.taken, () => connection.write(message))
    case "Exit":
      return Effect.suspend(() => {
        connection.write(message)
        return Effect.map(connection.calls.answered(message.requestId, connection.taken), (wasCall) => {
          if (!wasCall) connection.bad()
        })
      })
    default:
      return Effect.sync(() => connection.write(message))
  }
}

export const rpcProtocol = (connection: RpcConnection): Effect.Effect<RpcServer.Protocol["Service"]> =>
  Effect.map(Queue.make<number>(), (disconnects) => ({
    // The server interrupts messages that it does not handle, such as one after the last.
    run: (handle) =>
      Effect.forever(
        Effect.catchCause(readOne(connection, handle), (cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.sync(() => connection.refuse()) : Effect.failCause(cause),
        ),
      ),
    send: (_client, message) => send(connection, message),
    disconnects,
    end: () => Effect.void,
    clientIds: Effect.succeed(new Set([0])),
    initialMessage: Effect.succeedNone,
    supportsAck: true,
    supportsTransferables: false,
    supportsSpanPropagation: true,
    supportsNotifications: true,
    codecFor: RpcSerialization.json.codecFor,
  }))
