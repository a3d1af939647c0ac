// What a client can be given: where the server is, how to stay signed in, and the world around it (tests bring their own).

import type { Runtime } from "./Runtime.ts"
import type { OutboxStorage } from "./storage/OutboxStorage.ts"
import type { TokenStorage } from "./storage/TokenStorage.ts"

export interface ClientOptions {
  /** The server's address, `https://chat.example`; the page's own origin when absent. */
  readonly url?: string
  /** `cookie` in pages served by the server itself, `token` everywhere else; by default whichever fits. */
  readonly auth?: "cookie" | "token"
  /** Where tokens live with `auth: "token"`; memory when absent. */
  readonly tokens?: TokenStorage
  /** Where unsent messages and drafts survive a restart; memory when absent. */
  readonly outbox?: OutboxStorage
  /** Clock, timers, chance, fetch, WebSocket: the platform's when absent. */
  readonly runtime?: Partial<Runtime>
}
