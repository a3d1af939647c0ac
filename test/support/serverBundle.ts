// The server and the operator's commands, bundled into a few files before the first test: what tests start from them takes less than
// half the processor time of a start from the sources. Users start from the sources: so do test/scripts/npmStart.test.ts and a story of
// test/config/Process.test.ts.
import { createHash } from "node:crypto"
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { build, type Plugin } from "vite"
import type { TestProject } from "vitest/node"

const root = join(import.meta.dirname, "../..")
const cache = join(root, "node_modules/.cache/confab-server")

/** What no run has used for so long is removed. Milliseconds. */
const aDay = 86_400_000

/** The sources find the page and the program for pictures where they are themselves. */
const places: Plugin = {
  name: "places",
  transform: (code, id) =>
    id.startsWith(join(root, "src/"))
      ? {
          code: code
            .replaceAll("import.meta.dirname", JSON.stringify(dirname(id)))
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
          map: null,
        }
      : undefined,
}

const bundle = (outDir: string) =>
  build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    plugins: [places],
    // Those have native code or files of their own, or are changed by cheapPasswords.ts: they stay packages.
    ssr: { noExternal: true, external: ["argon2", "@electric-sql/pglite", "@electric-sql/pglite-socket", "sharp"] },
    build: {
      ssr: true,
      target: "esnext",
      minify: false,
      // No source maps: Effect reads one stack when it is loaded, for which Node would read the map of the whole bundle.
      outDir,
      rolldownOptions: {
        input: { main: join(root, "src/main.ts"), cli: join(root, "src/cli.ts") },
        output: { entryFileNames: "[name].js", keepNames: true },
      },
    },
  })

/** Of everything that the bundle depends on; it names places below `root`. */
const digest = (): string => {
  const hash = createHash("sha256").update(root)
  const sources = globSync("src/**/*.ts", { cwd: root }).toSorted()
  for (const path of [...sources, "package-lock.json", "test/support/serverBundle.ts"]) {
    hash.update(`\0${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest("hex").slice(0, 16)
}

/** Complete or not there at all, also when two runs build it at the same time. Servers that this process starts use it from now on. */
export const bundleServer = async (): Promise<void> => {
  const directory = join(cache, digest())
  if (!existsSync(directory)) {
    mkdirSync(cache, { recursive: true })
    for (const name of readdirSync(cache)) {
      if ((statSync(join(cache, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) < Date.now() - aDay)
        rmSync(join(cache, name), { recursive: true, force: true })
    }
    const own = mkdtempSync(join(cache, "new-"))
    try {
      await bundle(own)
      renameSync(own, directory)
    } catch (error) {
      rmSync(own, { recursive: true, force: true })
      if (!existsSync(directory)) throw error
    }
  }
  const now = new Date()
  utimesSync(directory, now, now)
  process.env.SERVER_BUNDLE = directory
}

/** A run that watches the sources starts from them. */
export default async ({ vitest }: TestProject): Promise<void> => {
  if (!vitest.config.watch) await bundleServer()
}
