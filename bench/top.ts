// `node bench/top.ts <file.cpuprofile> [lines]`: the CPU time of a profiled server, by function and by file.

import { readFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
}
interface Profile {
  readonly nodes: ReadonlyArray<Node>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

const [path, lines = "40"] = process.argv.slice(2)
if (path === undefined) throw new Error("which profile?")
const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(path, "utf8"))
const byId = new Map(nodes.map((node) => [node.id, node]))
const root = `${dirname(import.meta.dirname)}/`

const fileOf = ({ url }: Node["callFrame"]): string =>
  url.startsWith("file:")
    ? fileURLToPath(url)
        .replace(root, "")
        .replace(/^.*node_modules\//, "")
    : url || "(engine)"

const functions = new Map<string, number>()
const files = new Map<string, number>()
let busy = 0
samples.forEach((id, index) => {
  const frame = byId.get(id)?.callFrame
  const spent = timeDeltas[index] ?? 0
  if (frame === undefined || frame.functionName === "(idle)" || frame.url === "node:inspector") return
  busy += spent
  const file = fileOf(frame)
  const name = `${frame.functionName || "(anonymous)"}  ${file}:${frame.lineNumber + 1}`
  functions.set(name, (functions.get(name) ?? 0) + spent)
  files.set(file, (files.get(file) ?? 0) + spent)
})

const print = (title: string, spent: ReadonlyMap<string, number>) => {
  console.log(`\n${title}`)
  for (const [name, us] of [...spent].sort((a, b) => b[1] - a[1]).slice(0, Number(lines)))
    console.log(`${((100 * us) / busy).toFixed(1).padStart(6)} %  ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}`)
}
console.log(`${(busy / 1e6).toFixed(2)} s busy`)
print("by function", functions)
print("by file", files)
