// HTTP routes of messages.
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../../contract/Api.ts"
import { messageOperations } from "../../contract/MessagesApi.ts"
import { implementMessages } from "../../edge/operations/messages.ts"
import { serveOperations } from "./serveOperations.ts"

export const messagesHandlers = HttpApiBuilder.group(Api, "messages", (handlers) =>
  Effect.map(implementMessages, (implementation) => serveOperations(handlers, messageOperations, implementation)),
)
