// npm run demo: four users, a private chat, a group and messages, on a running or a stopped server; a second run adds nothing.
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { envFile } from "./config/envFile.ts"
import { fill } from "./demo/fill.ts"
import { findServer } from "./demo/findServer.ts"

envFile.pipe(
  Effect.andThen(findServer),
  Effect.flatMap(fill),
  Effect.scoped,
  Effect.provide(Layer.mergeAll(FetchHttpClient.layer, NodeServices.layer)),
  Effect.tapError((error) => Console.error(`The demo data could not be made. ${error.message}`)),
  (program) => NodeRuntime.runMain(program, { disableErrorReporting: true }),
)
