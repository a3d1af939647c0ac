// People with clients on a fake server.
import type { ChatClient } from "../../../src/client/ChatClient.ts"
import type { ClientOptions } from "../../../src/client/ClientOptions.ts"
import type { ClientParts } from "../../../src/client/ClientParts.ts"
import { makeChatClient } from "../../../src/client/makeChatClient.ts"
import * as requests from "../../../src/client/requests.ts"
import * as signedIn from "../../../src/client/signedIn.ts"
import type { User } from "../../../src/domain/User.ts"
import type { FakeServer } from "./FakeServer.ts"

/** All parts at once: loading one takes time that is not under the test's control. */
export const allParts: ClientParts = { signedIn: async () => signedIn, requests: async () => requests }

export const clientOf = (server: FakeServer, options: ClientOptions = {}): ChatClient =>
  makeChatClient({ url: "http://chat.test", auth: "token", runtime: server.runtime(), ...options }, allParts)

/** A client of this user, connected and in sync. */
export const connected = async (server: FakeServer, user: User, options: ClientOptions = {}): Promise<ChatClient> => {
  const client = clientOf(server, options)
  await server.time.until(client.logIn(user.username, "correct horse"))
  await server.time.until(client.whenOnline())
  return client
}

/** The part of the final state that does not depend on its history. */
export const essence = (client: ChatClient) => {
  const { chats, me } = client.getState()
  const mine = me?.id
  return [...chats]
    .sort((a, b) => a.id - b.id)
    .map(
      ({
        readSeq,
        deliveredSeq: _s,
        typing: _,
        draft: _d,
        pendingCount,
        failedCount,
        activeAt: _a,
        last_message,
        ...chat
      }) => ({
        ...chat,
        pendingCount,
        failedCount,
        // Ticks are of my own messages alone.
        last_message: last_message && { ...last_message, is_read: null },
        ticks: last_message !== null && last_message.sender_id === mine ? last_message.seq <= readSeq : null,
      }),
    )
}

/** The open chats: their newest messages, and who is in them. */
export const opened = (client: ChatClient) => {
  const { conversations, chatById, me } = client.getState()
  return [...conversations.values()]
    .sort((a, b) => a.chatId - b.chatId)
    .map(({ chatId, messages, members, pending, hasMoreAfter }) => ({
      chatId,
      hasMoreAfter,
      pending: pending.length,
      messages: messages.slice(-50).map((message) => ({
        ...message,
        is_read: message.sender_id === me?.id ? message.seq <= (chatById.get(chatId)?.readSeq ?? 0) : null,
      })),
      members: [...(members ?? [])].sort((a, b) => a.user.id - b.user.id),
    }))
}
