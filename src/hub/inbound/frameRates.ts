// The rate limit of each frame type. A new type without an entry does not compile; records about messages count as messages do.
import type { NodeRate } from "../../config/limitSettings.ts"
import type { ClientFrame } from "../../contract/ClientFrame.ts"
import { kindOfVerb, type Verb } from "../../kinds/Kinds.ts"

const records = Object.fromEntries(Object.keys(kindOfVerb).map((verb) => [verb, "messages"])) as {
  readonly [Type in Verb]: "messages"
}

export const frameRates = {
  ...records,
  message: "messages",
  edit: "messages",
  delete: "messages",
  state: "messages",
  read: "reads",
  // Limited where they are handled: Typing, Syncs.
  typing: undefined,
  sync: undefined,
  // Counts as a call, like any other authentication.
  auth: undefined,
  ping: undefined,
} as const satisfies Record<ClientFrame["type"], NodeRate | undefined>
