// A chat as nodes see it: an entity of Effect Cluster, which places it on one of them and finds it there. Its mailbox is the
// chat actor's own, so its handler answers by callback; a queue in front of it (`toLayerQueue`) would be a second mailbox.
import { Context, Effect, Exit, Layer, Option, Schema } from "effect"
import { ClusterSchema, Entity, Reply, Runners } from "effect/cluster"
import { Rpc } from "effect/rpc"
import { ChatId } from "../domain/Ids.ts"
import { isRepeatable, Outcome, WireCommand } from "./CommandWire.ts"

/** Of a request that must not be carried out twice. */
const AtMostOnce = Context.Reference<boolean>("confab/actors/AtMostOnce", { defaultValue: () => false })

const payload = Schema.Struct({
  /** In their order. */
  commands: Schema.Array(WireCommand),
  /** Epoch milliseconds by the database's clock: whoever asked has given up then, and they must not be begun. */
  expires_at: Schema.Int,
})

/** The i-th outcome is the i-th command's. */
const Run = Rpc.make("Run", { payload, success: Schema.Array(Outcome) }).annotate(
  ClusterSchema.Dynamic,
  (annotations, request) =>
    isOnce(request.payload) ? Context.add(annotations, AtMostOnce, true) : annotations,
)

const isOnce = (given: unknown): boolean => Schema.is(payload)(given) && !given.commands.every(isRepeatable)
