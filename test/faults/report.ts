// A run's report, for people.
import type { Report } from "./run.ts"

const worst = Number(process.env.FAULTS_WORST ?? 20)

export const text = ({ history, ...report }: Report): string => {
  const acks = history.sent.reduce((sum, sent) => sum + sent.acks.length, 0)
  const attempts = history.sent.reduce((sum, sent) => sum + sent.attempts, 0)
  return [
    `seed ${report.seed}, ${report.nodes === 1 ? "one server" : `${report.nodes} nodes`}`,
    `${history.sent.length} messages in ${attempts} attempts, ${acks} acknowledgements; ${history.messages.length} stored in ${history.chats.length} chats`,
    `${history.changes.length} edits and deletions, ${history.readAcks.reduce((sum, { acks }) => sum + acks.length, 0)} read marks, ${report.moves} comings and goings of guests`,
    `${history.devices.length} devices, ${report.connections} connections; closed by the server or the wire: ${[...report.closeCodes].map(([code, count]) => `${code} × ${count}`).join(", ") || "none"}`,
    ...(report.longestPause === 0
      ? []
      : [`nodes lost each other's signals at least every ${Math.round(report.longestPause / 1_000)} s`]),
    `longest wait for one answer: ${Math.round(report.longestWait)} ms`,
    ...[...report.faults].map(
      ([fault, count]) =>
        `${fault}: ${count} ×, some chat without an answer for ${Math.round(report.silences.get(fault) ?? 0)} ms at worst`,
    ),
    report.violations.length === 0 ? "no promise broken" : `${report.violations.length} BROKEN PROMISES`,
    ...report.violations.slice(0, worst),
    ...(report.violations.length > worst ? [`… and ${report.violations.length - worst} more`] : []),
  ].join("\n")
}
