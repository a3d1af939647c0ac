// A run's report, for people.
import { determined } from "./checkBlocks.ts"
import type { Sent } from "./History.ts"
import type { Report } from "./run.ts"

const worst = Number(process.env.FAULTS_WORST ?? 20)

export const text = ({ history, ...report }: Report): string => {
  const acks = history.sent.reduce((sum, sent) => sum + sent.acks.length, 0)
  const attempts = history.sent.reduce((sum, sent) => sum + sent.attempts, 0)
  const count = (part: (sent: Sent) => number | undefined) =>
    history.sent.filter((sent) => part(sent) !== undefined).length
  return [
    `seed ${report.seed}, ${report.nodes === 1 ? "one server" : `${report.nodes} nodes`}`,
    `${history.sent.length} messages in ${attempts} attempts, ${acks} acknowledgements; ${history.messages.length} stored in ${history.chats.length} chats`,
    `${count(({ reply_to }) => reply_to)} replies, ${count(({ forward }) => forward)} forwards, ${count(({ mentions }) => mentions?.[0])} mentions, ${history.stateWrites?.length ?? 0} changes of own state, ${history.scheduled?.length ?? 0} scheduled messages`,
    `${history.blockWrites?.length ?? 0} blocks and their ends; ${determined(history).filter(({ blocked }) => blocked).length} attempts to reach a user who certainly blocked the sender`,
    `${history.changes.length} edits and deletions, ${history.readAcks.reduce((sum, { acks }) => sum + acks.length, 0)} read marks, ${report.moves} comings and goings of guests`,
    `${history.devices.length} devices, ${report.connections} connections; closed by the server or the wire: ${[...report.closeCodes].map(([code, count]) => `${code} × ${count}`).join(", ") || "none"}`,
    ...(report.longestPause === 0
      ? []
      : [`longest pause between outages of Redis: ${(report.longestPause / 1_000).toFixed(1)} s`]),
    `longest wait for one answer: ${Math.round(report.longestWait)} ms`,
    ...[...report.faults].map(
      ([fault, count]) =>
        `${fault}: ${count} ×${report.silences.has(fault) ? `, some chat without an answer for ${Math.round(report.silences.get(fault) ?? 0)} ms at worst` : ""}`,
    ),
    report.violations.length === 0 ? "no promise broken" : `${report.violations.length} BROKEN PROMISES`,
    ...report.violations.slice(0, worst),
    ...(report.violations.length > worst ? [`… and ${report.violations.length - worst} more`] : []),
  ].join("\n")
}
