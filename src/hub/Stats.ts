// Cheap counters of a hub, and their export as metrics: plain numbers on the hot path, read by the sweeper.
import { Effect, Metric } from "effect"
import { CloseCode } from "../contract/CloseCode.ts"

export class Stats {
  framesIn = 0
  deliveries = 0
  dropped = 0
  holes = 0
  readonly closes = new Map<number, number>()

  /** Peers may invent codes: unknown ones count as one. */
  closed(code: number): void {
    const known = counted.has(code) ? code : 0
    this.closes.set(known, (this.closes.get(known) ?? 0) + 1)
  }
}

/** Our codes, and those of WebSocket itself (RFC 6455, 7.4.1). */
const counted = new Set<number>([
  ...Object.values(CloseCode),
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014],
])

const sockets = Metric.gauge("confab_sockets", { description: "Connected sockets" })
const callers = Metric.gauge("confab_rpc_connections", { description: "Connections for remote calls" })
const framesIn = Metric.counter("confab_socket_frames_in_total", {
  description: "Frames from clients",
  incremental: true,
})
const deliveries = Metric.counter("confab_socket_deliveries_total", {
  description: "Events put on devices' queues",
  incremental: true,
})
const dropped = Metric.counter("confab_socket_frames_dropped_total", {
  description: "Frames that did not fit a device's queue",
  incremental: true,
})
const holes = Metric.counter("confab_broadcast_holes_total", {
  description: "Times broadcast skipped a version and the database filled it",
  incremental: true,
})
const closes = Metric.counter("confab_socket_closes_total", {
  description: "Closed sockets by code",
  incremental: true,
})

/** Adds what was counted since the last call to the metrics. */
export const reporter = (stats: Stats, devices: () => number, connections: () => number): Effect.Effect<void> => {
  const last = { framesIn: 0, deliveries: 0, dropped: 0, holes: 0 }
  const lastCloses = new Map<number, number>()
  return Effect.gen(function* () {
    yield* Metric.update(sockets, devices())
    yield* Metric.update(callers, connections())
    yield* Metric.update(framesIn, stats.framesIn - last.framesIn)
    yield* Metric.update(deliveries, stats.deliveries - last.deliveries)
    yield* Metric.update(dropped, stats.dropped - last.dropped)
    yield* Metric.update(holes, stats.holes - last.holes)
    Object.assign(last, {
      framesIn: stats.framesIn,
      deliveries: stats.deliveries,
      dropped: stats.dropped,
      holes: stats.holes,
    })
    for (const [code, count] of stats.closes) {
      const before = lastCloses.get(code) ?? 0
      if (count === before) continue
      lastCloses.set(code, count)
      yield* Metric.update(Metric.withAttributes(closes, { code: code === 0 ? "other" : String(code) }), count - before)
    }
  })
}
