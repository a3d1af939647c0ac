// Builds the package of the client as it is published, into dist/ or the directory that is named: JavaScript with
// declarations and source maps, and a manifest of its own (the root's is the server's, and private).
import { spawnSync } from "node:child_process"
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { plainDeclarations } from "./package/plainDeclarations.ts"

/** `confab` on npm is another project's: a scope is ours alone. */
const name = "@confab-chat/client"

const root = join(import.meta.dirname, "..")
const out = resolve(process.argv[2] ?? join(root, "dist"))

const rooms = ["client", "contract", "domain", "kinds"]

for (const room of rooms) rmSync(join(out, room), { recursive: true, force: true })
const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "tsconfig.build.json"), "--outDir", out]
const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" })
if (status !== 0) process.exit(status ?? 1)

// TypeScript rewrites the imports of the JavaScript alone; not every tool finds ./Chat.d.ts by the name ./Chat.ts.
for (const path of globSync(`{${rooms}}/**/*.d.ts`, { cwd: out })) {
  const declarations = readFileSync(join(out, path), "utf8")
  writeFileSync(join(out, path), declarations.replaceAll(/(["'])(\.\.?\/[^"'\n]+)\.ts\1/g, "$1$2.js$1"))
}
await plainDeclarations(join(root, "src"), out)

const { version, license, dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const entry = (file: string) => ({ types: `./client/${file}.d.ts`, default: `./client/${file}.js` })
const manifest = {
  name,
  version,
  description:
    "The typed client of a Confab chat server, for Node and browsers: reconnects, misses nothing, sends once",
  license,
  type: "module",
  sideEffects: false,
  engines: { node: ">=22" },
  exports: {
    ".": entry("plain"),
    "./effect": entry("Client"),
    "./react": entry("react"),
    "./package.json": "./package.json",
  },
  // The parts of Effect that ./effect uses may change in a minor release.
  peerDependencies: { effect: `~${dependencies.effect}`, react: ">=18" },
  peerDependenciesMeta: { effect: { optional: true }, react: { optional: true } },
}
writeFileSync(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
copyFileSync(join(root, "docs/client.md"), join(out, "README.md"))
copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"))
console.log(`Built ${name} ${version} in ${out}`)
