// The reactions that the user has just given or taken back: shown at once, until the chat itself has them or the server
// refuses. One request at a time for a message and an emoji: after several quick changes the last one holds.
import type { UnknownFrame } from "../../../src/client/state/UnknownFrame.ts"
import type { ServerFrame } from "../../../src/contract/ServerFrame.ts"
import type { MessageId, UserId } from "../../../src/domain/Ids.ts"
import type { Entry } from "../../model/Entry.ts"

interface Wanted {
  readonly on: boolean
  /** `asked`: no answer yet; `arrived`: the chat has it already; `accepted`: its event is on its way. */
  readonly state: "asked" | "arrived" | "accepted"
}

/** What is wanted of one message, by emoji. Another object after each change. */
export type WantedEmoji = ReadonlyMap<string, Wanted>

export class WantedReactions {
  private readonly byMessage = new Map<MessageId, WantedEmoji>()
  private readonly listeners = new Set<() => void>()
  private readonly me: UserId
  private readonly send: (id: MessageId, emoji: string, on: boolean) => Promise<unknown>

  constructor(me: UserId, send: (id: MessageId, emoji: string, on: boolean) => Promise<unknown>) {
    this.me = me
    this.send = send
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  of(id: MessageId): WantedEmoji | undefined {
    return this.byMessage.get(id)
  }

  /** Rejects with the reason when the server refuses what was wanted last: by then it is no longer shown. */
  async want(id: MessageId, emoji: string, on: boolean): Promise<void> {
    const isAsking = this.byMessage.get(id)?.get(emoji)
    this.set(id, emoji, { on, state: "asked" })
    // The request that is on its way goes on with what is wanted then.
    if (isAsking !== undefined && isAsking.state !== "accepted") return
    for (let sent = on; ; ) {
      let failure: { readonly cause: unknown } | undefined
      try {
        await this.send(id, emoji, sent)
      } catch (cause) {
        failure = { cause }
      }
      const wanted = this.byMessage.get(id)?.get(emoji)
      if (wanted === undefined) return
      if (wanted.on !== sent) {
        sent = wanted.on
        continue
      }
      if (failure !== undefined || wanted.state === "arrived") this.set(id, emoji, undefined)
      else this.set(id, emoji, { on: sent, state: "accepted" })
      if (failure !== undefined) throw failure.cause
      return
    }
  }

  /** An event of the chats: it brings what is wanted, or what holds instead. */
  heard(frame: ServerFrame | UnknownFrame): void {
    if (frame.type === "reset") {
      // What was accepted is in what is loaded anew.
      for (const [id, wanted] of this.byMessage)
        for (const [emoji, { state }] of wanted) if (state === "accepted") this.set(id, emoji, undefined)
    }
    if (frame.type !== "reaction" || frame.user_id !== this.me) return
    for (const [emoji, { on, state }] of this.byMessage.get(frame.message_id) ?? []) {
      if (state === "accepted") this.set(frame.message_id, emoji, undefined)
      else if (frame.emojis.includes(emoji) === on) this.set(frame.message_id, emoji, { on, state: "arrived" })
    }
  }

  private set(id: MessageId, emoji: string, wanted: Wanted | undefined): void {
    const next = new Map(this.byMessage.get(id))
    if (wanted === undefined) next.delete(emoji)
    else next.set(emoji, wanted)
    if (next.size === 0) this.byMessage.delete(id)
    else this.byMessage.set(id, next)
    for (const listener of this.listeners) listener()
  }
}

/** The entry with what is wanted; the same object where it has all of it. */
export const withWanted = (entry: Entry, wanted: WantedEmoji | undefined): Entry => {
  let { mine, reactions } = entry
  for (const [emoji, { on }] of wanted ?? []) {
    if (mine.includes(emoji) === on) continue
    mine = on ? [...mine, emoji] : mine.filter((one) => one !== emoji)
    if (on && !reactions.some((one) => one.emoji === emoji)) reactions = [...reactions, { emoji, count: 1 }]
    else {
      reactions = reactions
        .map((one) => (one.emoji === emoji ? { ...one, count: one.count + (on ? 1 : -1) } : one))
        .filter(({ count }) => count > 0)
    }
  }
  return mine === entry.mine ? entry : { ...entry, mine, reactions }
}
