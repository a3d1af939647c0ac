// From a forward in the saved messages to the message from which it was made.
import type { ChatClient } from "../../src/client/ChatClient.ts"
import type { Entry } from "../model/Entry.ts"
import { goToChat } from "../pages/address.ts"
import { attempt } from "../ui/notices.tsx"

/** A notice gives the reason if it cannot be read any more. */
export const goToOriginal = (client: ChatClient, { original }: Entry): void => {
  if (original === undefined) return
  void attempt(client.message(original).then(({ chat_id, seq }) => goToChat(chat_id, seq)))
}
