// The user's actions in chats that a page needs at once: sending, and which messages are held. The others: requests.ts.
import type { ChatId } from "../domain/Ids.ts"
import type { ChatClient } from "./ChatClient.ts"
import { ChatClientError, notSignedIn } from "./ChatClientError.ts"
import type { TypingSigns } from "./connection/TypingSigns.ts"
import type { Loader } from "./Loader.ts"
import type { Outbox } from "./Outbox.ts"
import type { Store } from "./state/Store.ts"

interface Needs {
  readonly store: Store
  readonly loader: Loader
  readonly outbox: Outbox
  readonly typing: TypingSigns
}

export type Actions = Pick<
  ChatClient,
  | "send"
  | "retry"
  | "discard"
  | "openChat"
  | "openAt"
  | "openNewest"
  | "closeChat"
  | "loadOlder"
  | "loadNewer"
  | "keepMessages"
  | "loadMembers"
>

export const chatActions = ({ store, loader, outbox, typing }: Needs): Actions => {
  const known = (chatId: ChatId) => {
    const model = store.models.get(chatId)
    if (model === undefined)
      throw new ChatClientError("ChatNotFound", "No such chat, or you are not a member.", { status: 404 })
    return model
  }

  return {
    send: (chatId, text, options = {}) => {
      if (store.me === null) throw notSignedIn()
      typing.sent(chatId)
      return outbox.send(chatId, text, options)
    },
    retry: (dedupKey) => outbox.retry(dedupKey),
    discard: (dedupKey) => outbox.discard(dedupKey),
    openChat: async (chatId) => {
      const model = known(chatId)
      model.open = true
      store.touch(chatId)
      const page = model.window.loaded ? undefined : loader.page(model, "page")
      const members = !model.members.known ? loader.chat(chatId) : undefined
      await Promise.all([page, members])
    },
    openAt: async (chatId, seq) => {
      const model = known(chatId)
      model.open = true
      if (model.window.get(seq) === undefined) await loader.page(model, "page", seq)
    },
    openNewest: async (chatId) => {
      const model = known(chatId)
      if (!model.window.loaded || model.window.hasMoreAfter) await loader.page(model, "page")
    },
    closeChat: (chatId) => {
      const model = store.models.get(chatId)
      if (model === undefined) return
      model.open = false
      model.window.clear()
      model.quotes.clear()
      store.touch(chatId)
    },
    loadOlder: async (chatId) => {
      const model = known(chatId)
      if (model.window.loaded && model.window.hasMoreBefore) await loader.page(model, "older")
    },
    loadNewer: async (chatId) => {
      const model = known(chatId)
      if (model.window.loaded && model.window.hasMoreAfter) await loader.page(model, "newer")
    },
    keepMessages: (chatId, from, to) => {
      store.models.get(chatId)?.window.keep(from, to)
      store.touch(chatId)
    },
    loadMembers: async (chatId) => {
      if (!known(chatId).members.known) await loader.chat(chatId)
      return known(chatId).members.list() ?? []
    },
  }
}
