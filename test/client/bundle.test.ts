// What a page pays for the client, and that no server code comes along. As published: package.test.ts.
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { build } from "vite"

const bundle = async (entry: string, importing: string) => {
  const output = await build({
    configFile: false,
    logLevel: "silent",
    root: import.meta.dirname,
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === "virtual:entry" ? id : null),
        load: (id) =>
          id === "virtual:entry"
            ? `import { ${importing} } from ${JSON.stringify(entry)}\nconsole.log({ ${importing} })`
            : // Vite's own, which a page has once, for all that it loads later.
              id.includes("vite/preload-helper")
              ? "export const __vitePreload = (load) => load()"
              : null,
      },
    ],
    build: {
      write: false,
      minify: true,
      target: "es2023",
      rollupOptions: { input: "virtual:entry" },
    },
  })
  const chunks = (Array.isArray(output) ? output : [output]).flatMap((result) =>
    "output" in result ? result.output : [],
  )
  let code = ""
  let atFirst = ""
  const modules = new Set<string>()
  const scripts = chunks.filter((chunk) => chunk.type === "chunk")
  // What is imported by a call is loaded when it is needed.
  const entries = scripts.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName)
  const loaded = new Set(entries)
  for (const name of loaded) {
    for (const other of scripts.find(({ fileName }) => fileName === name)?.imports ?? []) loaded.add(other)
  }
  for (const chunk of scripts) {
    if (loaded.has(chunk.fileName)) atFirst += chunk.code
    code += chunk.code
    for (const [id, { renderedLength }] of Object.entries(chunk.modules)) if (renderedLength > 0) modules.add(id)
  }
  const size = (text: string) => gzipSync(text, { level: 9 }).length
  return { bytes: size(atFirst), allBytes: size(code), code, modules: [...modules] }
}

const root = `${join(import.meta.dirname, "../..").replaceAll("\\", "/")}/`
const roomsOf = (modules: ReadonlyArray<string>) =>
  new Set(
    modules.filter((id) => id.startsWith(`${root}src/`)).map((id) => id.slice(`${root}src/`.length).split("/")[0]),
  )

describe("The bundle of a page", () => {
  it("has the chat client without any library, under 16 kB gzip at first", async () => {
    const { allBytes, bytes, modules } = await bundle(`${root}src/client/createChatClient.ts`, "createChatClient")
    const kilo = (n: number) => (n / 1000).toFixed(1)
    console.log(`createChatClient: ${kilo(bytes)} kB gzip at first, all of it ${kilo(allBytes)} kB`)
    assert.deepStrictEqual(
      modules.filter((id) => id.includes("node_modules")),
      [],
    )
    assert.deepStrictEqual([...roomsOf(modules)].sort(), ["client", "contract"])
    assert.isBelow(bytes, 16_000)
    assert.isBelow(allBytes, 29_000)
  })

  it("has no server code, whatever is taken from confab/client", async () => {
    const all = "createChatClient, indexedDbOutbox, fileOutbox, fileTokens, Confab, ConfabHttp, ConfabRpc"
    const { bytes, code, modules } = await bundle(`${root}src/client/Client.ts`, all)
    console.log(`confab/client, all of it: ${(bytes / 1000).toFixed(1)} kB gzip`)
    assert.deepStrictEqual([...roomsOf(modules)].sort(), ["client", "contract", "domain", "kinds"])
    assert.notMatch(code, /(?:from|import|require)\s*\(?\s*["'`]node:|__vite-browser-external/)
    const packages = modules.map((id) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1]).filter(Boolean)
    assert.deepStrictEqual([...new Set(packages)], ["effect"])
  })
})
