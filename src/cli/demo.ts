// confab demo: four users, a private chat, a group and messages, on a running or a stopped server; a second run adds nothing.
import { Effect } from "effect"
import { Command } from "effect/cli"
import { FetchHttpClient } from "effect/http"
import { DemoFailed } from "../demo/DemoApi.ts"
import { fill } from "../demo/fill.ts"
import { findServer } from "../demo/findServer.ts"

export const demo = Command.make("demo", {}, () =>
  findServer.pipe(
    Effect.flatMap(fill),
    Effect.mapError(({ message }) => new DemoFailed({ message: `The demo data could not be made. ${message}` })),
    Effect.scoped,
    Effect.provide(FetchHttpClient.layer),
  ),
).pipe(
  Command.withDescription(
    "Adds four users with chats and messages to the server on PORT, or to the data of a stopped one",
  ),
)
