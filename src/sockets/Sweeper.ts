// The one clock of all sockets: pings, silence, expired tokens, resuming clients that never sync, typing that ends.
import { Effect } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import { Limits } from "../contract/Limits.ts"
import type { Device } from "./Device.ts"
import { pingFrame } from "./FrameBytes.ts"
import type { HubState } from "./HubState.ts"
import type { Inbound } from "./Inbound.ts"
import { reporter } from "./Stats.ts"
import type { Syncs } from "./Sync.ts"
import { tickMillis } from "./Wheel.ts"

const pingMillis = Limits.heartbeat.pingSeconds * 1000
const silenceMillis = Limits.heartbeat.timeoutSeconds * 1000
const stallMillis = Limits.stallSeconds * 1000
const ticksPerReport = 1000 / tickMillis

/** Looks at one device: ends it, pings it, and says when to look again. */
const visit = (hub: HubState, syncs: Syncs, device: Device, now: number): void => {
  if (device.expires_at <= now) device.close(CloseCode.TokenExpired)
  else if (now - device.heard > silenceMillis) device.close(CloseCode.Silent)
  const stalledSince = device.outbox.stalledSince(now)
  if (stalledSince !== undefined && now - stalledSince >= stallMillis) device.close(CloseCode.TooSlow)
  if (device.closed !== 0) return
  if (device.resumeBy !== 0 && device.resumeBy <= now) {
    // A sync under way ends it by itself.
    device.resumeBy = 0
    if (device.syncs === undefined) syncs.release(device)
    if (device.closed !== 0) return
  }
  if (device.pingDue <= now) {
    device.wire.write(pingFrame)
    device.pingDue = now + pingMillis
  }
  const silentAt = device.heard + silenceMillis + 1
  let next = Math.min(device.pingDue, silentAt, device.expires_at)
  if (stalledSince !== undefined && stalledSince + stallMillis < next) next = stalledSince + stallMillis
  if (device.resumeBy !== 0 && device.resumeBy < next) next = device.resumeBy
  hub.wheel.schedule(device, next - now)
}

/** Starts looking after a device. */
export const watch = (hub: HubState, device: Device): void => {
  const now = hub.now()
  device.pingDue = now + pingMillis
  const next = Math.min(
    device.pingDue,
    device.expires_at,
    device.resumeBy === 0 ? Number.POSITIVE_INFINITY : device.resumeBy,
  )
  hub.wheel.schedule(device, next - now)
}

/** Never ends. */
export const sweeper = Effect.fnUntraced(function* (hub: HubState, syncs: Syncs, inbound: Inbound) {
  const report = reporter(hub.stats, () => hub.listeners.devices)
  for (let tick = 0; ; tick++) {
    yield* Effect.sleep(tickMillis)
    const now = hub.now()
    hub.coarseNow = now
    for (const device of hub.wheel.advance()) visit(hub, syncs, device, now)
    hub.typing.sweep(now)
    inbound.tick()
    if (tick % ticksPerReport === 0) yield* report
  }
})
