// Compares what the client holds with the sums of the server. Knows which sums were requested; does not request them.
import { Limits } from "../../contract/Limits.ts"
import type { ServerFrame } from "../../contract/ServerFrame.ts"
import type { SeqRange, VersionSum } from "../../domain/Check.ts"
import type { ChatId } from "../../domain/Ids.ts"
import type { ChatModel } from "../state/ChatModel.ts"
import type { MessageWindow } from "../state/MessageWindow.ts"

export type CheckFrame = Extract<ServerFrame, { type: "check" }>

/** New messages for which a range has room, before it leaves out the oldest. */
const room = 100

interface Asked {
  readonly model: ChatModel
  readonly range: SeqRange
  /** Answers over HTTP that it had then. */
  readonly answers: number
}

/** What it holds; up to the newest message, it holds whatever comes next too: the last one may be what it missed. */
const rangeOf = ({ first, hasMoreAfter, last }: MessageWindow): SeqRange => {
  const from = Math.max(1, first, last + room - Limits.check + 1)
  return [from, hasMoreAfter ? last : from + Limits.check - 1]
}

const equal = (a: VersionSum, b: VersionSum): boolean => a.count === b.count && a.sum === b.sum

export class Proof {
  /** Whether the server can do it. */
  supported = false
  private readonly asked = new Map<ChatId, Asked>()

  /** Whether it holds messages of the chat. */
  holds(model: ChatModel): boolean {
    return this.supported && model.window.loaded
  }

  /** The `check` of a `sync` of these chats; undefined: there is nothing to prove. */
  of(models: ReadonlyArray<ChatModel>): Record<string, SeqRange> | undefined {
    const held = models.filter((model) => this.holds(model))
    for (const model of held) {
      this.asked.set(model.id, { model, range: rangeOf(model.window), answers: model.answers })
    }
    return held.length === 0
      ? undefined
      : Object.fromEntries(held.map(({ id }) => [id, this.asked.get(id)?.range ?? [1, 1]]))
  }

  /**
   * false: the client missed something. undefined: it cannot tell, since an answer over HTTP, which may be newer than
   * the sums, was merged in the meantime or is awaited, or since the client no longer has all of the range.
   */
  agrees(model: ChatModel, { chat_id, members, messages }: CheckFrame): boolean | undefined {
    const asked = this.asked.get(chat_id)
    this.asked.delete(chat_id)
    if (asked?.model !== model || asked.answers !== model.answers || model.isLoading) return undefined
    const held = model.window.sum(...asked.range)
    return held && equal(held, messages) && equal(model.members.sum() ?? members, members)
  }
}
