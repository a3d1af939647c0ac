// An operation is declared once and implemented once: HTTP and RPC follow, shown by a toy. Nothing can be forgotten
// without a compile error or a failing test.
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiGroup, OpenApi } from "effect/http-api"
import { RpcGroup, RpcMiddleware, RpcTest } from "effect/rpc"
import { Api } from "../../src/contract/Api.ts"
import { Authorization } from "../../src/contract/Authorization.ts"
import { ChatRpcs } from "../../src/contract/ChatRpcs.ts"
import { CurrentUser } from "../../src/contract/CurrentUser.ts"
import { answer, items, nothing } from "../../src/contract/operations/Answer.ts"
import { endpointsOf, proceduresOf } from "../../src/contract/operations/groups.ts"
import { operation } from "../../src/contract/operations/operation.ts"
import { operations } from "../../src/contract/operations/operations.ts"
import { ids, limit, numberInPath, textInPath } from "../../src/contract/operations/parameters.ts"
import { Emoji } from "../../src/domain/Emoji.ts"
import { ChatNotFound } from "../../src/domain/errors.ts"
import { ChatId, SessionId, UserId } from "../../src/domain/Ids.ts"
import { implement, JsonText } from "../../src/edge/operations/Implementation.ts"
import { serveOperations } from "../../src/http/handlers/serveOperations.ts"
import { HeldAnswers } from "../../src/http/server/HeldAnswers.ts"
import { serveProcedures } from "../../src/sockets/rpc/serveProcedures.ts"

/** Everything that a new operation touches besides its implementation. */
const toys = {
  rate: operation("rate", {
    http: ["PUT", "/chats/:id/rating"],
    rpc: "Rate",
    path: { id: numberInPath("chat_id", ChatId) },
    body: Schema.Struct({ stars: Schema.Int }),
    answer: answer([Schema.Struct({ stars: Schema.Int })], Schema.Int, (stars) => ({ status: 200, body: { stars } })),
    errors: [ChatNotFound],
    summary: "Rate a chat",
    description: "From one star to five.",
  }),
  cheer: operation("cheer", {
    http: ["DELETE", "/cheers/:emoji"],
    rpc: null,
    path: { emoji: textInPath("emoji", Emoji) },
    answer: nothing,
    errors: [],
    summary: "Cheer no more",
  }),
  raters: operation("raters", {
    http: ["GET", "/raters"],
    rpc: "Raters",
    query: { ids: ids(UserId), limit },
    answer: items(UserId),
    errors: [],
    summary: "Who rated",
  }),
}

const user = {
  user_id: UserId.make(7),
  session_id: SessionId.make("5f0c8a52-6a0e-4d38-9f3f-0a6f2d2f7c11"),
  expires_at: 0,
}

const implementation = implement(toys, {
  rate: (by, { chat_id, stars }) => (chat_id === 1 ? Effect.succeed(by * stars) : Effect.fail(new ChatNotFound())),
  cheer: () => Effect.void,
  raters: (_by, { ids, limit = 50 }) => Effect.succeed(new JsonText(JSON.stringify(ids.slice(0, limit)))),
})

class ToyApi extends HttpApi.make("toy").add(HttpApiGroup.make("toys").add(...endpointsOf(toys))) {}
class SignedIn extends RpcMiddleware.Service<SignedIn, { provides: CurrentUser }>()("toy/SignedIn") {}
class ToyRpcs extends RpcGroup.make(...proceduresOf(toys)).middleware(SignedIn) {}

const signedIn = Layer.succeed(
  Authorization,
  Authorization.of({
    bearer: (handler) => Effect.provideService(handler, CurrentUser, user),
    cookie: (handler) => Effect.provideService(handler, CurrentUser, user),
  }),
)
const routes = HttpApiBuilder.layer(ToyApi).pipe(
  Layer.provide(HttpApiBuilder.group(ToyApi, "toys", (handlers) => serveOperations(handlers, toys, implementation))),
  Layer.provide([signedIn, HeldAnswers.layer]),
  Layer.provide(HttpServer.layerServices),
)

