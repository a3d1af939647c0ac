// The client as a published package: built, packed, installed into an empty project, and used from there.
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { gzipSync } from "node:zlib"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { build } from "vite"
import { sharedServer } from "../support/sharedServer.ts"

const root = join(import.meta.dirname, "../..")
const node = process.execPath

const run = (command: string, args: ReadonlyArray<string>, cwd: string, env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ readonly status: number | null; readonly output: string }>((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { PATH: process.env.PATH, ...env }, timeout: 50_000 })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
    }
    child.on("error", reject)
    child.on("close", (status) => resolve({ status, output }))
  })

const succeeds = async (...[command, args, cwd, env]: Parameters<typeof run>): Promise<string> => {
  const { status, output } = await run(command, args, cwd, env)
  assert.strictEqual(status, 0, output)
  return output
}

const server = await sharedServer()
/** With a space in its name, as users have them. */
let directory: string
let project: string
let installed: string

/** npm works offline: no cache, and no registry at the address. */
const npm = (...args: ReadonlyArray<string>) =>
  succeeds("npm", [...args, "--offline", "--no-audit", "--no-fund"], project, {
    HOME: directory,
    npm_config_cache: join(directory, "cache"),
    npm_config_registry: "http://127.0.0.1:9/",
  })

beforeAll(async () => {
  directory = mkdtempSync(join(realpathSync(tmpdir()), "confab package "))
  project = join(directory, "my project")
  installed = join(project, "node_modules/confab")
  mkdirSync(project)
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }))
  const dist = join(directory, "dist")
  await succeeds(node, [join(root, "scripts/build-package.ts"), dist], directory)
  await npm("pack", dist, "--pack-destination", directory)
  const packed = readdirSync(directory).find((name) => name.endsWith(".tgz")) ?? "nothing"
  // Effect comes from here instead of the registry, as a link.
  await npm("install", join(directory, packed), join(root, "node_modules/effect"))
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
})

const conversation = (load: string) => `${load}
const url = process.env.CONFAB_URL
const run = async () => {
  const account = (username) => ({ username, email: username + "@example.org", password: "correct horse" })
  const name = "stranger_" + crypto.randomUUID().slice(0, 8)
  const ada = createChatClient({ url })
  await ada.register(account(name))
  await ada.logOut()
  await ada.logIn(name, "correct horse")
  await ada.whenOnline()
  const bob = createChatClient({ url })
  const him = await bob.register(account(name + "_2"))
  await bob.whenOnline()
  const received = new Promise((resolve) => bob.onEvent((event) => event.type === "message" && resolve(event.text)))
  const chat = await ada.openPrivate(him.id)
  const { seq } = await ada.send(chat.id, "Hello from far away").delivered
  console.log(seq + ": " + (await received))
  ada.close()
  bob.close()
}
run()
`

