// Keeps a device's events of a chat back while something older is on its way to it (hello, a replay), and leaves out what it
// has already been told. A device that nothing is on its way to has no gates.
import { Limits } from "../../contract/Limits.ts"
import type { ChatId } from "../../domain/Ids.ts"

export interface Held {
  /** 0: it has none and goes with those before it. */
  readonly version: number
  readonly frame: Buffer
  /** The device gets to know the chat by this one. */
  readonly opens: boolean
  /** Only for a device that knew the chat up to here before all that is held: what came then has changed. */
  readonly came?: number | undefined
  /** Only for a device that did not know the chat up to here before all that is held. */
  readonly at?: number
}

export class Gate {
  /** The device knows the chat up to here. */
  floor: number
  /** Something older is on its way: nothing passes. */
  holding: boolean
  held: Array<Held> = []
  /** More came than may be held: what is missing is in the database, after `floor`. */
  lost = false
  /** What was lost would have told the chat to a device that does not know it. */
  untold = false
  /** The device was told that its user is not in the chat; it knows nothing of it while the floor is infinite. */
  gone = false

  constructor(floor: number, holding: boolean) {
    this.floor = floor
    this.holding = holding
  }
}

export class Gates {
  readonly byChat = new Map<ChatId, Gate>()
  /** Every chat holds: hello is not out, or a resuming client has not synced. */
  holdsAll = true
  private heldFrames = 0
  private heldBytes = 0

  /** For a device that is told everything: no chat holds. */
  static none(): Gates {
    const gates = new Gates()
    gates.holdsAll = false
    return gates
  }

  /** The gate that holds this chat's events. `told`: where the chat stood before those that come now. */
  holding(chat_id: ChatId, told: number): Gate | undefined {
    let gate = this.byChat.get(chat_id)
    if (gate === undefined) {
      if (!this.holdsAll) return undefined
      // All up to there has been told, or is covered by the hello to come, which sets the floor anew.
      gate = new Gate(told, true)
      this.byChat.set(chat_id, gate)
    }
    return gate.holding ? gate : undefined
  }

  /** Whether this frame may go out now; it is held, or left out, if not. `version` 0: it has none. */
  admit(chat_id: ChatId, version: number, frame: Buffer, opens: boolean, told: number): boolean {
    const holding = this.holding(chat_id, told)
    if (holding !== undefined) {
      this.hold(holding, { version, frame, opens })
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
    if (gate.lost) return
    gate.held.push(held)
    this.heldFrames++
    this.heldBytes += held.frame.length
    if (this.heldFrames > Limits.queue.frames || this.heldBytes > Limits.queue.bytes) {
      for (const other of this.byChat.values()) {
        if (!other.holding || other.held.length === 0) continue
        other.lost = true
        other.untold ||= other.held.some(({ opens }) => opens)
        other.held = []
      }
      this.heldFrames = 0
      this.heldBytes = 0
    }
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

  /** Drops what is held: it is read from the database, from a moment after this on. */
  forget(gate: Gate): void {
    for (const held of gate.held) {
      this.heldFrames--
      this.heldBytes -= held.frame.length
      gate.untold ||= held.opens
    }
    gate.held = []
    gate.lost = false
  }

  /** More happened than can be held. */
  lose(gate: Gate): void {
    this.forget(gate)
    gate.lost = true
  }

  /** What was held and is news to a device that knows the chat up to `gate.floor`, which rises with it. */
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
    return frames
  }

  /** A release lets later events pass; those up to the gate's floor are still left out while `needed`. */
  open(chat_id: ChatId, gate: Gate, needed: boolean): void {
    gate.holding = false
    if (!needed) this.byChat.delete(chat_id)
  }

  /** Nothing to keep back any more. */
  get idle(): boolean {
    return !this.holdsAll && this.byChat.size === 0
  }
}
