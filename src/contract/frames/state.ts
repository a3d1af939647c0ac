// A user's own state.

import { AnyJson } from "../../domain/Json.ts"
import { StateEntry } from "../../domain/State.ts"
import { StateKey } from "../../kinds/StateKinds.ts"
import { clientFrame, serverFrame } from "./frame.ts"
import { clientWords, serverWords } from "./words.ts"

export const StateFrame = clientWords(clientFrame("state", { key: StateKey, value: AnyJson }), {
  title: "Set my own state",
  summary: "Sets a value that is yours, the same on all your devices; with `null` takes it away.",
  description:
    "The `ack` has the `version` at which the value changed. The same value again changes nothing. Keys and values as in " +
    "`PUT /me/state/{key}`: also to change a scheduled message (`scheduled:<id>`) or to call it off.\n\nErrors: `invalid`, `not_found` (no such chat, " +
    "message or scheduled message of yours), `conflict` (too many keys; the scheduled message was sent, or is being sent), `rate_limited`, `unavailable`.",
  tag: "My own state",
  operation: "setState",
  answers: ["ack", "error"],
  examples: [
    { name: "a draft", payload: { type: "state", ref: 8, key: "draft:7", value: { text: "See you" } } },
    { name: "taken away", payload: { type: "state", ref: 9, key: "draft:7", value: null } },
  ],
})

export const StateEvent = serverWords(serverFrame("state", StateEntry.fields), {
  title: "My own state changed",
  summary: "A value of your own state changed; `null`: it was removed.",
  description:
    "Sent to all your devices, including the one that set it, on `/ws` alone. In the order of `version`, each once and without a hole: keep the last `version` for " +
    "`sync`, as the cursor `me`. A scheduled message that was sent is gone (`null`); one that was refused has `failed`.",
  fields: {
    version: "The counter of your own state. Its changes come in this order, each once and without a hole.",
  },
  tag: "My own state",
  examples: [
    { name: "a muted chat", payload: { type: "state", key: "chat:7", value: { level: "none" }, version: 13 } },
  ],
})
