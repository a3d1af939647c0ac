// Reads metrics in Prometheus text. A metric of Effect keeps the registry that it met first, so tests share the default
// registry and compare two reads: what other tests of the process counted does not matter.
import { Effect } from "effect"
import { PrometheusMetrics } from "effect/observability"

export type MetricValues = ReadonlyMap<string, number>

/** The value of each series, such as `confab_logins_total{result="ok"}`. */
export const metricValues = (text: string): MetricValues =>
  new Map(
    text.split("\n").flatMap((line) => {
      const at = line.lastIndexOf(" ")
      return line.startsWith("#") || at < 0 ? [] : [[line.slice(0, at), Number(line.slice(at + 1))] as const]
    }),
  )

export const readMetrics = Effect.map(PrometheusMetrics.format(), metricValues)

export const added = (before: MetricValues, after: MetricValues, series: string): number =>
  (after.get(series) ?? 0) - (before.get(series) ?? 0)
