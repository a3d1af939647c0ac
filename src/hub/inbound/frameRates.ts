// The rate limit of each frame type. A new type without an entry does not compile.
import type { NodeRate } from "../../config/limitSettings.ts"
import type { ClientFrame } from "../../contract/ClientFrame.ts"

export const frameRates = {
  message: "messages",
  edit: "messages",
  delete: "messages",
  react: "messages",
  pin: "messages",
  state: "messages",
  read: "reads",
  // Limited where they are handled: Typing, Syncs.
  typing: undefined,
  sync: undefined,
  // Counts as a call, like any other authentication.
  auth: undefined,
  ping: undefined,
} as const satisfies Record<ClientFrame["type"], NodeRate | undefined>
