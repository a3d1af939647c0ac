// The one timer for all sockets: pings, silence, expired tokens, unread answers, resuming clients that never sync,
// typing that ends, private messages that were received, users who do not reconnect.
import { Effect } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"
import { Limits } from "../contract/Limits.ts"
import type { Connection } from "./Connection.ts"
import { Device } from "./Device.ts"
import { tickMillis } from "./delivery/Wheel.ts"
import { pingFrame } from "./frames/FrameBytes.ts"
import type { HubDelivery } from "./HubDelivery.ts"
import type { HubState } from "./HubState.ts"
import type { Syncs } from "./replay/Sync.ts"
import { reporter } from "./Stats.ts"

const pingMillis = Limits.heartbeat.pingSeconds * 1000
const silenceMillis = Limits.heartbeat.timeoutSeconds * 1000
const stallMillis = Limits.stallSeconds * 1000
const ticksPerReport = 1000 / tickMillis

/** Checks one connection: ends it or pings it, and schedules the next check. */
const visit = (hub: HubState, syncs: Syncs, connection: Connection, now: number): void => {
  if (connection.expires_at <= now) connection.close(CloseCode.TokenExpired)
  // Before silence: accepting what was written is a sign of life.
  const due = connection instanceof Device ? visitDevice(syncs, connection, now) : connection.visit(now)
  if (now - connection.aliveAt > silenceMillis) connection.close(CloseCode.Silent)
  if (connection.closed !== 0) return
  if (connection.pingDue <= now) {
    connection.wire.write(pingFrame)
    connection.pingDue = now + pingMillis
  }
  const silentAt = connection.aliveAt + silenceMillis + 1
  hub.wheel.schedule(connection, Math.min(connection.pingDue, silentAt, connection.expires_at, due) - now)
}

/** Returns when something is due besides what all connections have. */
const visitDevice = (syncs: Syncs, device: Device, now: number): number => {
  const stalledSince = device.outbox.stalledSince(now) ?? Number.POSITIVE_INFINITY
  if (now - stalledSince >= stallMillis) device.close(CloseCode.TooSlow)
  if (device.resumeBy !== 0 && device.resumeBy <= now && device.closed === 0) {
    // A sync under way ends the waiting by itself.
    device.resumeBy = 0
    if (device.syncs === undefined) syncs.release(device)
  }
  return Math.min(stalledSince + stallMillis, device.resumeBy === 0 ? Number.POSITIVE_INFINITY : device.resumeBy)
}

/** Schedules the checks of a connection. */
export const watch = (hub: HubState, connection: Connection): void => {
  const now = hub.now()
  connection.pingDue = now + pingMillis
  hub.wheel.schedule(connection, Math.min(connection.pingDue, connection.expires_at) - now)
}

/** Never ends. */
export const sweeper = Effect.fnUntraced(function* (hub: HubDelivery, syncs: Syncs) {
  const report = reporter(
    hub.stats,
    () => hub.listeners.devices,
    () => hub.listeners.callers.size,
  )
  for (let tick = 0; ; tick++) {
    yield* Effect.sleep(tickMillis)
    const now = hub.now()
    hub.coarseNow = now
    for (const device of hub.wheel.advance()) visit(hub, syncs, device, now)
    hub.typing.sweep(now)
    hub.delivered.sweep(now)
    hub.absences.sweep(now)
    for (const connection of hub.ports.budget.next()) connection.proceed()
    if (tick % ticksPerReport === 0) yield* report
  }
})
