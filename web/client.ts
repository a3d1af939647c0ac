// The client of this page. The session is in cookies that scripts cannot read.
import { lazyParts } from "../src/client/ClientParts.ts"
import { makeChatClient } from "../src/client/makeChatClient.ts"
import * as signedIn from "../src/client/signedIn.ts"
import { indexedDbOutbox } from "../src/client/storage/IndexedDbOutbox.ts"
import { base } from "./base.ts"

/** The messenger needs all that connects at once: one file is smaller than two. */
export const client = makeChatClient(
  {
    auth: "cookie",
    url: location.origin + base,
    // Another Confab of this origin has users with the same ids.
    outbox: indexedDbOutbox(`confab${base}`),
  },
  { ...lazyParts, signedIn: async () => signedIn },
)

// Also what was typed in the last moment.
window.addEventListener("pagehide", () => void client.keepDrafts())
