// Signals from this node to the others: all those of one turn of the event loop go out in one write, one message a
// channel. Publishers do not wait for it. For signals that Redis did not accept it keeps only the streams, and publishes
// these once Redis is back.
import { ChatId, UserId } from "../domain/Ids.ts"
import type { Signal, StreamId } from "./BroadcastShape.ts"
import type { RedisClient } from "./RedisConnection.ts"
import { encode, maxMessageBytes } from "./SignalWire.ts"

/** Characters that may be on their way to Redis; signals over this limit count as lost. */
const maxUnderWay = 16 * 1024 * 1024
/** Streams whose lost events are remembered individually; over this limit all nodes read all their streams. */
const maxLostStreams = 10_000

/** What goes to one channel in this turn. */
class Parcel {
  parts: Array<string> = []
  length = 0
  /** The latest version of each stream in it. */
  readonly heads = new Map<StreamId, number>()
  /** It contains signals that a ChatHead does not replace. */
  isIrreplaceable = false
}

export interface OutboxOptions {
  /** The beginning of every message. */
  readonly sender: string
  readonly client: () => RedisClient | undefined
  readonly channelOf: (stream: StreamId) => string
  /** The channel of all nodes. */
  readonly allNodesChannel: string
}

const headOf = (stream: StreamId, version: number): Signal =>
  stream > 0
    ? { _tag: "ChatHead", chat_id: ChatId.make(stream), version }
    : { _tag: "StateChanged", user_id: UserId.make(-stream), version, changes: [] }

export class RedisOutbox {
  private readonly options: OutboxOptions
  private readonly chats = new Map<string, Parcel>()
  private forAllNodes = new Parcel()
  private scheduled = false
  private underWay = 0
  private lostStreams = new Map<StreamId, number>()
  private lostAll = false
  private onEmpty: (() => void) | undefined

  constructor(options: OutboxOptions) {
    this.options = options
  }

  /** To the nodes that listen to the stream. */
  toListeners(stream: StreamId, signal: Signal): void {
    const channel = this.options.channelOf(stream)
    let parcel = this.chats.get(channel)
    if (parcel === undefined) {
      parcel = new Parcel()
      this.chats.set(channel, parcel)
    }
    if (signal._tag === "ChatHead" || signal._tag === "StateChanged") parcel.heads.set(stream, signal.version)
    const last = signal._tag === "ChatEvents" ? signal.events.at(-1) : undefined
    if (last !== undefined) parcel.heads.set(stream, last.version)
    this.put(channel, parcel, signal)
  }

  toAllNodes(signal: Signal): void {
    if (signal._tag !== "UserUpdated") this.forAllNodes.isIrreplaceable = true
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

  private lose(heads: ReadonlyMap<StreamId, number>, isIrreplaceable: boolean): void {
    if (!this.lostAll) for (const [stream, version] of heads) this.lostStreams.set(stream, version)
    this.lostAll ||= isIrreplaceable || this.lostStreams.size > maxLostStreams
    if (this.lostAll) this.lostStreams.clear()
  }

  /** Publishes what was lost, if Redis is there. */
  publishLost(): void {
    if (this.options.client() === undefined) return
    const streams = this.lostStreams
    this.lostStreams = new Map()
    for (const [stream, version] of streams) this.toListeners(stream, headOf(stream, version))
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
