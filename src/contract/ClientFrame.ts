// The frames that a client may send; each is declared in frames/. `type` may be absent only where protocol.md says so; the
// socket edge adds it.
import { Schema } from "effect"
import { SyncFrame } from "./frames/catchingUp.ts"
import { AuthFrame, PingFrame } from "./frames/connection.ts"
import { DeleteFrame, EditFrame, MessageFrame } from "./frames/messages.ts"
import { TypingFrame } from "./frames/presence.ts"
import { ReadFrame } from "./frames/reading.ts"
import { recordFrames } from "./frames/records.ts"
import { StateFrame } from "./frames/state.ts"

/** By `type`. */
export const ClientFrames = {
  message: MessageFrame,
  read: ReadFrame,
  typing: TypingFrame,
  edit: EditFrame,
  delete: DeleteFrame,
  ...recordFrames,
  state: StateFrame,
  sync: SyncFrame,
  auth: AuthFrame,
  ping: PingFrame,
} as const

export const ClientFrame = Schema.Union(Object.values(ClientFrames)).annotate({ identifier: "ClientFrame" })
export type ClientFrame = typeof ClientFrame.Type
