// Two nodes in one process over the same tables: "there", which has all chats, and "here", which has none. The network
// between them serializes as the real one does, and fails as the test says.
import { Context, Deferred, Effect, Layer, Option, Schema } from "effect"
import {
  ClusterError,
  Message,
  MessageStorage,
  Reply,
  RunnerAddress,
  RunnerHealth,
  RunnerStorage,
  Runners,
  Sharding,
  ShardingConfig,
  Snowflake,
} from "effect/cluster"
import { RpcSerialization } from "effect/rpc"
import { ChatActors } from "../../src/actors/ChatActors.ts"
import { GroupCommit } from "../../src/actors/GroupCommit.ts"
import * as RunnersOnce from "../../src/actors/remote/RunnersOnce.ts"
import { Settings } from "../../src/config/Settings.ts"
import { DatabaseClock } from "../../src/sql/database/DatabaseClock.ts"
import { tables } from "./chat.ts"

/**
 * The treatment of the next requests; none: they are answered. `cut`: carried out, and the connection breaks before the
 * answer. `lost`: the connection breaks before it arrives. `silence`: it never arrives, without an error. `refused`:
 * the chat is not there. `full`: there is no room for it. `late`: it arrives after a minute.
 */
export type Fate = "answer" | "cut" | "lost" | "silence" | "refused" | "full" | "late"

export class Network extends Context.Service<
  Network,
  {
    readonly fates: Array<Fate>
    /** Whether the other node answers a ping. */
    isThere: boolean
    /** How many commands each request had that was put on the wire. */
    readonly sent: Array<number>
  }
>()("confab/test/Network") {
  static readonly layer = Layer.sync(Network, () => ({ fates: [], isThere: true, sent: [] }))
}

/** The node that has the chats. */
export class There extends Context.Service<
  There,
  { readonly actors: ChatActors["Service"]; readonly sharding: Sharding.Sharding["Service"] }
>()("confab/test/There") {}

const address = RunnerAddress.make("10.0.0.2", 4000)

const config = (isRunner: boolean) =>
  ShardingConfig.layer({
    runnerAddress: isRunner ? Option.some(address) : Option.none(),
    shardsPerGroup: 10,
    sendRetryInterval: "50 millis",
    refreshAssignmentsInterval: "500 millis",
    simulateRemoteSerialization: false,
  })

const node = <E, R>(isRunner: boolean, runners: Layer.Layer<Runners.Runners, E, R>) =>
  ChatActors.layerCluster.pipe(
    Layer.provide([GroupCommit.layer, DatabaseClock.layerLocal, Settings.layerTest()]),
    Layer.provideMerge(Sharding.layer),
    Layer.provide([runners, RunnerHealth.layerNoop]),
    Layer.provide([MessageStorage.layerNoop, config(isRunner)]),
  )

const there = Layer.effect(
  There,
  Effect.map(
    Layer.build(
      Layer.fresh(node(true, Runners.layerNoop.pipe(Layer.provide([MessageStorage.layerNoop, config(true)])))),
    ),
    (context) => ({
      actors: Context.get(context, ChatActors),
      sharding: Context.get(context, Sharding.Sharding),
    }),
  ),
)

const countOf = (payload: unknown): number =>
  typeof payload === "object" && payload !== null && "commands" in payload && Array.isArray(payload.commands)
    ? payload.commands.length
    : 0

const wire = Layer.effect(
  Runners.Runners,
  Effect.gen(function* () {
    const network = yield* Network
    const { sharding } = yield* There
    const { codecFor } = yield* RpcSerialization.RpcSerialization
    const unavailable = Effect.fail(new ClusterError.RunnerUnavailable({ address }))
    return yield* Runners.make({
      codecFor,
      ping: () => Effect.suspend(() => (network.isThere ? Effect.void : unavailable)),
      notify: () => Effect.void,
      onRunnerUnavailable: () => Effect.void,
      send: Effect.fnUntraced(function* ({ message }) {
        if (message._tag !== "OutgoingRequest") return
        if (!network.isThere) return yield* unavailable
        network.sent.push(countOf(message.envelope.payload))
        const fate = network.fates.shift() ?? "answer"
        const where = { address: message.envelope.address }
        if (fate === "lost") return yield* unavailable
        if (fate === "silence") return yield* Effect.never
        if (fate === "refused") return yield* new ClusterError.EntityNotAssignedToRunner(where)
        if (fate === "full") return yield* new ClusterError.MailboxFull(where)
        if (fate === "late") yield* Effect.uninterruptible(Effect.sleep("1 minute"))
        const envelope = yield* Effect.orDie(Message.serializeRequest(message, codecFor))
        const answered = yield* Deferred.make<Reply.Encoded>()
        yield* sharding.send(
          new Message.IncomingRequest({
            envelope,
            lastSentReply: Option.none(),
            codecFor,
            respond: (reply) =>
              Effect.flatMap(Reply.serializeOrDefect(reply, codecFor), (it) => Deferred.succeed(answered, it)),
          }),
        )
        const encoded = yield* Deferred.await(answered)
        if (fate === "cut") return yield* unavailable
        const reply = yield* Schema.decodeEffect(Reply.Reply(message.rpc, codecFor))(encoded).pipe(
          Effect.provideContext(message.context),
          Effect.orDie,
        )
        yield* message.respond(reply)
      }),
    })
  }),
).pipe(
  Layer.provide([
    RpcSerialization.layerSchemaBinary(),
    Snowflake.layerGenerator,
    MessageStorage.layerNoop,
    config(false),
  ]),
)

/** `ChatActors` are those of "here". */
export const layer = () =>
  node(false, RunnersOnce.layer.pipe(Layer.provide(wire))).pipe(
    Layer.provideMerge(there),
    Layer.provideMerge(Layer.mergeAll(RunnerStorage.layerMemory, Network.layer)),
    Layer.provideMerge(tables),
  )
