// Forwards messages to chats, one after the other, so that they arrive in their order.
import type { ChatClient } from "../../src/client/ChatClient.ts"
import { ChatClientError } from "../../src/client/ChatClientError.ts"
import type { ChatId, MessageId } from "../../src/domain/Ids.ts"

export interface Forwarded {
  readonly done: number
  /** Why the others were not forwarded; undefined: all were. */
  readonly failure?: unknown
}

const wait = (millis: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, millis)
    const stop = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener("abort", stop, { once: true })
  })

/**
 * Waits where the server limits the rate; any other refusal ends it. `keyOf` gives each message its `dedup_key`: with the
 * same keys a further attempt repeats nothing, also after a lost answer.
 */
export const forwardAll = async (
  client: Pick<ChatClient, "forward">,
  chatId: ChatId,
  ids: ReadonlyArray<MessageId>,
  keyOf: (id: MessageId) => string,
  signal: AbortSignal,
  onProgress: (done: number) => void,
  pause: typeof wait = wait,
): Promise<Forwarded> => {
  let done = 0
  while (done < ids.length && !signal.aborted) {
    const id = ids[done]!
    try {
      await client.forward(chatId, id, { dedupKey: keyOf(id) })
      onProgress(++done)
    } catch (failure) {
      if (!(failure instanceof ChatClientError) || failure.tag !== "TooManyRequests") return { done, failure }
      await pause(failure.retryAfterMs ?? 1_000, signal)
    }
  }
  return { done }
}

export interface Target {
  readonly id: ChatId
  readonly name: string
}

/**
 * A chat that refuses does not hold up the others. `occasion` makes the keys: with the same one a further attempt
 * repeats nothing. `onProgress` counts over all chats.
 */
export const forwardToAll = async (
  client: Pick<ChatClient, "forward">,
  targets: ReadonlyArray<Target>,
  ids: ReadonlyArray<MessageId>,
  occasion: string,
  signal: AbortSignal,
  onProgress: (done: number) => void,
  pause: typeof wait = wait,
): Promise<{
  readonly done: number
  readonly failed: ReadonlyArray<{ readonly target: Target; readonly failure: unknown }>
}> => {
  const failed: Array<{ target: Target; failure: unknown }> = []
  let before = 0
  for (const target of targets) {
    if (signal.aborted) break
    const keyOf = (id: MessageId) => `${occasion}-${target.id}-${id}`
    const count = (done: number) => onProgress(before + done)
    const { done, failure } = await forwardAll(client, target.id, ids, keyOf, signal, count, pause)
    before += done
    if (failure !== undefined) failed.push({ target, failure })
  }
  return { done: before, failed }
}
