// The pinned messages of a chat, once loaded; events keep them up to date.
import type { MessageId } from "../../domain/Ids.ts"
import type { Pin } from "./ChatState.ts"
import type { PinFrame } from "./Replay.ts"

export class PinTable {
  private pins: ReadonlyArray<Pin> | null = null
  /** Events during the loading; undefined: no loading. */
  private duringLoad: Array<PinFrame | MessageId> | undefined

  /** Newest first; null until loaded. The same array until something changes. */
  list(): ReadonlyArray<Pin> | null {
    return this.pins
  }

  begin(): void {
    this.duringLoad ??= []
  }

  load(pins: ReadonlyArray<Pin>): void {
    const duringLoad = this.duringLoad ?? []
    this.duringLoad = undefined
    this.pins = pins
    for (const event of duringLoad) typeof event === "number" ? this.message(event) : this.tell(event)
  }

  tell(frame: PinFrame): void {
    this.duringLoad?.push(frame)
    if (this.pins === null) return
    const { at, message_id, removed, user_id } = frame
    const known = this.pins.find((pin) => pin.message_id === message_id)
    if (known !== undefined && known.at > at) return
    const others = this.pins.filter((pin) => pin !== known)
    this.pins = removed === true ? others : [{ message_id, user_id, at }, ...others].sort(byAge)
  }

  /** It was deleted. */
  message(id: MessageId): void {
    this.duringLoad?.push(id)
    if (this.pins?.some((pin) => pin.message_id === id) === true) {
      this.pins = this.pins.filter((pin) => pin.message_id !== id)
    }
  }

  /** To be loaded again. */
  clear(): void {
    this.pins = null
    this.duringLoad = undefined
  }
}

const byAge = (a: Pin, b: Pin): number => (a.at < b.at ? 1 : a.at > b.at ? -1 : b.message_id - a.message_id)
