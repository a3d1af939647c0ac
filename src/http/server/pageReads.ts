// Reads pages of one chat from the service, for the typed handlers and for the shortcut.
import { Limits } from "../../contract/Limits.ts"
import type { HistoryParams, HistoryQuery, PageParams, PageQuery } from "../../contract/MessagesApi.ts"
import type { UserId } from "../../domain/Ids.ts"
import type { Messages } from "../../services/Messages.ts"

export const pageReads = (messages: Messages["Service"]) => ({
  messages: (
    by: UserId,
    { id }: typeof PageParams.Type,
    { limit = Limits.page.default, ...place }: typeof PageQuery.Type,
  ) => messages.page(by, id, { limit, ...place }),
  history: (
    by: UserId,
    { chat_id }: typeof HistoryParams.Type,
    { limit = Limits.page.default, offset = 0 }: typeof HistoryQuery.Type,
  ) => messages.history(by, chat_id, limit, offset),
})
