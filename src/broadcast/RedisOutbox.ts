// What this node tells the others: everything of one turn of the event loop goes out in one write, as one message a channel.
// Nobody waits for it. What Redis did not take is remembered, as far as which chats it was about, and told once Redis is back.
import type { ChatId } from "../domain/Ids.ts"
import type { Signal } from "./Broadcast.ts"
import type { RedisClient } from "./RedisConnection.ts"
import { encode, maxMessageBytes } from "./SignalWire.ts"

/** What may be on its way to Redis; beyond that it counts as lost. */
const maxUnderWay = 16 * 1024 * 1024
/** Chats whose lost events are remembered one by one; beyond that everybody looks everywhere. */
const maxLostChats = 10_000

/** What one channel gets in this turn. */
class Parcel {
  parts: Array<string> = []
  length = 0
  /** Where the chats stand that it tells of. */
  readonly heads = new Map<ChatId, number>()
  /** Something in it that no head makes up for. */
  matters = false
}

export interface OutboxOptions {
  /** Begins every message. */
  readonly sender: string
  readonly client: () => RedisClient | undefined
  readonly channelOf: (chat_id: ChatId) => string
  /** The channel that every node hears. */
  readonly everybody: string
}

export class RedisOutbox {
  private readonly options: OutboxOptions
  private readonly chats = new Map<string, Parcel>()
  private everybody = new Parcel()
  private scheduled = false
  private underWay = 0
  private lostChats = new Map<ChatId, number>()
  private lostAll = false
  private onEmpty: (() => void) | undefined

  constructor(options: OutboxOptions) {
    this.options = options
  }

  /** To those who listen to the chat. */
  toListeners(chat_id: ChatId, signal: Signal): void {
    const channel = this.options.channelOf(chat_id)
    let parcel = this.chats.get(channel)
    if (parcel === undefined) {
      parcel = new Parcel()
      this.chats.set(channel, parcel)
    }
    if (signal._tag === "ChatHead") parcel.heads.set(chat_id, signal.version)
    const last = signal._tag === "ChatEvents" ? signal.events.at(-1) : undefined
    if (last !== undefined) parcel.heads.set(chat_id, last.version)
    this.put(channel, parcel, signal)
  }

  toEverybody(signal: Signal): void {
    this.everybody.matters = true
    this.put(this.options.everybody, this.everybody, signal)
  }

  private put(channel: string, parcel: Parcel, signal: Signal): void {
    for (const part of encode(signal)) {
      if (parcel.length > 0 && parcel.length + part.length > maxMessageBytes) this.send(channel, parcel)
      parcel.parts.push(part)
      parcel.length += part.length
    }
    if (this.scheduled) return
    this.scheduled = true
    setImmediate(() => this.flush())
  }

  /** Chats first: whoever listens to one hears of a new member in its order, and leaves out what everybody is told. */
  flush(): void {
    this.scheduled = false
    for (const [channel, parcel] of this.chats) this.send(channel, parcel)
    this.chats.clear()
    if (this.everybody.parts.length > 0) this.send(this.options.everybody, this.everybody)
    this.everybody = new Parcel()
  }

  private send(channel: string, parcel: Parcel): void {
    const { length } = parcel
    const message = `${this.options.sender}[${parcel.parts.join(",")}]`
    const heads = new Map(parcel.heads)
    const { matters } = parcel
    parcel.parts = []
    parcel.length = 0
    const client = this.options.client()
    if (client === undefined || this.underWay + length > maxUnderWay) {
      this.lose(heads, matters)
      return
    }
    this.underWay += length
    client.publish(channel, message).then(
      () => {
        this.settle(length)
        // There was no room for something meanwhile.
        if (this.underWay === 0) this.makeUp()
      },
      () => {
        this.lose(heads, matters)
        this.settle(length)
      },
    )
  }

  private settle(length: number): void {
    this.underWay -= length
    if (this.underWay === 0) this.onEmpty?.()
  }

  private lose(heads: ReadonlyMap<ChatId, number>, matters: boolean): void {
    if (!this.lostAll) for (const [chat_id, version] of heads) this.lostChats.set(chat_id, version)
    this.lostAll ||= matters || this.lostChats.size > maxLostChats
    if (this.lostAll) this.lostChats.clear()
  }

  /** Tells the others of what got lost, if Redis is there. */
  makeUp(): void {
    if (this.options.client() === undefined) return
    const chats = this.lostChats
    this.lostChats = new Map()
    for (const [chat_id, version] of chats) this.toListeners(chat_id, { _tag: "ChatHead", chat_id, version })
    if (!this.lostAll) return
    this.lostAll = false
    this.toEverybody({ _tag: "SignalsLost" })
  }

  /** Calls back once all that was given has been taken, or lost. */
  drain(done: () => void): void {
    this.flush()
    if (this.underWay === 0) done()
    else this.onEmpty = done
  }
}
