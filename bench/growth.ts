// Measures how costs grow: `npm run bench:growth [-- --only 3,4 --name name --source directory]`, written to
// bench/results/<name>.md. `--source`: the server of another checkout, with the same sizes, for comparison.
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { resultsDirectory } from "./Bench.ts"
import { runToEnd } from "./Cleanup.ts"
import { type Row, table } from "./cluster/Row.ts"
import { conversationLaws } from "./growth/conversation.ts"
import { Ground } from "./growth/Ground.ts"
import { laws as costLaws } from "./growth/laws.ts"
import { postgres } from "./Postgres.ts"

const laws = [...costLaws, ...conversationLaws]

const head = ["", "server, ms", "PostgreSQL, ms", "pages", "from beginning to end, ms", ""]

const shown = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      name: { type: "string", default: "growth" },
      only: { type: "string", default: [...new Set(laws.map(({ number }) => number))].join(",") },
      source: { type: "string", default: join(import.meta.dirname, "..") },
    },
  })
  if (!/^[\w.-]+$/.test(values.name)) throw new Error("--name must be a file's name")
  const wanted = new Set(values.only.split(",").map(Number))
  const from = performance.now()
  const database = await postgres()
  const sections: Array<string> = []
  for (const [index, law] of laws.entries()) {
    if (!wanted.has(law.number)) continue
    const rows: Array<Row> = []
    for (const size of law.sizes) {
      const ground = await Ground.make(database, `growth_${index}_${size}`, values.source)
      try {
        const { backends, buffers, millis, remark = "", server } = await law.measure(ground, size)
        const what = `${size.toLocaleString("en")} ${law.of}`
        rows.push({ what, cells: [shown(server), shown(backends), buffers.toFixed(0), shown(millis), remark] })
      } catch (cause) {
        rows.push({
          what: `${size.toLocaleString("en")} ${law.of}`,
          cells: ["–", "–", "–", "–", `failed: ${String(cause).slice(0, 120)}`],
        })
      } finally {
        await ground.stop()
      }
      console.log(law.number, rows.at(-1)?.what, rows.at(-1)?.cells.join(" | "))
    }
    sections.push(`## ${law.number}. ${law.what}: ${law.should}\n\n${table(head, rows)}\n`)
  }
  const minutes = ((performance.now() - from) / 60_000).toFixed(0)
  const path = join(resultsDirectory, `${values.name}.md`)
  mkdirSync(resultsDirectory, { recursive: true })
  writeFileSync(
    path,
    `# How costs grow: ${values.name}

${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, Node ${process.versions.node}, PostgreSQL ${database.version} (${database.settings}). A database and a server for each line; processor of
all threads of the server and of PostgreSQL's backends, and pages that were asked for, each of one call. ${minutes} minutes; load average at the end ${loadavg()[0]?.toFixed(1)}.
\`npm run bench:growth\` measures it.

${sections.join("\n")}`,
  )
  console.log(`wrote ${path}`)
}

await runToEnd(run)
