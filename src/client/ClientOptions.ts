// The options of a client: the server's address, how to stay signed in, and its environment (tests provide their own).
import type { ChatId } from "../domain/Ids.ts"
import type { Runtime } from "./Runtime.ts"
import type { OutboxStorage } from "./storage/OutboxStorage.ts"
import type { TokenStorage } from "./storage/TokenStorage.ts"

/** A JWT of the host for the user of this client; null when the host has no user any more. */
export type GetToken = () => string | null | Promise<string | null>

export interface ClientOptions {
  /** The server's address, `https://chat.example` or `https://example.org/chat`; the page's own origin when absent. */
  readonly url?: string
  /** `cookie` in pages of the server's own origin, `token` elsewhere; by default the one that fits. */
  readonly auth?: "cookie" | "token"
  /**
   * For an application with users of its own, whose tokens the server trusts: called at `start`, before every connection
   * and before the token's `exp`. Replaces `logIn` and `register`, `auth` and `tokens`.
   */
  readonly getToken?: GetToken
  /** Storage of tokens with `auth: "token"`; memory when absent. */
  readonly tokens?: TokenStorage
  /** Storage in which unsent messages and drafts survive a restart; memory when absent. */
  readonly outbox?: OutboxStorage
  /**
   * A chat differed from what the server says it adds up to (`check`): the client missed something, drops the chat and
   * loads it anew. For telemetry; a warning on the console when absent. `ChatState.mismatches` counts them.
   */
  readonly onMismatch?: (chatId: ChatId) => void
  /** Clock, timers, randomness, fetch, WebSocket: the platform's when absent. */
  readonly runtime?: Partial<Runtime>
}
