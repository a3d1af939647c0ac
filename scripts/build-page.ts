// Builds the web page when it is not built yet or older than its sources, so that `npm start` serves what the sources say.
// Does nothing where there are no sources (a container image has the built page only).
import { existsSync, globSync, statSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const sources = ["web/**/*.{ts,tsx,js,css,html,svg,webmanifest,png,woff2}", "src/{client,contract,domain}/**/*.ts"]

const newest = (patterns: ReadonlyArray<string>): number =>
  Math.max(
    0,
    ...globSync(patterns, { cwd: root, exclude: ["web/dist/**"] }).map((path) => statSync(join(root, path)).mtimeMs),
  )

const built = join(root, "web/dist/index.html")
const isStale = () => !existsSync(built) || statSync(built).mtimeMs < newest([...sources, "package-lock.json"])

if (existsSync(join(root, "web/vite.config.ts")) && isStale()) {
  console.log("Building the web page (once; again when its sources change) …")
  const { build } = await import("vite")
  await build({ configFile: join(root, "web/vite.config.ts"), logLevel: "warn" })
}
