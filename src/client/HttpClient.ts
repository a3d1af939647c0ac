// Every HTTP operation of the contract as a typed Effect. Does not keep a user signed in: provide tokens, or use
// ChatClient.
import { Context, Effect, Layer } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { HttpApiClient } from "effect/http-api"
import { Api } from "../contract/Api.ts"

export interface HttpClientOptions {
  /** The server's address, `https://chat.example`. */
  readonly url: string
  /** Evaluated before every request: the access token, or null for requests that need none. */
  readonly token?: Effect.Effect<string | null>
}

/** `client.chats.createChat({ payload: … })`, `client.messages.listMessages({ params, query })` and so on, errors typed. */
export class ConfabHttp extends Context.Service<ConfabHttp, HttpApiClient.ForApi<typeof Api>>()(
  "confab/client/ConfabHttp",
) {
  /** Over the provided `HttpClient`. */
  static readonly layer = ({ url, token = Effect.succeed(null) }: HttpClientOptions) =>
    Layer.effect(
      ConfabHttp,
      HttpApiClient.make(Api, {
        baseUrl: url,
        transformClient: HttpClient.mapRequestEffect((request) =>
          Effect.map(token, (value) => (value === null ? request : HttpClientRequest.bearerToken(request, value))),
        ),
      }),
    )

  /** Over the platform's `fetch`. */
  static readonly layerFetch = (options: HttpClientOptions) =>
    ConfabHttp.layer(options).pipe(Layer.provide(FetchHttpClient.layer))
}
