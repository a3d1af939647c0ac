// Signals from this node to the others: all those of one turn of the event loop go out in one write, one message a
// channel. Publishers do not wait for it. For signals that Redis did not accept it keeps only the chats, and publishes
// these once Redis is back.
import type { ChatId } from "../domain/Ids.ts"
import type { Signal } from "./Broadcast.ts"
import type { RedisClient } from "./RedisConnection.ts"
import { encode, maxMessageBytes } from "./SignalWire.ts"

/** Characters that may be on their way to Redis; signals over this limit count as lost. */
const maxUnderWay = 16 * 1024 * 1024
/** Chats whose lost events are remembered individually; over this limit all nodes read all their chats. */
const maxLostChats = 10_000

/** What goes to one channel in this turn. */
class Parcel {
  parts: Array<string> = []
  length = 0
  /** The latest version of each chat in it. */
  readonly heads = new Map<ChatId, number>()
  /** It contains signals that a ChatHead does not replace. */
  isIrreplaceable = false
}

export interface OutboxOptions {
  /** The beginning of every message. */
  readonly sender: string
  readonly client: () => RedisClient | undefined
  readonly channelOf: (chat_id: ChatId) => string
  /** The channel of all nodes. */
  readonly allNodesChannel: string
}

export class RedisOutbox {
  private readonly options: OutboxOptions
  private readonly chats = new Map<string, Parcel>()
  private forAllNodes = new Parcel()
  private scheduled = false
  private underWay = 0
  private lostChats = new Map<ChatId, number>()
  private lostAll = false
  private onEmpty: (() => void) | undefined

  constructor(options: OutboxOptions) {
    this.options = options
  }

  /** To the nodes that listen to the chat. */
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

  toAllNodes(signal: Signal): void {
    this.forAllNodes.isIrreplaceable = true
    this.put(this.options.allNodesChannel, this.forAllNodes, signal)
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

  /**
   * Chats first: a node that listens to a chat receives a new member in that chat's order, and ignores the copy for all
   * nodes.
   */
  flush(): void {
    this.scheduled = false
    for (const [channel, parcel] of this.chats) this.send(channel, parcel)
    this.chats.clear()
    if (this.forAllNodes.parts.length > 0) this.send(this.options.allNodesChannel, this.forAllNodes)
    this.forAllNodes = new Parcel()
  }

  private send(channel: string, parcel: Parcel): void {
    const { length } = parcel
    const message = `${this.options.sender}[${parcel.parts.join(",")}]`
    const heads = new Map(parcel.heads)
    const { isIrreplaceable } = parcel
    parcel.parts = []
    parcel.length = 0
    const client = this.options.client()
    if (client === undefined || this.underWay + length > maxUnderWay) {
      this.lose(heads, isIrreplaceable)
      return
    }
    this.underWay += length
    client.publish(channel, message).then(
      () => {
        this.settle(length)
        // Signals that were over the limit.
        if (this.underWay === 0) this.publishLost()
      },
      () => {
        this.lose(heads, isIrreplaceable)
        this.settle(length)
      },
    )
  }

  private settle(length: number): void {
    this.underWay -= length
    if (this.underWay === 0) this.onEmpty?.()
  }

  private lose(heads: ReadonlyMap<ChatId, number>, isIrreplaceable: boolean): void {
    if (!this.lostAll) for (const [chat_id, version] of heads) this.lostChats.set(chat_id, version)
    this.lostAll ||= isIrreplaceable || this.lostChats.size > maxLostChats
    if (this.lostAll) this.lostChats.clear()
  }

  /** Publishes what was lost, if Redis is there. */
  publishLost(): void {
    if (this.options.client() === undefined) return
    const chats = this.lostChats
    this.lostChats = new Map()
    for (const [chat_id, version] of chats) this.toListeners(chat_id, { _tag: "ChatHead", chat_id, version })
    if (!this.lostAll) return
    this.lostAll = false
    this.toAllNodes({ _tag: "SignalsLost" })
  }

  /** Calls back once everything has been accepted or lost. */
  drain(done: () => void): void {
    this.flush()
    if (this.underWay === 0) done()
    else this.onEmpty = done
  }
}
