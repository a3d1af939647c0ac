// The actors of a cluster's node: those of the chats whose shard is here, and forwarding to those of the others. Effect
// Cluster decides what is here; if two nodes claim a chat for a moment, the journal decides, which commits on the
// newest version only.
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

/** How soon the actors of a shard that has moved stop. */
const lookEvery = "250 millis"
/** Chats whose shard is cached: computing it takes half a microsecond. */
const rememberedShards = 100_000

const unavailable = Exit.fail(new Unavailable({}))

/** Passes the entry to its chat's actor, on any node, or answers it. */
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

  /** Runs another node's commands to a chat that is here. */
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
    // A caller has one request under way, and thereby keeps its order. A bug fails only its own request.
    { concurrency: "unbounded", disableFatalDefects: true },
  )
  // Last, so that it closes first: no request is accepted any more, and the actors answer those that are.
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
    // Later commands must not overtake waiting ones, wherever the chat is now.
    const isElsewhere = elsewhere.has(chat_id) || !isHere(chat_id)
    if (isElsewhere) elsewhere.deliver(chat_id, entry)
    else if (activeChats.find(chat_id)?.offer(entry) !== true) entry.reply(unavailable)
  }
})
