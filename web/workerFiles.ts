// At build: tells the worker (public/sw.js) which files make up this version of the page.
import { createHash } from "node:crypto"
import { globSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "vite"

/** Larger files, such as all emoji, are kept once they are used, by the browser's own cache. */
const largest = 400_000

export const workerFiles = (dist: string): Plugin => ({
  name: "worker-files",
  apply: "build",
  closeBundle() {
    const files = globSync("assets/**/*.*", { cwd: dist })
      .filter((name) => statSync(join(dist, name)).size <= largest)
      .map((name) => `./${name.replaceAll("\\", "/")}`)
      .sort()
    const hash = createHash("sha256")
    for (const name of ["/index.html", ...files]) hash.update(name).update(readFileSync(join(dist, name)))
    const path = join(dist, "sw.js")
    const source = readFileSync(path, "utf8")
    const worker = source
      .replace('const version = "development"', `const version = ${JSON.stringify(hash.digest("hex").slice(0, 12))}`)
      .replace("const files = []", `const files = ${JSON.stringify(files)}`)
    if (worker.includes('"development"') || worker.includes("files = []"))
      throw new Error("web/public/sw.js has no place for its files")
    writeFileSync(path, worker)
  },
})
