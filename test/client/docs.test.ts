// The examples of docs/client.md are programs that run.
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { transformWithOxc } from "vite"
import { Issuer } from "../support/issuer.ts"
import { serverOnPostgres } from "../support/sharedServer.ts"

const root = join(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/client.md"), "utf8")
/** By the heading above each. */
const programs = page.split(/^## /m).flatMap((section) => {
  const [title = ""] = section.split("\n")
  return [...section.matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].map(([, kind, code = ""]) => ({ title, kind, code }))
})

/** What a server renders of the components: nobody is signed in, there are no chats, and nothing is wrong. */
const rendered: Readonly<Record<string, readonly [component: string, html: string]>> = {
  React: [
    "createElement(App, { chatId: 7, open: () => {} })",
    '<section><h1> </h1><button type="button">Say hello</button></section>',
  ],
  SSR: ["createElement(Chat)", ""],
}

/** The entries of the package. */
const sources: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["", "plain"],
    ["/effect", "Client"],
    ["/react", "react"],
  ].map(([entry, file]) => [entry, JSON.stringify(join(root, `src/client/${file}.ts`))]),
)

/** An application with users of its own, whose tokens the server trusts. */
const scope = Effect.runSync(Scope.make())
const issuer = await Effect.runPromise(Scope.provide(Issuer.open, scope))
const server = await serverOnPostgres({ ...issuer.env, SIGN_UP: "open", DIRECTORY: "all" })
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "confab-docs-"))
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await server[Symbol.asyncDispose]()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

/** What a component would do with the example: it sees a chat that is made. */
const checks: Readonly<Record<string, string>> = {
  Vue: `
import { effectScope } from "vue"
const scope = effectScope()
const seen = scope.run(useChat)!
const titles = () => seen.value.chats.map(({ title }) => title)
`,
  Svelte: `
let seen = client.getState()
const scope = { stop: chat.subscribe((state) => { seen = state }) }
const titles = () => seen.chats.map(({ title }) => title)
`,
}
const sees = `
const username = "page-" + crypto.randomUUID().slice(0, 8)
await client.register({ username, email: username + "@example.org", password: "correct horse" })
await client.whenOnline()
const made = await client.createGroup("Made", [])
await client.send(made.id, "Hello").delivered
if (titles().join() !== "Made") throw new Error("sees " + titles())
scope.stop()
await client.createGroup("Later", [])
await client.send(made.id, "Hello again").delivered
if (titles().join() !== "Made") throw new Error("still listens: " + titles())
client.close()
`

const renders = (component: string, html: string): string => `
import { createElement } from "react"
import { renderToString } from "react-dom/server"
const html = renderToString(${component})
if (html !== ${JSON.stringify(html)}) throw new Error("renders " + html)
`

const run = async (file: string): Promise<{ readonly status: number | null; readonly output: string }> => {
  const token = await Effect.runPromise(issuer.token(`user-${crypto.randomUUID()}`))
  return new Promise((resolve) => {
    const { NODE_COMPILE_CACHE, PATH } = process.env
    const env = { PATH, NODE_COMPILE_CACHE, CONFAB_URL: server.url, CONFAB_STATE: directory, HOST_TOKEN: token }
    // Loading Effect takes seconds on a busy machine.
    const child = spawn(process.execPath, [file], { env, timeout: 55_000 })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    child.on("close", (status) => resolve({ status, output }))
  })
}

describe("docs/client.md", () => {
  it("has examples", () => assert.isAtLeast(programs.length, 6))
  const fromSources = (code: string) =>
    code.replaceAll(/"@confab-chat\/client(\/\w+)?"/g, (_, entry = "") => sources[entry] ?? _)
  programs.forEach(({ code, kind, title }, i) => {
    it(`${title} (${i + 1})`, async () => {
      const file = join(directory, `example-${i}.mts`)
      const check = checks[title] === undefined ? "" : checks[title] + sees
      if (kind === "ts") writeFileSync(file, fromSources(code + check))
      else {
        const [component, html] = rendered[title] ?? assert.fail(`${title} is not rendered`)
        const { code: compiled } = await transformWithOxc(`${code}\n${renders(component, html)}`, "example.tsx", {
          jsx: { runtime: "automatic" },
        })
        writeFileSync(file, fromSources(compiled))
      }
      const { status, output } = await run(file)
      assert.strictEqual(status, 0, output)
    }, 60_000)
  })
})
