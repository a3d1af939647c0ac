// Describes a measurement in one line for the terminal.
import type { Measured } from "./Job.ts"
import { isSound, type Outcome } from "./Outcome.ts"

export const whole = (value: number): string => Math.round(value).toLocaleString("en")
export const milliseconds = (value: number): string =>
  `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value)} ms`
const kibibytes = (value: number): string => `${(value / 1024).toFixed(1)} KiB`

const busy = ({ loadBusy, seconds, serverCpu }: Measured): string =>
  `server ${serverCpu === undefined ? "?" : Math.round((100 * serverCpu) / seconds)} %, load ${Math.round(100 * loadBusy)} % busy`

const measurements = ({ memory, report, startUps }: Outcome): ReadonlyArray<string> => {
  if (report === undefined) return [`ready after ${startUps.map((value) => milliseconds(value)).join(", ")}`]
  const { connect, history, rising, talk } = report
  const parts: Array<string> = []
  if (talk !== undefined) {
    parts.push(
      `${whole(talk.acked / talk.seconds)} acknowledged/s (p50 ${milliseconds(talk.ack.p50)}, p99 ${milliseconds(talk.ack.p99)})`,
      `${whole(talk.delivered / talk.seconds)} deliveries/s (last: p99 ${milliseconds(talk.last.p99)})`,
      busy(talk),
    )
  }
  const best = rising?.findLast(({ kept }) => kept)
  if (rising !== undefined)
    parts.push(
      best === undefined
        ? "kept up with nothing"
        : `kept up with ${whole(best.rate)}/s, p99 ${milliseconds(best.last.p99)}`,
    )
  if (memory !== undefined) parts.push(`${kibibytes(memory.rss)} a socket, ${kibibytes(memory.heap)} of it in its heap`)
  else if (connect !== undefined)
    parts.push(
      `${whole(connect.sockets / connect.seconds)} sockets/s, p99 ${milliseconds(connect.ready.p99)}`,
      busy(connect),
    )
  for (const page of history ?? [])
    parts.push(
      `offset ${whole(page.offset)}: ${whole(page.pages / page.seconds)} pages/s, p99 ${milliseconds(page.page.p99)}, ${busy(page)}`,
    )
  return parts
}

export const describe = (outcome: Outcome): string => {
  if (outcome.error !== undefined) return `FAILED: ${outcome.error}`
  const line = measurements(outcome).join("; ")
  const faults = outcome.report?.faults
  return isSound(outcome) ? line : `${line}; NOT SOUND: ${JSON.stringify({ ...faults, rows: outcome.rows })}`
}
