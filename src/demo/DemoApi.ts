// The requests of the public HTTP API that the demo uses.
import { Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { type DemoPerson, emailOf, password } from "./conversation.ts"

/** The demo cannot continue; `message` explains why. */
export class DemoFailed extends Schema.TaggedError<DemoFailed>()("DemoFailed", { message: Schema.String }) {}

const Id = Schema.Struct({ id: Schema.Int })
const Token = Schema.Struct({ access_token: Schema.String })
const Groups = Schema.Struct({
  items: Schema.Array(Schema.Struct({ id: Schema.Int, name: Schema.NullOr(Schema.String) })),
})
const Items = Schema.Struct({ items: Schema.Array(Schema.Unknown) })
const MeSchema = Schema.Struct({ id: Schema.Int })

export interface SignedIn {
  readonly id: number
  readonly access_token: string
}

export class DemoApi {
  readonly #client: HttpClient.HttpClient

  constructor(client: HttpClient.HttpClient, url: string) {
    this.#client = client.pipe(HttpClient.mapRequest(HttpClientRequest.prependUrl(url)))
  }

  /** Signs the user up unless the account exists, then logs in. */
  signIn(person: DemoPerson): Effect.Effect<SignedIn, DemoFailed> {
    const { username, display_name } = person
    const signUp = HttpClientRequest.post("/users").pipe(
      HttpClientRequest.bodyJsonUnsafe({ username, display_name, email: emailOf(person), password }),
    )
    const token = HttpClientRequest.post("/token").pipe(
      HttpClientRequest.bodyUrlParams({ grant_type: "password", username: emailOf(person), password }),
    )
    return Effect.gen({ self: this }, function* () {
      yield* this.#send(signUp, Schema.Unknown, [201, 409])
      const { access_token } = yield* this.#send(token, Token, [200]).pipe(
        Effect.mapError(
          () => new DemoFailed({ message: `${emailOf(person)} exists, but not with the demo's password.` }),
        ),
      )
      const { id } = yield* this.#send(HttpClientRequest.get("/me"), MeSchema, [200], access_token)
      return { id, access_token }
    })
  }

  /** The private chat of these two, existing or new. */
  privateChat(by: SignedIn, peer: SignedIn): Effect.Effect<number, DemoFailed> {
    return this.#createChat(by, { type: "private", member_ids: [peer.id] })
  }

  /** The group with this name, existing or new. */
  group(by: SignedIn, name: string, members: ReadonlyArray<SignedIn>): Effect.Effect<number, DemoFailed> {
    return Effect.gen({ self: this }, function* () {
      const list = HttpClientRequest.get("/chats?limit=200")
      const { items } = yield* this.#send(list, Groups, [200], by.access_token)
      const known = items.find((chat) => chat.name === name)
      if (known !== undefined) return known.id
      return yield* this.#createChat(by, { type: "group", name, member_ids: members.map((member) => member.id) })
    })
  }

  /** Returns the message's id; `isNew` is false if the message already existed. */
  say(
    by: SignedIn,
    chat_id: number,
    message: { readonly text: string; readonly dedup_key: string; readonly reply_to: number | null },
  ): Effect.Effect<{ readonly id: number; readonly isNew: boolean }, DemoFailed> {
    const request = HttpClientRequest.post(`/chats/${chat_id}/messages`).pipe(HttpClientRequest.bodyJsonUnsafe(message))
    return this.#reply(request, Id, [200, 201], by.access_token).pipe(
      Effect.map(({ status, body }) => ({ id: body.id, isNew: status === 201 })),
    )
  }

  react(by: SignedIn, message_id: number, emoji: string): Effect.Effect<void, DemoFailed> {
    const request = HttpClientRequest.put(`/messages/${message_id}/reactions/${encodeURIComponent(emoji)}`)
    return Effect.asVoid(this.#send(request, Schema.Unknown, [200], by.access_token))
  }

  pin(by: SignedIn, message_id: number): Effect.Effect<void, DemoFailed> {
    return Effect.asVoid(
      this.#send(HttpClientRequest.put(`/messages/${message_id}/pin`), Schema.Unknown, [204], by.access_token),
    )
  }

  /** Sets a value of the person's own state, unless there is one. */
  keep(by: SignedIn, key: string, value: object): Effect.Effect<void, DemoFailed> {
    const put = HttpClientRequest.put(`/me/state/${key}`).pipe(HttpClientRequest.bodyJsonUnsafe(value))
    return Effect.flatMap(this.#hasState(by, key), (has) =>
      has ? Effect.void : Effect.asVoid(this.#send(put, Schema.Unknown, [200], by.access_token)),
    )
  }

  /** Schedules a message, unless the person has a scheduled one. */
  schedule(by: SignedIn, chat_id: number, at: string, text: string): Effect.Effect<void, DemoFailed> {
    const post = HttpClientRequest.post(`/chats/${chat_id}/scheduled`).pipe(
      HttpClientRequest.bodyJsonUnsafe({ at, text }),
    )
    return Effect.flatMap(this.#hasState(by, "scheduled:"), (has) =>
      has ? Effect.void : Effect.asVoid(this.#send(post, Schema.Unknown, [201], by.access_token)),
    )
  }

  #hasState(by: SignedIn, prefix: string): Effect.Effect<boolean, DemoFailed> {
    const list = HttpClientRequest.get(`/me/state?limit=1&prefix=${prefix}`)
    return Effect.map(this.#send(list, Items, [200], by.access_token), ({ items }) => items.length > 0)
  }

  #createChat(by: SignedIn, chat: object): Effect.Effect<number, DemoFailed> {
    const request = HttpClientRequest.post("/chats").pipe(HttpClientRequest.bodyJsonUnsafe(chat))
    return this.#send(request, Id, [200, 201], by.access_token).pipe(Effect.map(({ id }) => id))
  }

  #send<A>(
    request: HttpClientRequest.HttpClientRequest,
    body: Schema.Decoder<A>,
    expected: ReadonlyArray<number>,
    token?: string,
  ): Effect.Effect<A, DemoFailed> {
    return this.#reply(request, body, expected, token).pipe(Effect.map((reply) => reply.body))
  }

  #reply<A>(
    request: HttpClientRequest.HttpClientRequest,
    body: Schema.Decoder<A>,
    expected: ReadonlyArray<number>,
    token?: string,
  ): Effect.Effect<{ readonly status: number; readonly body: A }, DemoFailed> {
    const authorized = token === undefined ? request : HttpClientRequest.bearerToken(request, token)
    const failed = (why: string) => new DemoFailed({ message: `${request.method} ${request.url}: ${why}` })
    return Effect.gen({ self: this }, function* () {
      const response = yield* this.#client.execute(authorized)
      if (!expected.includes(response.status)) return yield* failed(`${response.status} ${yield* response.text}`)
      const decode = response.status === 204 ? Schema.decodeUnknownEffect(body)(null) : undefined
      return { status: response.status, body: yield* decode ?? HttpClientResponse.schemaBodyJson(body)(response) }
    }).pipe(Effect.mapError((error) => (error instanceof DemoFailed ? error : failed(error.message))))
  }
}
