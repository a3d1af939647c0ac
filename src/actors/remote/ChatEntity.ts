// A chat for other nodes: an entity of Effect Cluster, which places it on a node and finds it there.
import { Schema } from "effect"
import { ClusterSchema, Entity } from "effect/cluster"
import { Rpc } from "effect/rpc"
import type { ChatId } from "../../domain/Ids.ts"
import { Outcome, WireCommand } from "./CommandWire.ts"

const Run = Rpc.make("Run", {
  payload: {
    /** In order. */
    commands: Schema.Array(WireCommand),
    /** Epoch milliseconds by the database's clock: afterwards no caller waits for them, and they must not begin. */
    expires_at: Schema.Int,
  },
  /** The i-th is that of the i-th command. */
  success: Schema.Array(Outcome),
})

export const ChatEntity = Entity.make("Chat", [Run]).annotate(ClusterSchema.ClientTracingEnabled, false)

export const entityIdOf = (chat_id: ChatId): string => String(chat_id)
