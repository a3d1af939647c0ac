// The client of this page. The session is in cookies that scripts cannot read.
import { createChatClient } from "../src/client/createChatClient.ts"
import { indexedDbOutbox } from "../src/client/storage/IndexedDbOutbox.ts"

export const client = createChatClient({ auth: "cookie", outbox: indexedDbOutbox() })

// Also what was typed in the last moment.
window.addEventListener("pagehide", () => void client.keepDrafts())
