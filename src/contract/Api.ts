// The whole HTTP contract. Server, typed client and OpenAPI document are derived from this value.
import { HttpApi, OpenApi } from "effect/http-api"
import { AccountsApi } from "./AccountsApi.ts"
import { AuthApi } from "./AuthApi.ts"
import { Problems } from "./Authorization.ts"
import { ChatsApi } from "./ChatsApi.ts"
import { FilesApi } from "./FilesApi.ts"
import { MessagesApi } from "./MessagesApi.ts"
import { RecordsApi } from "./RecordsApi.ts"
import { ServiceApi } from "./ServiceApi.ts"
import { StateApi } from "./StateApi.ts"
import { version } from "./version.ts"

export class Api extends HttpApi.make("confab")
  .add(AuthApi, AccountsApi, ChatsApi, MessagesApi, RecordsApi, StateApi, FilesApi, ServiceApi)
  .middleware(Problems)
  // Only these errors list all issues: clients see no other parse errors, and parsing is faster without.
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
  .annotate(HttpApi.PayloadParseOptions, { errors: "all" })
  .annotateMerge(
    OpenApi.annotations({
      title: "Confab",
      version,
      description:
        "A chat server. This document describes HTTP; [the guide to the protocol](asyncapi) has the WebSocket too, and `/asyncapi.json` describes it for generators. " +
        "Every error is an `application/problem+json` document (RFC 9457); tell them apart by `_tag`.",
      license: { name: "MIT", identifier: "MIT" },
      servers: [{ url: "/", description: "This server" }],
    }),
  ) {}
