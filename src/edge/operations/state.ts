// Implements a user's own state and scheduled messages.
import { Effect } from "effect"
import { Limits } from "../../contract/Limits.ts"
import { stateOperations } from "../../contract/StateApi.ts"
import { OwnState } from "../../services/OwnState.ts"
import { ScheduledMessages } from "../../services/ScheduledMessages.ts"
import { implement } from "./Implementation.ts"

export const implementState = Effect.gen(function* () {
  const state = yield* OwnState
  const scheduled = yield* ScheduledMessages
  return implement(stateOperations, {
    listState: (by, { limit = Limits.page.default, ...range }) => state.list(by, { limit, ...range }),
    putState: (by, { key, value }) => state.put(by, key, value),
    deleteState: (by, { key }) => state.remove(by, key),
    schedule: (by, { chat_id, ...message }) => scheduled.schedule(by, chat_id, message),
  })
})
