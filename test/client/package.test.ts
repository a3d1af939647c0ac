// The client as a published package: built, packed, installed into empty projects, and used from there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { build } from "vite"
import { sharedServer } from "../support/sharedServer.ts"
import { installed, packageName, root, succeeds, typeChecks } from "./installed.ts"

const node = process.execPath

const server = await sharedServer()
let plain: string
let full: string
/** Where the package is. */
let place: string

beforeAll(async () => {
  const { link, plain: bare, project } = await installed()
  plain = bare
  full = await project("full project")
  link(full, "effect", "react", "@types/react", "vue", "svelte")
  place = join(plain, "node_modules", packageName)
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

const talks = async (project: string, file: string, code: string) => {
  writeFileSync(join(project, file), code)
  assert.strictEqual(await succeeds(node, [file], project, { CONFAB_URL: server.url }), "1: Hello from far away\n")
}

const filesOf = (rooms: ReadonlyArray<string>) =>
  rooms.flatMap((room) =>
    readdirSync(join(place, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(place, join(entry.parentPath, entry.name))),
  )

/** The files that an entry imports, types included. */
const reachable = (entry: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const ending = entry.endsWith(".d.ts") ? ".d.ts" : ".js"
  const visit = (file: string) => {
    if (found.has(file)) return
    found.add(file)
    for (const [, target = ""] of readFileSync(join(place, file), "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)) {
      if (!target.startsWith(".")) found.add(target)
      else visit(relative(place, resolve(place, dirname(file), target)).replace(/\.js$/, ending))
    }
  }
  visit(entry)
  return found
}

const sizes = async (entry: string) => {
  const page = join(plain, "page.js")
  writeFileSync(page, `import { createChatClient } from "${entry}"\nconsole.log(createChatClient)\n`)
  const output = await build({
    configFile: false,
    logLevel: "silent",
    root: plain,
    build: { write: false, minify: true, target: "es2023", modulePreload: false, rolldownOptions: { input: page } },
  })
  const chunks = (Array.isArray(output) ? output : [output])
    .flatMap((result) => ("output" in result ? result.output : []))
    .filter((chunk) => chunk.type === "chunk")
  const bytes = (isEntry: boolean) =>
    chunks
      .filter((chunk) => chunk.isEntry === isEntry)
      .reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0)
  const isStatic = chunks.filter((chunk) => chunk.isEntry).every((chunk) => chunk.imports.length === 0)
  return { first: bytes(true), later: bytes(false), isStatic }
}

describe("The package", { timeout: 60_000 }, () => {
  it("has the client alone, each module with its declarations and source map, and no TypeScript to be compiled", () => {
    const rooms = ["client", "contract", "domain", "kinds"]
    assert.deepStrictEqual(readdirSync(place).sort(), ["LICENSE", "README.md", ...rooms, "package.json"])
    const files = filesOf(rooms)
    const modules = files.filter((file) => file.endsWith(".js"))
    assert.include(modules, "client/plain.js")
    for (const module of modules) {
      assert.include(files, module.replace(/\.js$/, ".d.ts"))
      // This one is types alone.
      if (module === "client/types.js") continue
      const { sources, sourcesContent } = JSON.parse(readFileSync(join(place, `${module}.map`), "utf8"))
      assert.match(sources[0], /\.ts$/)
      assert.isAbove(sourcesContent[0].length, 20, module)
    }
    for (const file of files.filter((path) => !path.endsWith(".map")))
      assert.notMatch(readFileSync(join(place, file), "utf8"), /["']\.[^"'\n]*\.ts["']/, file)
  })

  it("needs nothing, and Effect and React for the entries that are named after them", () => {
    const manifest = JSON.parse(readFileSync(join(place, "package.json"), "utf8"))
    const { dependencies, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    assert.notProperty(manifest, "dependencies")
    assert.notProperty(manifest, "private")
    assert.deepStrictEqual(manifest.peerDependencies, { effect: `~${dependencies.effect}`, react: ">=18" })
    assert.deepStrictEqual(manifest.peerDependenciesMeta, { effect: { optional: true }, react: { optional: true } })
    assert.strictEqual(manifest.version, version)
    assert.deepStrictEqual(readdirSync(join(plain, "node_modules")).sort(), [".package-lock.json", "@confab-chat"])
    for (const { default: file, types } of [
      manifest.exports["."],
      manifest.exports["./effect"],
      manifest.exports["./react"],
    ])
      assert.isTrue(existsSync(join(place, file)) && existsSync(join(place, types)))
  })

  it("reaches no library from its plain entry, neither in code nor in types", () => {
    const libraries = (entry: string) =>
      [...reachable(entry)].filter((file) => !/^(?:client|contract|domain)\//.test(file))
    assert.deepStrictEqual(libraries("client/plain.js"), [])
    assert.deepStrictEqual(libraries("client/plain.d.ts"), [])
    assert.deepStrictEqual(libraries("client/react.js"), ["react"])
    assert.isTrue([...reachable("client/Client.js")].some((file) => file.startsWith("effect")))
  })

  it("is imported by JavaScript, and talks", () =>
    talks(plain, "import.js", conversation(`import { createChatClient } from "${packageName}"`)))

  it("is required by CommonJS, and talks", () =>
    talks(plain, "require.cjs", conversation(`const { createChatClient } = require("${packageName}")`)))

  it("talks with no more than React Native has", async () => {
    writeFileSync(join(plain, "native.mjs"), native)
    const code = conversation(`import { createChatClient } from "${packageName}"`)
    writeFileSync(join(plain, "phone.js"), code.replaceAll("crypto.randomUUID()", "String(Math.random()).slice(2)"))
    const output = await succeeds(node, ["--import", "./native.mjs", "phone.js"], plain, { CONFAB_URL: server.url })
    assert.strictEqual(output, "1: Hello from far away\n")
  })

  it("has its former name inside this repository", () =>
    succeeds(
      node,
      ["--input-type=module", "-e", `import { createChatClient } from "confab/client"; createChatClient()`],
      root,
    ))

  it("type-checks strictly without any library: ids are numbers, tags are known, and what is wrong is refused", () =>
    typeChecks(plain, { "node.d.ts": nodeTypes, "plain.ts": plainTypes }, { skipLibCheck: false }))

  it("type-checks strictly with Effect and React: the examples of its README, and what is wrong", async () => {
    const examples = [...readFileSync(join(place, "README.md"), "utf8").matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)]
    const files = examples.map(([, ending = "", code = ""], i) => [`example-${i}.${ending}`, code] as const)
    assert.isAtLeast(files.length, 6)
    await typeChecks(
      full,
      { "node.d.ts": nodeTypes, "wrong.ts": wrong, ...Object.fromEntries(files) },
      { skipLibCheck: true },
    )
  })

  it("runs from TypeScript with Effect: chat client, HTTP and RPC", async () => {
    const codes = [...readFileSync(join(place, "README.md"), "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)]
      .map(([, code = ""]) => code)
      .filter((code) => /client\/effect"/.test(code))
    assert.isAtLeast(codes.length, 2)
    for (const code of codes) {
      writeFileSync(join(full, "run.ts"), code)
      await succeeds(node, ["run.ts"], full, { CONFAB_URL: server.url })
    }
  })

  it("costs a page under 16 kB gzip at first, and under 32 kB with all that it loads later", async () => {
    const { first, isStatic, later } = await sizes(packageName)
    console.log(`${packageName}: ${(first / 1000).toFixed(1)} kB gzip, later ${(later / 1000).toFixed(1)} kB`)
    assert.isTrue(isStatic)
    assert.isAbove(first, 5_000)
    assert.isBelow(first, 16_000)
    assert.isAbove(later, 5_000)
    assert.isBelow(first + later, 32_000)
  })
})

/** The globals of React Native with Hermes and a polyfill of `crypto.getRandomValues`. */
const native = `
const { crypto } = globalThis
const global = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true })
global("window", globalThis)
global("navigator", { product: "ReactNative" })
global("crypto", { getRandomValues: (array) => crypto.getRandomValues(array) })
for (const name of ["localStorage", "indexedDB", "structuredClone", "BroadcastChannel", "addEventListener"]) global(name, undefined)
// Node's own fetch needs it.
const { withResolvers } = Promise
Promise.withResolvers = function () {
  if (new Error().stack.split("\\n")[2].includes("/client/client/")) throw new TypeError("Promise.withResolvers is not a function")
  return withResolvers.call(this)
}
`

const nodeTypes = "declare const process: { readonly env: Record<string, string> }\n"

/** Types that were lost would be `any`, and none of these a mistake. */
const plainTypes = `
import { ChatClientError, createChatClient, type ErrorTag, type Message, type ServerFrame } from "${packageName}"
const client = createChatClient({ url: "https://chat.example", getToken: async () => "token" })
await client.openChat(7)
client.send(7, "Hello", { replyTo: 12, attachments: [3] })
const message: Message | null | undefined = client.getState().chatById.get(7)?.last_message
const id: number | undefined = message?.id
const tag: ErrorTag = "ChatNotFound"
export const isGone = (error: unknown) => error instanceof ChatClientError && error.tag === "NotAllowed"
const frame: ServerFrame = { type: "typing", chat_id: 7, user_id: 8, is_typing: true }
// @ts-expect-error: an id is a number
client.openChat("7")
// @ts-expect-error: no such field
client.getState().nothing
// @ts-expect-error: a text is no number
const text: number = message!.text
// @ts-expect-error: no such kind of frame
const other: ServerFrame = { type: "nothing" }
client.onEvent((event) => {
  // @ts-expect-error: not every event has a text
  event.text
  if (event.type === "message") event.text.toUpperCase()
})
export { frame, id, other, tag, text }
`

const wrong = `
import { Effect } from "effect"
import { type ChatState, ConfabHttp, createChatClient } from "${packageName}/effect"
import { useConversation } from "${packageName}/react"
const client = createChatClient()
const state: ChatState = client.getState()
// @ts-expect-error: an id of a chat is wanted
client.send("1", "Hello")
// @ts-expect-error: no such field
state.nothing
// @ts-expect-error: an id of a chat is wanted
export const Wrong = () => useConversation("7").chat?.title ?? null
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
