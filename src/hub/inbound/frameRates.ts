// What each frame takes from its user's allowance. A new frame does not compile until it is said.
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
  // Bounded where they are done: Typing, Syncs.
  typing: undefined,
  sync: undefined,
  // A call like any other: Auth counts it.
  auth: undefined,
  ping: undefined,
} as const satisfies Record<ClientFrame["type"], NodeRate | undefined>
