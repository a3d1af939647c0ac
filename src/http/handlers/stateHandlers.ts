// HTTP routes of a user's own state.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { stateOperations } from "../../contract/StateApi.ts"
import { implementState } from "../../edge/operations/state.ts"
import { serveOperations } from "./serveOperations.ts"

export const stateHandlers = HttpApiBuilder.group(Api, "state", (handlers) =>
  Effect.map(implementState, (implementation) => serveOperations(handlers, stateOperations, implementation)),
)
