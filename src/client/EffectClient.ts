// ChatClient for programs written with Effect: a scoped service, streams, and failures in the error channel.
import { Context, Effect, Layer, Queue, Stream } from "effect"
import type { ServerFrame } from "../contract/ServerFrame.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { ChatClient, Delivered, SendOptions } from "./ChatClient.ts"
import { ChatClientError } from "./ChatClientError.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import { createChatClient } from "./createChatClient.ts"
import type { ChatState } from "./state/ChatState.ts"
import type { UnknownFrame } from "./state/UnknownFrame.ts"

const asError = (cause: unknown): ChatClientError =>
  cause instanceof ChatClientError ? cause : new ChatClientError("UnexpectedAnswer", String(cause), { cause })

export class Confab extends Context.Service<
  Confab,
  {
    readonly client: ChatClient
    /** Runs a function that returns a promise; its rejection is the failure, and an interruption aborts the signal. */
    use<A>(run: (client: ChatClient, signal: AbortSignal) => Promise<A>): Effect.Effect<A, ChatClientError>
    /** Puts a message in the outbox; succeeds when the server has committed it. */
    send(chatId: ChatId, text: string, options?: SendOptions): Effect.Effect<Delivered, ChatClientError>
    /** The current state, and each later one; a slow reader skips intermediate states. */
    readonly states: Stream.Stream<ChatState>
    /** All events of the server from the subscription on. */
    readonly events: Stream.Stream<ServerFrame | UnknownFrame>
  }
>()("confab/client/Confab") {
  /** Closed with the scope. */
  static readonly layer = (options: ClientOptions = {}) => Layer.effect(Confab, make(options))
}

const make = Effect.fnUntraced(function* (options: ClientOptions) {
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => createChatClient(options)),
    (client) => Effect.sync(() => client.close()),
  )
  const use = <A>(run: (client: ChatClient, signal: AbortSignal) => Promise<A>) =>
    Effect.tryPromise({ try: (signal) => run(client, signal), catch: asError })
  return Confab.of({
    client,
    use,
    send: (chatId, text, sending) => use((client) => client.send(chatId, text, sending).delivered),
    states: Stream.callback<ChatState>(
      (queue) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            Queue.offerUnsafe(queue, client.getState())
            return client.subscribe(() => Queue.offerUnsafe(queue, client.getState()))
          }),
          (stop) => Effect.sync(stop),
        ),
      { bufferSize: 1, strategy: "sliding" },
    ),
    events: Stream.callback<ServerFrame | UnknownFrame>((queue) =>
      Effect.acquireRelease(
        Effect.sync(() => client.onEvent((frame) => Queue.offerUnsafe(queue, frame))),
        (stop) => Effect.sync(stop),
      ),
    ),
  })
})