const overHttp = async (method: string, path: string, body?: object) => {
  const { dispose, handler } = HttpRouter.toWebHandler(routes, { disableLogger: true })
  try {
    const response = await handler(
      new Request(`http://toy${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
    )
    const text = await response.text()
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) }
  } finally {
    await dispose()
  }
}

describe("An operation", () => {
  it("is served over HTTP by its one implementation", async () => {
    assert.deepStrictEqual(await overHttp("PUT", "/chats/1/rating", { stars: 3 }), { status: 200, body: { stars: 21 } })
    assert.deepStrictEqual(await overHttp("GET", "/raters?ids=4,5,6&limit=2"), { status: 200, body: { items: [4, 5] } })
    assert.deepStrictEqual(await overHttp("DELETE", `/cheers/${encodeURIComponent("👍")}`), {
      status: 204,
      body: undefined,
    })
  })

  it.effect("is served over RPC by the same implementation", () =>
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ToyRpcs)
      assert.strictEqual(yield* client.Rate({ chat_id: ChatId.make(1), stars: 3 }), 21)
      const refused = yield* Effect.flip(client.Rate({ chat_id: ChatId.make(2), stars: 3 }))
      assert.strictEqual(refused._tag, "ChatNotFound")
      const ids = [4, 5, 6].map((id) => UserId.make(id))
      assert.deepStrictEqual(yield* client.Raters({ ids, limit: 2 }), ids.slice(0, 2))
      assert.deepStrictEqual(Object.keys(client).sort(), ["Rate", "Raters"])
    }).pipe(
      Effect.scoped,
      Effect.provideService(
        SignedIn,
        SignedIn.of((call) => Effect.provideService(call, CurrentUser, user)),
      ),
      Effect.provide(ToyRpcs.toLayer(Effect.sync(() => serveProcedures(toys, implementation)))),
    ),
  )

  it("is in the OpenAPI document with its texts", () => {
    const { paths } = OpenApi.fromApi(ToyApi)
    expect(paths["/chats/{id}/rating"]?.put).toMatchObject({
      summary: "Rate a chat",
      description: "From one star to five.",
    })
  })

  it("without its implementation, or with one too many, does not compile", () => {
    const { raters: _, ...most } = implementation
    // @ts-expect-error `raters` is missing
    implement(toys, most)
    // @ts-expect-error `raise` is not declared
    implement(toys, { ...implementation, raise: () => Effect.void })
    // @ts-expect-error the answer is a number
    implement(toys, { ...implementation, rate: () => Effect.succeed("many") })
    // @ts-expect-error `ChatNotFound` is not among its errors
    implement(toys, { ...implementation, cheer: () => Effect.fail(new ChatNotFound()) })
    // @ts-expect-error its name is another one
    endpointsOf({ praise: toys.rate })
  })
})

describe("The operations", () => {
  /** Signed-in users can ask for these too; each needs more of the request or the connection than a user and an input. */
  const byHand = {
    http: ["deleteMe", "exportMe", "changePassword", "endSession", "createChat", "uploadFile", "createLink"],
    rpc: ["Authenticate", "Events"],
  }

  it("are all in one table, but those that are served by hand", () => {
    const endpoints = Object.values(Api.groups).flatMap((group) =>
      Object.values(group.endpoints).filter(({ middlewares }) =>
        [...middlewares].some((middleware) => middleware.key === Authorization.key),
      ),
    )
    const declared = Object.values(operations).flatMap(({ endpoint }) =>
      endpoint === null ? [] : [endpoint.identifier],
    )
    expect(endpoints.map(({ identifier }) => identifier).sort()).toEqual([...declared, ...byHand.http].sort())
    const tags = Object.values(operations).flatMap(({ procedure }) => (procedure === null ? [] : [procedure._tag]))
    expect([...ChatRpcs.requests.keys()].sort()).toEqual([...tags, ...byHand.rpc].sort())
  })

  it("have one name and one tag each", () => {
    const tags = Object.values(operations).flatMap(({ procedure }) => (procedure === null ? [] : [procedure._tag]))
    expect(new Set(tags).size).toBe(tags.length)
  })
})
