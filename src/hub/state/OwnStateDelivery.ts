// Sends devices the changes of their user's own state, each once, in the order of versions and without a hole. A device
// receives a change directly when it has the version before it; whatever else it lacks is read for it. Does not read
// (StateReplays).
import type { StateChanged, StateValue } from "../../broadcast/Broadcast.ts"
import type { ConnectedUser, Device } from "../Device.ts"
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
    for (const device of user.devices) {
      for (const change of changes) this.offer(device, change)
      if (version === 0) device.stateUnsure = true
    }
    this.reach(user, version)
  }

  /** The user's state is at this version, or a later one: their devices get what they lack. */
  reach(user: ConnectedUser, version: number): void {
    if (version > user.stateVersion) user.stateVersion = version
    for (const device of user.devices) this.settle(device)
  }

  /** Requests a read of what the device lacks, unless the device must wait: then this is called again afterwards. */
  settle(device: Device): void {
    if (!mayReceive(device)) return
    if (device.stateUnsure || device.stateAt < device.user.stateVersion) this.hub.ports.readState(device)
  }

  private offer(device: Device, change: StateValue): void {
    if (!mayReceive(device) || device.stateUnsure || change.version !== device.stateAt + 1) return
    device.stateAt = change.version
    device.push(textFrame(stateJson(change)), 1)
  }
}

/** Hello is sent, a resuming client has synced, and no read is under way for it. */
const mayReceive = (device: Device): boolean =>
  device.only === 0 &&
  device.closed === 0 &&
  !device.opening &&
  device.gates?.holdsAll !== true &&
  device.stateReads === 0
