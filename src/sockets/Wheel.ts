// Remembers when to look at each device again, so that a tick touches those that are due and no other. One entry a device;
// an entry that was overtaken by an earlier one is skipped.
import type { Device } from "./Device.ts"

/** Milliseconds. */
export const tickMillis = 250
const slots = 128

export class Wheel {
  private readonly due: Array<Array<Device>> = Array.from({ length: slots }, () => [])
  private tick = 0

  /** Looks at the device again in so many milliseconds, at most some 31 s. */
  schedule(device: Device, millis: number): void {
    const ticks = Math.min(slots - 1, Math.max(1, Math.ceil(millis / tickMillis)))
    device.wakeTick = this.tick + ticks
    this.due[device.wakeTick % slots]!.push(device)
  }

  /** Moves on by one tick; gives the devices that are due. */
  advance(): ReadonlyArray<Device> {
    this.tick++
    const slot = this.tick % slots
    const due = this.due[slot]!
    if (due.length === 0) return due
    this.due[slot] = []
    return due.filter((device) => device.wakeTick === this.tick && device.closed === 0)
  }
}
