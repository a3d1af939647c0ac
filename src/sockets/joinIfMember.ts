// For a chat that this node does not know its user to be in: they may have been added while signals got lost.
import { Effect } from "effect"
import type { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import type { Chats as ChatRows } from "../sql/Chats.ts"
import type { HubState } from "./HubState.ts"
import type { ConnectedUser } from "./Listeners.ts"

/** Asks the database, and lets the user listen from where they came in. false: they are not in the chat. */
export const joinIfMember = (
  hub: HubState,
  rows: ChatRows["Service"],
  user: ConnectedUser,
  chat_id: ChatId,
): Effect.Effect<boolean, Unavailable> =>
  Effect.map(rows.joinedVersion(chat_id, user.id), (version) => {
    if (version === undefined) return false
    if (!hub.listeners.isIn(user, chat_id)) hub.listeners.join(user, chat_id, version - 1)
    return true
  })
