// The tables of a run, as Markdown: ratios first, then the measurements, then the failures.
import { cpus, release, totalmem } from "node:os"
import { type Aim, aims, Outcomes } from "./aims.ts"
import { milliseconds, whole } from "./describe.ts"
import type { TalkResult } from "./Job.ts"
import type { Kind } from "./Kind.ts"
import { isSound } from "./Outcome.ts"
import type { Results } from "./results.ts"
import { pinned } from "./Server.ts"

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const line = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n")
}

const shown = (aim: Aim, value: number | undefined): string =>
  value === undefined
    ? "–"
    : value.toLocaleString("en", { maximumFractionDigits: aim.digits, minimumFractionDigits: aim.digits })

const ratio = (value: number | undefined, base: number | undefined): number | undefined =>
  value === undefined || base === undefined || base === 0 ? undefined : value / base

const times = (value: number | undefined): string => (value === undefined ? "–" : `${value.toFixed(2)} ×`)

const wanted = ({ atLeast, atMost }: Aim): string =>
  atLeast !== undefined ? `≥ ${atLeast} ×` : atMost !== undefined ? `≤ ${atMost} ×` : ""

const reached = (aim: Aim, value: number | undefined): string => {
  if (value === undefined || (aim.atLeast === undefined && aim.atMost === undefined)) return ""
  return value >= (aim.atLeast ?? 0) && value <= (aim.atMost ?? Number.POSITIVE_INFINITY) ? " ✓" : " ✗"
}

const ratios = ({ kinds, options, outcomes }: Results): string => {
  const of = new Map(kinds.map(({ name }) => [name, new Outcomes(outcomes.filter(({ server }) => server === name))]))
  const value = (aim: Aim, name: string) => {
    const its = of.get(name)
    return its && aim.value(its)
  }
  const others = kinds.filter(({ name }) => name !== "confab" && name !== "ceiling")
  const rows = aims(options.archiveRows)
    .filter((aim) => kinds.some(({ name }) => value(aim, name) !== undefined))
    .map((aim) => {
      const base = value(aim, "ceiling")
      const confab = ratio(value(aim, "confab"), base)
      return [
        `${aim.title} (${aim.unit})`,
        `**${times(confab)}**${reached(aim, confab)}`,
        wanted(aim),
        shown(aim, value(aim, "confab")),
        shown(aim, base),
        ...others.map(({ name }) => {
          const its = value(aim, name)
          return its === undefined ? "–" : `${shown(aim, its)} (${times(ratio(its, base))})`
        }),
      ]
    })
  return table(["work", "Confab / ceiling", "aim", "Confab", "ceiling", ...others.map(({ title }) => title)], rows)
}

const latencies = (result: TalkResult): ReadonlyArray<string> =>
  [result.ack, result.last].map(({ p50, p99, p999 }) => [p50, p99, p999].map(milliseconds).join(" / "))

const percentUsed = (part: number | undefined): string => (part === undefined ? "–" : `${Math.round(100 * part)} %`)

const titleOf = (kinds: ReadonlyArray<Kind>, server: string): string =>
  kinds.find(({ name }) => name === server)?.title ?? server

const talks = ({ kinds, outcomes, works }: Results): string =>
  works
    .filter(({ work }) => work?.kind === "talk")
    .map(({ name, title }) => {
      const rows = outcomes.flatMap(({ report, server, work }) => {
        const result = work === name ? report?.talk : undefined
        if (result === undefined) return []
        return [
          [
            titleOf(kinds, server),
            whole(result.acked / result.seconds),
            whole(result.delivered / result.seconds),
            ...latencies(result),
            percentUsed(result.serverCpu === undefined ? undefined : result.serverCpu / result.seconds),
            percentUsed(result.loadBusy),
          ],
        ]
      })
      const head = [
        "server",
        "acknowledged/s",
        "deliveries/s",
        "send → ack p50 / p99 / p99.9",
        "send → last delivery",
        "server's CPU",
        "load's CPU",
      ]
      return rows.length === 0 ? "" : `### ${title}\n\n${table(head, rows)}\n`
    })
    .join("\n")

const risings = ({ kinds, outcomes }: Results): string => {
  const rows = outcomes.flatMap(({ report, server }) =>
    (report?.rising ?? []).map((step) => [
      titleOf(kinds, server),
      `${whole(step.rate)}${step.kept ? "" : " (fell behind)"}`,
      whole(step.acked / step.seconds),
      ...latencies(step),
      percentUsed(step.serverCpu === undefined ? undefined : step.serverCpu / step.seconds),
      percentUsed(step.loadBusy),
    ]),
  )
  const head = [
    "server",
    "messages/s asked",
    "acknowledged/s",
    "send → ack p50 / p99 / p99.9",
    "send → last delivery",
    "server's CPU",
    "load's CPU",
  ]
  return rows.length === 0 ? "" : `### 50 chats of two, messages at a given rate\n\n${table(head, rows)}\n`
}

const soundness = ({ kinds, outcomes }: Results): string => {
  const rows = outcomes.flatMap((outcome) => {
    const { error, report, rows, server, work } = outcome
    const verdict = isSound(outcome) ? "yes" : "**no**"
    if (error !== undefined)
      return [[titleOf(kinds, server), work, `failed: ${error.replaceAll(/\s+/g, " ")}`, "", "", "", "", verdict]]
    const faults = report?.faults
    if (faults === undefined) return []
    const { acknowledged, cut, disordered, doubled, refused, unacknowledged, undelivered } = faults
    return [
      [
        titleOf(kinds, server),
        work,
        `${whole(acknowledged)} / ${whole(rows ?? 0)}`,
        whole(unacknowledged),
        whole(undelivered),
        whole(doubled),
        `${whole(disordered)} / ${whole(refused)} / ${whole(cut)}`,
        verdict,
      ],
    ]
  })
  const head = [
    "server",
    "work",
    "acknowledged / rows stored",
    "unacknowledged",
    "undelivered",
    "doubled",
    "out of order / refused / cut off",
    "sound",
  ]
  return rows.length === 0
    ? ""
    : `## Was everything stored, acknowledged and delivered, once?\n\n${table(head, rows)}\n`
}

export const markdown = (results: Results, svg: string | undefined): string => {
  const { minutes, options, postgres } = results
  const measured = `${options.seconds} s a measurement after ${options.warmUp} s of warming up, ${options.rounds === 1 ? "one round" : `medians of ${options.rounds} rounds`}, ${minutes.toFixed(0)} minutes in all`
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
  const database = postgres === undefined ? "" : `PostgreSQL ${postgres.version} (${postgres.settings}). `
  return `# Benchmark: ${options.name}

${machine}. ${database}${pinned ? "Server on core 0, load generator on core 1, PostgreSQL on both." : "Processes are not pinned to cores."}
${measured}. How it is measured: [docs/performance.md](../../docs/performance.md).

Ratios count; absolute numbers are this machine's, this day's. \`×\` is against the ceiling: bare \`node:http\`, \`ws\` and \`pg\` doing
the same job with one journal for all chats and each frame encoded once.

${ratios(results)}

${svg === undefined ? "" : `![Latency against load](${svg})\n`}
## Measurements

${talks(results)}
${risings(results)}
${soundness(results)}`
}
