// Holds a device's events of a chat while something older is under way to it (hello, a replay), and leaves out what it
// has received already. A device without anything under way has no gates.
import { Limits } from "../../contract/Limits.ts"
import type { ChatId } from "../../domain/Ids.ts"

export interface Held {
  /** 0: it has none and belongs to the frames before it. */
  readonly version: number
  readonly frame: Buffer
  /** This event introduces the chat to the device. */
  readonly opens: boolean
  /** Only for an introduction of a later version than that by which the user came into the chat. */
  readonly joined?: number
  /** Only for a device that knew the chat up to here before everything that is held: what came then has changed. */
  readonly came?: number | undefined
  /** Only for a device that did not know the chat up to here before everything that is held. */
  readonly at?: number
}

export class Gate {
  /** The device knows the chat up to here. */
  floor: number
  /** Something older is under way: nothing passes. */
  holding: boolean
  held: Array<Held> = []
  /** More events arrived than may be held: the missing ones are in the database, after `floor`. */
  lost = false
  /** Nothing has been held yet. */
  isNew = false
  /** A lost event would have introduced the chat to the device. */
  untold = false
  /** What made this gate introduces the chat, which the device has not received; its own `sync` may name it all the same. */
  isUnknown = false
  /** The device has received that its user is not in the chat; it knows nothing of it while the floor is infinite. */
  gone = false

  constructor(floor: number, holding: boolean) {
    this.floor = floor
    this.holding = holding
  }

  /** The device has not received the chat, or has received that it is gone. */
  get knowsNothing(): boolean {
    return this.isUnknown || this.floor === Number.POSITIVE_INFINITY
  }

  /** The last held event that introduces the chat, to a device which knows nothing of it. */
  get introduction(): Held | undefined {
    return this.knowsNothing ? this.held.findLast(({ opens }) => opens) : undefined
  }

  /** What the device is to receive of the chat begins with this introduction, or with that of a replay. */
  begin({ joined, version }: Held): void {
    this.floor = (joined ?? version) - 1
    this.isUnknown = true
  }
}

export class Gates {
  readonly byChat = new Map<ChatId, Gate>()
  /** Every chat holds: hello is not sent, or a resuming client has not synced. */
  holdsAll = true
  private heldFrames = 0
  private heldBytes = 0

  /** For a device that receives everything: no chat holds. */
  static none(): Gates {
    const gates = new Gates()
    gates.holdsAll = false
    return gates
  }

  /** The gate that holds this chat's events. `delivered`: the chat's version before the present events. */
  holding(chat_id: ChatId, delivered: number): Gate | undefined {
    let gate = this.byChat.get(chat_id)
    if (gate === undefined) {
      if (!this.holdsAll) return undefined
      // Everything up to there has been sent, or is covered by the hello to come, which sets the floor.
      gate = new Gate(delivered, true)
      gate.isNew = true
      this.byChat.set(chat_id, gate)
    }
    return gate.holding ? gate : undefined
  }

  /** Whether this frame may be sent now; otherwise it is held or left out. `version` 0: it has none. */
  admit(chat_id: ChatId, version: number, frame: Buffer, opens: boolean, delivered: number, joined: number): boolean {
    const holding = this.holding(chat_id, delivered)
    if (holding !== undefined) {
      this.hold(holding, joined === version ? { version, frame, opens } : { version, frame, opens, joined })
      return false
    }
    const gate = this.byChat.get(chat_id)
    if (gate === undefined) return true
    if (opens && gate.floor === Number.POSITIVE_INFINITY) gate.floor = version - 1
    if (version !== 0 && version <= gate.floor) return false
    if (gate.floor === Number.POSITIVE_INFINITY) return false
    if (version > gate.floor) this.byChat.delete(chat_id)
    return true
  }

  hold(gate: Gate, held: Held): void {
    if (gate.lost) {
      if (held.opens && gate.knowsNothing) gate.begin(held)
      return
    }
    if (gate.isNew) {
      gate.isNew = false
      gate.isUnknown = held.opens
    }
    gate.held.push(held)
    this.heldFrames++
    this.heldBytes += held.frame.length
    if (this.heldFrames <= Limits.queue.frames && this.heldBytes <= Limits.queue.bytes) return
    for (const other of this.byChat.values()) if (other.holding && other.held.length > 0) this.lose(other)
  }

  /** Makes the chat hold until `release`. */
  close(chat_id: ChatId, floor: number): Gate {
    let gate = this.byChat.get(chat_id)
    if (gate === undefined) {
      gate = new Gate(floor, true)
      this.byChat.set(chat_id, gate)
    } else gate.holding = true
    return gate
  }

  /**
   * Drops what is held: it is read from the database, from a later moment on, and from its introduction on if that is
   * among it.
   */
  forget(gate: Gate): void {
    const { introduction } = gate
    if (introduction !== undefined) gate.begin(introduction)
    for (const held of gate.held) {
      this.heldFrames--
      this.heldBytes -= held.frame.length
      gate.untold ||= held.opens
    }
    gate.held = []
    gate.lost = false
  }

  /** More events arrived than can be held. */
  lose(gate: Gate): void {
    this.forget(gate)
    gate.lost = true
  }

  /** The held frames that are new to a device that knows the chat up to `gate.floor`, which rises with them. */
  take(gate: Gate): ReadonlyArray<Buffer> {
    const frames: Array<Buffer> = []
    let known = gate.floor
    for (const held of gate.held) {
      this.heldFrames--
      this.heldBytes -= held.frame.length
      if (held.opens && gate.floor === Number.POSITIVE_INFINITY) {
        known = held.version - 1
        gate.floor = known
      }
      if (gate.floor === Number.POSITIVE_INFINITY) continue
      if (held.at !== undefined && held.at <= known) continue
      if (held.version !== 0) {
        if (held.version <= gate.floor || (held.came !== undefined && held.came > known)) continue
        gate.floor = held.version
      }
      frames.push(held.frame)
    }
    gate.held = []
    if (frames.length > 0) gate.isUnknown = false
    return frames
  }

  /** Lets later events pass; those up to the gate's floor are still left out while `needed`. */
  open(chat_id: ChatId, gate: Gate, needed: boolean): void {
    gate.holding = false
    if (!needed) this.byChat.delete(chat_id)
  }

  /** Nothing is held back. */
  get idle(): boolean {
    return !this.holdsAll && this.byChat.size === 0
  }
}
