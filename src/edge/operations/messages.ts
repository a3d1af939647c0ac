// Implements messages. Pages are JSON text of the database, which HTTP sends unchanged.
import { Effect } from "effect"
import { Limits } from "../../contract/Limits.ts"
import { messageOperations } from "../../contract/MessagesApi.ts"
import { Messages } from "../../services/Messages.ts"
import { implement, JsonText } from "./Implementation.ts"

const asText = <E, R>(json: Effect.Effect<string, E, R>) => Effect.map(json, (text) => new JsonText(text))

export const implementMessages = Effect.gen(function* () {
  const messages = yield* Messages
  return implement(messageOperations, {
    sendMessage: (by, { chat_id, ...written }) => messages.send(by, chat_id, written),
    sendDirectMessage: (by, { recipient_id, ...written }) => messages.sendTo(by, recipient_id, written),
    listMessages: (by, { chat_id, limit = Limits.page.default, ...place }) =>
      asText(messages.page(by, chat_id, { limit, ...place })),
    getHistory: (by, { chat_id, limit = Limits.page.default, offset = 0 }) =>
      asText(messages.history(by, chat_id, limit, offset)),
    listRecentMessages: (by, { limit = Limits.page.default }) => asText(messages.recent(by, limit)),
    listMentions: (by, { before, limit = Limits.page.default }) => asText(messages.mentions(by, limit, before)),
    getMessages: (by, { ids }) => asText(messages.byIds(by, ids)),
    getMessage: (by, { message_id }) => asText(messages.byId(by, message_id)),
    getThread: (by, { limit = Limits.page.default, message_id, ...place }) =>
      asText(messages.thread(by, message_id, { limit, ...place })),
    editMessage: (by, { message_id, text }) => messages.edit(by, message_id, text),
    deleteMessage: (by, { message_id }) => messages.remove(by, message_id),
    listEdits: (by, { message_id }) => asText(messages.edits(by, message_id)),
    markRead: (by, { message_id }) => messages.markRead(by, message_id),
    listReaders: (by, { message_id }) => messages.readers(by, message_id),
  })
})
