// The transport of signals between nodes in the simulation, like Redis: to nodes that listen to a chat, in the order of
// each publisher, at most once. It drops them, delays them, lets those of one publisher overtake those of another, and
// stops for some nodes; a node that is reconnected receives that signals got lost, and publishes to the others what it
// could not send.
import { Effect, Layer, PubSub } from "effect"
import { Broadcast, ownStream, type SessionSignal, type Signal, type StreamId } from "../../src/broadcast/Broadcast.ts"
import type { ChatId } from "../../src/domain/Ids.ts"
import type { Random } from "../faults/Random.ts"

interface Port {
  readonly signals: PubSub.PubSub<Signal>
  readonly wanted: Set<StreamId>
  /** Cut off from the other nodes in both directions. */
  isCut: boolean
  /** The versions of chats that it could not publish. */
  readonly unsaid: Map<ChatId, number>
}

const changesMembers = (_tag: string) =>
  _tag === "ChatCreated" || _tag === "MemberAdded" || _tag === "MemberRemoved" || _tag === "ChatDeleted"

export class Ether {
  private readonly random: Random
  private readonly ports: Array<Port> = []
  /** What is on its way, by publisher and hearer; undefined: it arrives at once. */
  private readonly underWay = new Map<string, Array<Signal>>()
  /** Of a hundred signals, how many are dropped silently. */
  private losing = 0

  constructor(random: Random) {
    this.random = random
  }

  /** The Broadcast of one more node. */
  readonly layer: Layer.Layer<Broadcast> = Layer.effect(
    Broadcast,
    Effect.gen({ self: this }, function* () {
      const signals = yield* PubSub.unbounded<Signal>()
      const sessions = yield* PubSub.unbounded<SessionSignal>()
      const port: Port = { signals, wanted: new Set(), isCut: false, unsaid: new Map() }
      this.ports.push(port)
      return Broadcast.of({
        publish: (signal) =>
          Effect.suspend(() => {
            this.carry(port, signal)
            return Effect.asVoid(PubSub.publish(signals, signal))
          }),
        subscribe: PubSub.subscribe(signals),
        subscribeToSessions: PubSub.subscribe(sessions),
        listen: (chat_ids) =>
          Effect.sync(() => {
            for (const chat_id of chat_ids) port.wanted.add(chat_id)
          }),
        unlisten: (chat_id) => void port.wanted.delete(chat_id),
        isDistributed: true,
        isUp: () => !port.isCut,
      })
    }),
  )

  /** A random fault begins or ends. */
  stir(): void {
    const { ports, random } = this
    const dice = random.between(1, 100)
    if (dice <= 35) {
      const port = random.pick(ports)
      if (port.isCut) this.mend(port)
      else port.isCut = true
    } else if (dice <= 45) {
      for (const port of ports) port.isCut = true
    } else if (dice <= 65) for (const port of ports) this.mend(port)
    else if (dice <= 75) this.losing = random.pick([0, 0, 10, 50])
    else if (dice <= 88) this.underWay.set(`${random.between(0, 2)}>${random.between(0, 2)}`, [])
    else this.arrive()
  }

  /** All is well: nothing gets lost, and nothing is late. */
  calm(): void {
    this.losing = 0
    this.arrive()
    for (const port of this.ports) this.mend(port)
  }

  private arrive(): void {
    for (const [link, signals] of this.random.shuffle([...this.underWay])) {
      this.underWay.delete(link)
      const port = this.ports[Number(link.split(">")[1])]!
      for (const signal of signals) this.give(port, signal)
    }
  }

  private mend(port: Port): void {
    if (!port.isCut) return
    port.isCut = false
    PubSub.publishUnsafe(port.signals, { _tag: "SignalsLost" })
    for (const [chat_id, version] of port.unsaid) this.carry(port, { _tag: "ChatHead", chat_id, version })
    port.unsaid.clear()
  }

  private carry(from: Port, signal: Signal): void {
    if (from.isCut) {
      const last = signal._tag === "ChatEvents" ? signal.events.at(-1) : undefined
      if (signal._tag === "ChatEvents" && last !== undefined) from.unsaid.set(signal.chat_id, last.version)
      return
    }
    for (const [i, to] of this.ports.entries()) {
      if (to === from) continue
      const heard = heardBy(to, signal)
      if (heard === undefined || this.random.between(1, 100) <= this.losing) continue
      const late = this.underWay.get(`${this.ports.indexOf(from)}>${i}`)
      if (late === undefined) this.give(to, heard)
      else late.push(heard)
    }
  }

  private give(to: Port, signal: Signal): void {
    if (!to.isCut) PubSub.publishUnsafe(to.signals, signal)
  }
}

/** A node that does not listen to a chat receives only its memberships. */
const heardBy = (port: Port, signal: Signal): Signal | undefined => {
  if (signal._tag === "StateChanged" || signal._tag === "BlockersChanged")
    return port.wanted.has(ownStream(signal.user_id)) ? signal : undefined
  if (signal._tag === "UserUpdated" || signal._tag === "MarkedUnread" || signal._tag === "ReadsPrivately") return signal
  if (signal._tag === "SessionsEnded" || signal._tag === "SignalsLost" || port.wanted.has(signal.chat_id)) return signal
  if (signal._tag !== "ChatEvents") return undefined
  const events = signal.events.filter(({ _tag }) => changesMembers(_tag))
  return events.length === 0 ? undefined : { ...signal, events, fully_read: [] }
}
