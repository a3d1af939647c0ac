// One chat under load: its first member sends numbered messages, all members receive them, and every message is tracked
// until it is acknowledged and delivered to each. The text begins with the number.
import type { Histogram } from "../Histogram.ts"
import type { SeededChat } from "../World.ts"
import { Device } from "./Device.ts"
import type { Dialect } from "./Dialect.ts"
import { arrival } from "./Wire.ts"

/** What all conversations of a run share. */
export interface Recording {
  /** From sending to the acknowledgement. */
  readonly ack: Histogram
  /** From sending to the delivery to the last member. */
  readonly last: Histogram
  acked: number
  delivered: number
  sent: number
}

export interface Setup {
  /** Used in turn; members of a chat are on different ones if there are several. */
  readonly ports: ReadonlyArray<number>
  readonly dialect: Dialect
  readonly token: (user: number) => string
  /** Makes the dedup keys of this run unique. */
  readonly label: string
  readonly recording: Recording
}

/** The maximum number of messages under way. */
const ring = 1 << 16
const filler = " the quick brown fox jumps over the lazy dog, again"

export class Conversation {
  readonly devices: Array<Device> = []
  /** Called at each acknowledgement or refusal. */
  onSettled: () => void = () => {}
  #sent = 0
  #acked = 0
  #refused = 0
  #whole = 0
  #surplus = 0
  readonly #chat: SeededChat
  readonly #setup: Setup
  readonly #sentAt = new Float64Array(ring)
  readonly #waiting = new Uint8Array(ring)
  readonly #missing = new Int32Array(ring)

  constructor(chat: SeededChat, setup: Setup) {
    this.#chat = chat
    this.#setup = setup
  }

  /** Connects the member at this index of the chat. */
  async connect(place: number): Promise<void> {
    const { dialect, ports, token } = this.#setup
    const delivered = (number: number) => this.#delivered(number)
    const device = new Device(
      ports[(this.#chat.id + place) % ports.length]!,
      dialect,
      token(this.#chat.first + place),
      place === 0
        ? { delivered, ack: (ref) => this.#acknowledged(ref), refused: (ref) => this.#refuse(ref) }
        : { delivered },
    )
    this.devices[place] = device
    await device.ready
  }

  get sent(): number {
    return this.#sent
  }
  /** Whether every message is answered, and every acknowledged one delivered to all. */
  get isSettled(): boolean {
    return this.#acked + this.#refused === this.#sent && this.#whole >= this.#acked
  }

  /** Queues the next message; `at`: the time from which its latency counts. */
  send(at: number): void {
    const number = ++this.#sent
    const slot = number & (ring - 1)
    if (this.#waiting[slot] !== 0 || this.#missing[slot]! > 0)
      throw new Error("more messages on their way than are kept track of")
    this.#sentAt[slot] = at
    this.#waiting[slot] = 1
    this.#missing[slot] = this.#chat.members
    this.#setup.recording.sent++
    const text = String(number).padStart(8, "0") + filler
    this.devices[0]!.send(this.#setup.dialect.message(this.#chat.id, number, text, `${this.#setup.label}-${number}`))
  }

  flush(): void {
    this.devices[0]!.flush()
  }

  /** To be called when the load has ended. */
  faults() {
    const disordered = this.devices.reduce((sum, device) => sum + device.disordered, 0)
    const delivered = this.devices.reduce((sum, device) => sum + device.delivered, 0)
    const due = this.#acked * this.#chat.members
    return {
      acknowledged: this.#acked,
      refused: this.#refused,
      unacknowledged: this.#sent - this.#acked - this.#refused,
      undelivered: Math.max(0, due - (delivered - this.#surplus)),
      doubled: this.#surplus,
      disordered,
      cut: this.devices.filter((device) => device.ended !== undefined).length,
    }
  }

  #acknowledged(ref: number): void {
    const slot = ref & (ring - 1)
    if (this.#waiting[slot] !== 1) throw new Error(`message ${ref} was acknowledged twice`)
    this.#waiting[slot] = 0
    this.#acked++
    this.#setup.recording.acked++
    this.#setup.recording.ack.record(arrival.now - this.#sentAt[slot]!)
    this.onSettled()
  }

  #refuse(ref: number): void {
    this.#waiting[ref & (ring - 1)] = 0
    this.#missing[ref & (ring - 1)] = 0
    this.#refused++
    this.onSettled()
  }

  #delivered(number: number): void {
    const slot = number & (ring - 1)
    const missing = --this.#missing[slot]!
    this.#setup.recording.delivered++
    if (missing > 0) return
    if (missing < 0) {
      this.#surplus++
      return
    }
    this.#whole++
    this.#setup.recording.last.record(arrival.now - this.#sentAt[slot]!)
  }
}
