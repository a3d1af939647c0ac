// Measures what cluster mode costs and how long a node's chats are unavailable: `node bench/cluster.ts [--seconds n]
// [--rounds n] [--name name] [--only price,remote,moving]`, written to bench/results/<name>.md. It needs a redis-server
// on the PATH.
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { resultsDirectory } from "./Bench.ts"
import { runToEnd } from "./Cleanup.ts"
import { Fleet } from "./cluster/Fleet.ts"
import { moving } from "./cluster/moving.ts"
import { type Row, table } from "./cluster/Row.ts"
import { price, remote } from "./cluster/speed.ts"

const speeds = ["", "acknowledged/s", "send → ack p50 / p99, ms", "CPU a message, all nodes, µs"]
const gaps = ["", "longest without an answer, any chat", "nine tenths of the chats", "refused", "process ended after"]

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "5" },
      rounds: { type: "string", default: "3" },
      name: { type: "string", default: "cluster" },
      only: { type: "string", default: "price,remote,moving" },
    },
  })
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
  if (!(seconds > 0) || !(rounds >= 1)) throw new Error("--seconds and --rounds are numbers above 0")
  if (!/^[\w.-]+$/.test(values.name)) throw new Error("--name must be a file's name")
  const parts: Readonly<
    Record<string, readonly [string, ReadonlyArray<string>, (fleet: Fleet) => Promise<ReadonlyArray<Row>>]>
  > = {
    price: ["50 chats of two, window 8, members on different nodes", speeds, (fleet) => price(fleet, seconds, rounds)],
    remote: ["Two nodes, everybody on one of them", speeds, (fleet) => remote(fleet, seconds, rounds)],
    moving: ["Three nodes, everybody on one that stays, 60 chats", gaps, (fleet) => moving(fleet, rounds)],
  }
  const from = performance.now()
  const fleet = await Fleet.prepare()
  const sections: Array<string> = []
  for (const name of values.only.split(",")) {
    const part = parts[name]
    if (part === undefined) throw new Error(`there is no ${name}: ${Object.keys(parts).join(", ")}`)
    const [title, head, measure] = part
    console.log(`${title} …`)
    const shown = table(head, await measure(fleet))
    console.log(shown)
    sections.push(`## ${title}\n\n${shown}\n`)
  }
  const minutes = ((performance.now() - from) / 60_000).toFixed(0)
  const path = join(resultsDirectory, `${values.name}.md`)
  mkdirSync(resultsDirectory, { recursive: true })
  writeFileSync(
    path,
    `# Benchmark of cluster mode: ${values.name}

${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.versions.node}, PostgreSQL ${fleet.postgres.version} (${fleet.postgres.settings}). All nodes on core 0, the load
on core 1, PostgreSQL and Redis on both. ${seconds} s a measurement, medians of ${rounds} rounds, ${minutes} minutes in all; load average at the end ${loadavg()[0]?.toFixed(1)}.
\`node bench/cluster.ts\` measures it; [docs/performance.md](../../docs/performance.md#cluster-mode) says how.

${sections.join("\n")}`,
  )
  console.log(`wrote ${path}`)
}

await runToEnd(run)