const readmeExamples = (): ReadonlyArray<string> =>
  [...readFileSync(join(installed, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
    ([, code = ""]) => code,
  )

const talks = async (file: string, code: string) => {
  writeFileSync(join(project, file), code)
  assert.strictEqual(await succeeds(node, [file], project, { CONFAB_URL: server.url }), "1: Hello from far away\n")
}

describe("The package", { timeout: 60_000 }, () => {
  it("has the client alone, each module with its declarations, and no TypeScript to be compiled", () => {
    assert.deepStrictEqual(readdirSync(installed).sort(), [
      "LICENSE",
      "README.md",
      "client",
      "contract",
      "domain",
      "kinds",
      "package.json",
    ])
    const files = ["client", "contract", "domain", "kinds"].flatMap((room) =>
      readdirSync(join(installed, room), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(installed, join(entry.parentPath, entry.name))),
    )
    const modules = files.filter((name) => name.endsWith(".js"))
    assert.include(modules, "client/Client.js")
    const expected = modules.flatMap((name) => [name, name.replace(/\.js$/, ".d.ts")])
    assert.deepStrictEqual(files.toSorted(), expected.toSorted())
    for (const name of files)
      assert.notMatch(readFileSync(join(installed, name), "utf8"), /["']\.[^"'\n]*\.ts["']/, name)
  })

  it("needs Effect, in the version that it was tried with, and nothing else", () => {
    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"))
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    assert.deepStrictEqual(manifest.dependencies, { effect: own.dependencies.effect })
    assert.strictEqual(manifest.version, own.version)
    assert.notProperty(manifest, "private")
    assert.deepStrictEqual(readdirSync(join(project, "node_modules")).sort(), [
      ".package-lock.json",
      "confab",
      "effect",
    ])
  })

  it("is imported by JavaScript, and talks", () =>
    talks("import.js", conversation(`import { createChatClient } from "confab/client"`)))

  it("is required by CommonJS, and talks", () =>
    talks("require.cjs", conversation(`const { createChatClient } = require("confab/client")`)))

  it("is found by the same name inside this repository", () =>
    succeeds(
      node,
      ["--input-type=module", "-e", `import { createChatClient } from "confab/client"; createChatClient()`],
      root,
    ))

  for (const resolution of ["nodenext", "bundler"]) {
    it(`type-checks strictly in TypeScript, resolved as ${resolution}: the examples of its README, and what is wrong`, async () => {
      const names = readmeExamples().map((code, i) => {
        writeFileSync(join(project, `example-${i}.ts`), code)
        return `example-${i}.ts`
      })
      assert.isAtLeast(names.length, 6)
      writeFileSync(join(project, "node.d.ts"), "declare const process: { readonly env: Record<string, string> }\n")
      writeFileSync(join(project, "wrong.ts"), wrong)
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: "es2023",
        lib: ["es2023", "dom", "dom.iterable", "esnext.disposable"],
        types: [],
        module: resolution === "bundler" ? "esnext" : resolution,
        moduleResolution: resolution,
      }
      const files = ["node.d.ts", "wrong.ts", ...names]
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }))
      await succeeds(node, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], project)
    })
  }

  it("runs from TypeScript: chat client, HTTP and RPC", async () => {
    const codes = readmeExamples()
    for (const code of [codes[0], codes.at(-1)]) {
      writeFileSync(join(project, "run.ts"), code ?? "")
      await succeeds(node, ["run.ts"], project, { CONFAB_URL: server.url })
    }
  })

  it("costs a page that imports createChatClient under 23 kB gzip, and not Effect", async () => {
    const page = join(project, "page.js")
    writeFileSync(page, `import { createChatClient } from "confab/client"\nconsole.log(createChatClient)\n`)
    const output = await build({
      configFile: false,
      logLevel: "silent",
      root: project,
      build: { write: false, minify: true, target: "es2023", rollupOptions: { input: page } },
    })
    const chunks = (Array.isArray(output) ? output : [output]).flatMap((result) =>
      "output" in result ? result.output : [],
    )
    const code = chunks.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("")
    const bytes = gzipSync(code, { level: 9 }).length
    console.log(`createChatClient out of the package: ${(bytes / 1000).toFixed(1)} kB gzip`)
    assert.isAbove(bytes, 5_000)
    assert.isBelow(bytes, 23_000)
  })
})

/** Types that were lost would be `any`, and none of these a mistake. */
const wrong = `
import { Effect } from "effect"
import { type ChatState, ConfabHttp, createChatClient } from "confab/client"
const client = createChatClient()
const state: ChatState = client.getState()
// @ts-expect-error: an id of a chat is wanted
client.send("1", "Hello")
// @ts-expect-error: no such field
state.nothing
client.onEvent((event) => {
  // @ts-expect-error: not every event has a text
  event.text
})
export const signUp = Effect.gen(function* () {
  const http = yield* ConfabHttp
  const password = "correct horse"
  // @ts-expect-error: the e-mail address is missing
  yield* http.accounts.signUp({ payload: { username: "ada", password } })
  const { id } = yield* http.accounts.signUp({ payload: { username: "ada", email: "ada@example.org", password } })
  // @ts-expect-error: an id is no text
  const text: string = id
  return text
})
`
