// What a page pays for the client, beside the clients of other chat and socket servers: `node bench/sizes.ts`, written to
// bench/results/sizes.md. All are bundled in one run by the same settings. Ours is built from here; theirs come from npm
// into a temporary directory.
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { build } from "vite"
import { resultsDirectory } from "./Bench.ts"

const peers = { centrifuge: "5.8.0", "socket.io-client": "4.8.4", "stream-chat": "9.53.0" }

const ours = "@confab-chat/client"
const bundles = [
  { entry: ours, names: "createChatClient", what: "promises, state, outbox, files" },
  {
    entry: `${ours}/react`,
    names: "ChatProvider, useChats, useConversation, usePresence",
    what: "the hooks alone, without React",
  },
  {
    entry: `${ours}/effect`,
    names: "Confab, ConfabHttp, ConfabRpc",
    what: "with Effect, every operation and its schema",
  },
  { entry: "socket.io-client", names: "io", what: "a socket, no chats" },
  { entry: "centrifuge", names: "Centrifuge", what: "channels, no chats" },
  { entry: "stream-chat", names: "StreamChat", what: "chats" },
]

const root = join(import.meta.dirname, "..")
const folder = mkdtempSync(join(tmpdir(), "confab-sizes-"))
const run = (command: string, ...args: ReadonlyArray<string>) => {
  const { status } = spawnSync(command, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}`)
}

interface Size {
  /** Bytes by gzip -9 that the page loads at first, and those that it loads when they are needed. */
  readonly first: number
  readonly later: number
  readonly minified: number
  readonly hasEffect: boolean
}

const measure = async (entry: string, names: string): Promise<Size> => {
  const page = join(folder, "page.js")
  writeFileSync(page, `import { ${names} } from "${entry}"\nconsole.log(${names})\n`)
  const output = await build({
    configFile: false,
    logLevel: "silent",
    root: folder,
    // Vite's own loader of later parts, which a page has once.
    build: {
      write: false,
      minify: true,
      target: "es2023",
      modulePreload: false,
      rollupOptions: { input: page, external: /^react(?:\/|$)/ },
    },
  })
  const chunks = (Array.isArray(output) ? output : [output])
    .flatMap((result) => ("output" in result ? result.output : []))
    .filter((chunk) => chunk.type === "chunk")
  const loaded = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName))
  for (const name of loaded)
    for (const other of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) loaded.add(other)
  const zipped = (isFirst: boolean) =>
    chunks
      .filter(({ fileName }) => loaded.has(fileName) === isFirst)
      .reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
  return {
    first: zipped(true),
    later: zipped(false),
    minified: chunks.reduce((sum, { code }) => sum + Buffer.byteLength(code), 0),
    hasEffect: chunks.some(({ modules }) => Object.keys(modules).some((id) => id.includes("node_modules/effect/"))),
  }
}

try {
  const dist = join(folder, "dist")
  run(process.execPath, join(root, "scripts/build-package.ts"), dist)
  const dependencies = { ...peers, [ours]: `file:${dist}` }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }))
  run("npm", "install", "--install-links", "--omit=peer", "--no-audit", "--no-fund", "--loglevel=error")
  symlinkSync(join(root, "node_modules/effect"), join(folder, "node_modules/effect"))
  const kilo = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
  const rows: Array<string> = []
  for (const { entry, names, what } of bundles) {
    const { first, hasEffect, later, minified } = await measure(entry, names)
    if (entry === ours && (hasEffect || first > 16_000))
      throw new Error(`${ours}: ${first} bytes, Effect: ${hasEffect}`)
    const { version } = JSON.parse(readFileSync(join(folder, "node_modules", packageOf(entry), "package.json"), "utf8"))
    const size = `${kilo(first)} | ${later === 0 ? "" : kilo(later)} | ${kilo(minified)}`
    rows.push(`| \`${entry}\` ${version} | ${size} | ${what} |`)
  }
  const text = `# Sizes of clients

Bundled by Vite in one run, minified for ES2023, each with what a page imports first. \`node bench/sizes.ts\` measures it.

| client | at first, gzip | later, gzip | minified | what it has |
| --- | ---: | ---: | ---: | --- |
${rows.join("\n")}
`
  writeFileSync(join(resultsDirectory, "sizes.md"), text)
  console.log(text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function packageOf(entry: string): string {
  return entry.startsWith("@") ? entry.split("/").slice(0, 2).join("/") : entry
}
