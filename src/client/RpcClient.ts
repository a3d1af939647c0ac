// The remote procedures of the contract over one WebSocket, typed, with the stream of events. Lives as long as its scope.
import { Context, Effect, Layer } from "effect"
import { RpcClient, type RpcClientError, RpcSerialization } from "effect/rpc"
import { Socket } from "effect/socket"
import { ChatRpcs } from "../contract/ChatRpcs.ts"

export interface RpcClientOptions {
  /** The server's address, `https://chat.example`. */
  readonly url: string
  /** Asked at every connection: the access token, or null where the cookie says who it is. */
  readonly token?: Effect.Effect<string | null>
}

const address = ({ url, token = Effect.succeed(null) }: RpcClientOptions): Effect.Effect<string> =>
  Effect.map(token, (value) => {
    const base = `${url.replace(/\/+$/, "").replace(/^http/, "ws")}/rpc`
    return value === null ? base : `${base}?${new URLSearchParams({ token: value })}`
  })

/** `rpc.SendMessage({ chat_id, text })`, `rpc.Events({ cursors })` and so on. */
export class ConfabRpc extends Context.Service<
  ConfabRpc,
  RpcClient.FromGroup<typeof ChatRpcs, RpcClientError.RpcClientError>
>()("confab/client/ConfabRpc") {
  /** Over whatever makes WebSockets. */
  static readonly layer = (options: RpcClientOptions) =>
    Layer.effect(ConfabRpc, RpcClient.make(ChatRpcs, { disableTracing: true })).pipe(
      Layer.provide(RpcClient.layerProtocolSocket()),
      Layer.provide([Socket.layerWebSocket(address(options)), RpcSerialization.layerJson]),
    )

  /** Over the platform's own `WebSocket`: browsers, Node 22 and later. */
  static readonly layerPlatform = (options: RpcClientOptions) =>
    ConfabRpc.layer(options).pipe(Layer.provide(Socket.layerWebSocketConstructorGlobal))
}
