// Version, CPU, memory and event loop delay of the process, under the names that Node dashboards know. Read at each scrape; only
// the delay is measured continuously.
import { monitorEventLoopDelay, performance } from "node:perf_hooks"
import { Effect, Metric } from "effect"
import { version } from "../contract/version.ts"

const gauge = (name: string, description: string) => Metric.gauge(name, { description })

/** Always 1: what runs is in its labels. */
const build = Metric.withAttributes(gauge("confab_build_info", "The version of Confab and of Node"), {
  version,
  node: process.versions.node,
})
const cpu = Metric.counter("process_cpu_seconds_total", { description: "CPU time, user and system", incremental: true })
const started = gauge("process_start_time_seconds", "When the process began, seconds since 1970")
const resident = gauge("process_resident_memory_bytes", "Memory that the process holds")
const heap = gauge("nodejs_heap_size_used_bytes", "Of that, JavaScript objects")
const external = gauge("nodejs_external_memory_bytes", "Of that, buffers and the like")
const median = gauge("nodejs_eventloop_lag_p50_seconds", "Delay of the event loop, median of the last 10 s")
const late = gauge("nodejs_eventloop_lag_p99_seconds", "Delay of the event loop, 99th percentile of the last 10 s")
const latest = gauge("nodejs_eventloop_lag_max_seconds", "Delay of the event loop, the worst of the last 10 s")
const busy = gauge("nodejs_eventloop_utilization_ratio", "Share of the last 10 s in which the event loop had work")

/** Milliseconds between two samples of the event loop; an idle loop shows that delay as well. */
const resolution = 10
/** Milliseconds. A fixed window, since with two scrapers each scrape would reset the other's figures. */
const windowMillis = 10_000

/** Updates the metrics; measures until the scope ends. */
export const processMetrics = Effect.gen(function* () {
  const delays = monitorEventLoopDelay({ resolution })
  delays.enable()
  yield* Effect.addFinalizer(() => Effect.sync(() => delays.disable()))
  let used = 0
  let utilization = performance.eventLoopUtilization()
  const seconds = (nanos: number) => Math.max(0, nanos / 1e9 - resolution / 1e3)

  const look = Effect.suspend(() => {
    const [p50, p99, max] = [delays.percentile(50), delays.percentile(99), delays.max]
    const before = utilization
    utilization = performance.eventLoopUtilization()
    delays.reset()
    return Effect.all([
      Metric.update(median, seconds(p50)),
      Metric.update(late, seconds(p99)),
      Metric.update(latest, seconds(max)),
      Metric.update(busy, performance.eventLoopUtilization(utilization, before).utilization),
    ])
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(windowMillis), look)))

  return Effect.suspend(() => {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external: outside } = process.memoryUsage()
    const total = (user + system) / 1e6
    const more = total - used
    used = total
    return Effect.all(
      [
        Metric.update(build, 1),
        Metric.update(cpu, more),
        Metric.update(started, performance.timeOrigin / 1e3),
        Metric.update(resident, rss),
        Metric.update(heap, heapUsed),
        Metric.update(external, outside),
      ],
      { discard: true },
    )
  })
})
