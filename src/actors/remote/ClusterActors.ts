// The actors of a cluster's node: those of the chats whose shard is here, and a way to those of the others. Effect Cluster says
// what is here; that two nodes may think so for a moment is settled by the journal, which commits on the newest version only.
import { Clock, Effect, Exit, Layer, Option, Schema } from "effect"
import { Entity, EntityId, ShardId, Sharding, ShardingConfig } from "effect/cluster"
import { Unavailable } from "../../domain/errors.ts"
import { ChatId } from "../../domain/Ids.ts"
import { DatabaseClock } from "../../sql/database/DatabaseClock.ts"
import * as ActiveChats from "../ActiveChats.ts"
import type { Entry } from "../Mailbox.ts"
import type { Command } from "../rules/Command.ts"
import { ChatEntity, entityIdOf } from "./ChatEntity.ts"
import { type Outcome, toOutcome } from "./CommandWire.ts"
import * as RemoteChats from "./RemoteChats.ts"

/** How soon the actors of a shard that has left go after it. */
const lookEvery = "250 millis"
/** Shards of chats that are remembered: finding one anew takes half a microsecond. */
const rememberedShards = 100_000

const unavailable = Exit.fail(new Unavailable({}))

/** Gives the entry to its chat's actor, wherever it is, or answers it. */
export const makeCluster = Effect.gen(function* () {
  const sharding = yield* Sharding.Sharding
  const { shardsPerGroup } = yield* ShardingConfig.ShardingConfig
  const clock = yield* Clock.Clock
  const { now: databaseNow } = yield* DatabaseClock
  const activeChats = yield* ActiveChats.make(false)
  const elsewhere = yield* RemoteChats.make((chat_id) => activeChats.isBusy(chat_id))

  const shards = new Map<ChatId, ShardId.ShardId>()
  const shardOf = (chat_id: ChatId): ShardId.ShardId => {
    const known = shards.get(chat_id)
    if (known !== undefined) return known
    if (shards.size >= rememberedShards) shards.clear()
    const entityId = EntityId.make(entityIdOf(chat_id))
    const shard = sharding.getShardId(entityId, ChatEntity.getShardGroup(entityId))
    shards.set(chat_id, shard)
    return shard
  }
  const isHere = (chat_id: ChatId): boolean => sharding.hasShardId(shardOf(chat_id))

  /** What other nodes ask of a chat that lives here. */
  const run = (chat_id: ChatId | undefined, commands: ReadonlyArray<Command>, expires_at: number) =>
    Effect.callback<ReadonlyArray<Outcome>>((resume) => {
      const left = expires_at - databaseNow()
      const expires = clock.currentTimeMillisUnsafe() + left
      const actor = chat_id !== undefined && left > 0 ? activeChats.find(chat_id) : undefined
      const outcomes: Array<Outcome> = commands.map(() => ({ _tag: "NotTaken" }))
      let missing = commands.length
      const settle = (i: number, outcome: Outcome) => {
        outcomes[i] = outcome
        missing--
        if (missing === 0) resume(Effect.succeed(outcomes))
      }
      if (missing === 0) resume(Effect.succeed(outcomes))
      commands.forEach((command, i) => {
        const isTaken = actor?.offer({ command, expires, reply: (reply) => settle(i, toOutcome(command, reply)) })
        if (isTaken !== true) settle(i, { _tag: "NotTaken" })
      })
    })

  const entity = ChatEntity.toLayer(
    Effect.gen(function* () {
      const { entityId } = yield* Entity.CurrentAddress
      const chat_id = Schema.decodeUnknownOption(ChatId)(Number(entityId))
      return ChatEntity.of({
        Run: ({ payload }) => run(Option.getOrUndefined(chat_id), payload.commands, payload.expires_at),
      })
    }),
    // The order of one caller's requests is kept by that caller, who has one under way. A bug is the request's own.
    { concurrency: "unbounded", disableFatalDefects: true },
  )
  // Last, so that it goes first: nothing comes in any more, and what is in is answered by the actors.
  yield* Layer.build(entity)

  const all = Array.from({ length: shardsPerGroup }, (_, i) => ShardId.make("default", i + 1))
  let held = new Set<ShardId.ShardId>()
  yield* Effect.gen(function* () {
    yield* Effect.sleep(lookEvery)
    const now = new Set(all.filter((shard) => sharding.hasShardId(shard)))
    const hasLost = [...held].some((shard) => !now.has(shard))
    held = now
    if (hasLost) activeChats.leave((chat_id) => !isHere(chat_id))
  }).pipe(Effect.forever, Effect.forkScoped)

  return (chat_id: ChatId, entry: Entry): void => {
    // What waits must not be overtaken by what comes after it, wherever the chat is meanwhile.
    const isElsewhere = elsewhere.has(chat_id) || !isHere(chat_id)
    if (isElsewhere) elsewhere.deliver(chat_id, entry)
    else if (activeChats.find(chat_id)?.offer(entry) !== true) entry.reply(unavailable)
  }
})
