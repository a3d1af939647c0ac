// The client of programs and pages, which loads its parts when it needs them.
import type { ChatClient } from "./ChatClient.ts"
import type { ClientOptions } from "./ClientOptions.ts"
import { lazyParts } from "./ClientParts.ts"
import { makeChatClient } from "./makeChatClient.ts"

/** A client that is not connected yet: call `start`, `logIn` or `register`. */
export const createChatClient = (options: ClientOptions = {}): ChatClient => makeChatClient(options, lazyParts)
