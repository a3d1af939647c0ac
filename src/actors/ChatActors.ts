// Finds a chat's only actor, on any node, and starts it if needed.
import { Context, Effect, Exit, Layer } from "effect"
import { Unavailable } from "../domain/errors.ts"
import type { ChatId } from "../domain/Ids.ts"
import * as ActiveChats from "./ActiveChats.ts"
import type { Entry } from "./Mailbox.ts"
import { OriginalDigests } from "./memory/OriginalDigests.ts"
import { makeCluster } from "./remote/ClusterActors.ts"
import { type Answer, type Command, type CommandError, callerDeadlineMillis } from "./rules/Command.ts"

export class ChatActors extends Context.Service<
  ChatActors,
  {
    /**
     * Committed once it succeeds. Unavailable: the result is unknown; a retry with the same dedup_key settles a
     * message.
     */
    ask<C extends Command>(chat_id: ChatId, command: C): Effect.Effect<Answer<C>, CommandError<C>>
    /**
     * Like `ask`, without a fiber: `reply` is called once, now or later; it must not throw or wait. Commands of one
     * caller to one chat are taken in the order of the calls.
     */
    tell<C extends Command>(
      chat_id: ChatId,
      command: C,
      reply: (exit: Exit.Exit<Answer<C>, CommandError<C>>) => void,
    ): void
  }
>()("confab/actors/ChatActors") {
  /** All actors run in this process, and no other process changes chats. */
  static readonly layerLocal = Layer.effect(
    ChatActors,
    Effect.suspend(() => makeLocal(true)),
  ).pipe(Layer.provide(OriginalDigests.layer))

  /**
   * Like `layerLocal`, but other processes may have actors of the same chats: then a result without changes is checked
   * too.
   */
  static readonly layerShared = Layer.effect(
    ChatActors,
    Effect.suspend(() => makeLocal(false)),
  ).pipe(Layer.provide(OriginalDigests.layer))

  /**
   * Each chat's actor runs on the node where Effect Cluster places the chat; commands of other nodes are sent there.
   */
  static readonly layerCluster = Layer.effect(
    ChatActors,
    Effect.suspend(() => Effect.map(makeCluster, fromDeliver)),
  ).pipe(Layer.provide(OriginalDigests.layer))
}

/** Passes the entry to its chat's actor, or answers it. */
export type Deliver = (chat_id: ChatId, entry: Entry) => void

const fromDeliver = (deliver: Deliver): ChatActors["Service"] => {
  const tell: ChatActors["Service"]["tell"] = (chat_id, command, reply) => {
    // The command's tag determines its answers and refusals; the mailbox holds all kinds.
    deliver(chat_id, { command, reply: reply as Entry["reply"] })
  }
  return {
    tell,
    ask: <C extends Command>(chat_id: ChatId, command: C) =>
      Effect.callback<Answer<C>, CommandError<C>>((resume) => tell(chat_id, command, resume)).pipe(
        Effect.timeoutOrElse({
          duration: callerDeadlineMillis(command),
          orElse: () => Effect.fail(new Unavailable({})),
        }),
      ),
  }
}

const makeLocal = Effect.fnUntraced(function* (alone: boolean) {
  const activeChats = yield* ActiveChats.make(alone)
  return fromDeliver((chat_id, entry) => {
    const actor = activeChats.find(chat_id)
    if (actor === undefined || !actor.offer(entry)) entry.reply(Exit.fail(new Unavailable({})))
  })
})
