// Tells devices what changes in their user's own state, each change once, in the order of versions and without a hole. A device is told
// a change directly when it stands just before it; whatever else it lacks is read for it. Does not read (StateReplays).
import type { StateChanged, StateValue } from "../../broadcast/Broadcast.ts"
import type { Device } from "../Device.ts"
import { textFrame } from "../frames/FrameBytes.ts"
import { stateJson } from "../frames/ReplyFrames.ts"
import type { HubState } from "../HubState.ts"

export class OwnStateDelivery {
  private readonly hub: HubState

  constructor(hub: HubState) {
    this.hub = hub
  }

  deliver({ changes, user_id, version }: StateChanged): void {
    const user = this.hub.listeners.users.get(user_id)
    if (user === undefined) return
    if (version > user.stateVersion) user.stateVersion = version
    for (const device of user.devices) {
      for (const change of changes) this.offer(device, change)
      if (version === 0) device.stateUnsure = true
      this.settle(device)
    }
  }

  /** Has what the device lacks read for it, unless something holds it back: then this is called again at the end of that. */
  settle(device: Device): void {
    if (!mayHear(device)) return
    if (device.stateUnsure || device.stateAt < device.user.stateVersion) this.hub.ports.readState(device)
  }

  private offer(device: Device, change: StateValue): void {
    if (!mayHear(device) || device.stateUnsure || change.version !== device.stateAt + 1) return
    device.stateAt = change.version
    device.push(textFrame(stateJson(change)), 1)
  }
}

/** Hello is out, a resuming client has synced, and nothing is being read for it. */
const mayHear = (device: Device): boolean =>
  device.only === 0 &&
  device.closed === 0 &&
  !device.opening &&
  device.gates?.holdsAll !== true &&
  device.stateReads === 0
