// Clients that generators make from /openapi.json, compiled strictly with a program that uses them: npm run generators.
// The generators come from npm into a temporary directory. They are no dependencies of ours: openapi-typescript needs
// TypeScript 5 beside it, where this repository has 7, and orval has 100 MB. A third one, swagger-typescript-api, runs
// in the tests (test/http/generatedClient.test.ts).
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeOpenApi } from "../src/contract/openapi.ts"

const tools = {
  "openapi-typescript": "7.13.0",
  "openapi-fetch": "0.17.0",
  orval: "8.38.0",
  typescript: "5.9.3",
}

const withFetch = `
import createClient from "openapi-fetch"
import type { components, paths } from "./types.ts"

type Schemas = components["schemas"]
const client = createClient<paths>({ baseUrl: "http://localhost:8000" })
const { data, error } = await client.GET("/chats/{id}/messages", { params: { path: { id: 7 }, query: { limit: 10 } } })
export const texts: ReadonlyArray<string> = data?.items.map(({ text }) => text) ?? []
export const editedAt: string | null | undefined = data?.items[0]?.edited_at
if (error?._tag === "InvalidInput") console.log(error.issues[0]?.path)
// @ts-expect-error: an id is a number
await client.GET("/chats/{id}", { params: { path: { id: "7" } } })
// @ts-expect-error: a group has a name
export const group: Schemas["NewChat"] = { type: "group", member_ids: [] }
`

const withOrval = `
import { listMessages, searchUsers, sendMessage, type ChatPage, type NewChat, type UserList } from "./client.ts"

const sent = await sendMessage(7, { text: "Hello", dedup_key: "1" })
if (sent.status === 201) console.log(sent.data.seq + 1)
if (sent.status === 404) console.log(sent.data._tag === "ChatNotFound")
const page = await listMessages(7, { limit: 10 })
export const editedAt: string | null | undefined = page.status === 200 ? page.data.items[0]?.edited_at : undefined
export const names = (users: UserList) => users.items.map(({ display_name }) => display_name)
export const next = (chats: ChatPage): string | null => chats.next
await searchUsers({ ids: "1,2" })
export const name = (chat: NewChat) => (chat.type === "group" ? chat.name : undefined)
// @ts-expect-error: a text is wanted
await sendMessage(7, { text: 1 })
`

const compilerOptions = {
  ...{ strict: true, noEmit: true, target: "esnext", module: "esnext", moduleResolution: "bundler" },
  ...{ lib: ["esnext", "dom", "dom.iterable"], types: [], allowImportingTsExtensions: true },
}

const folder = mkdtempSync(join(tmpdir(), "confab-generators-"))
const run = (command: string, ...args: ReadonlyArray<string>) => {
  const { status } = spawnSync(command, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${status}`)
}
const write = (file: string, content: unknown) =>
  writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content))

try {
  write("package.json", { private: true, type: "module", dependencies: tools })
  run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error")
  write("openapi.json", makeOpenApi())
  run("npx", "openapi-typescript", "openapi.json", "--output", "types.ts")
  const output = { target: "./client.ts", client: "fetch" }
  write("orval.config.mjs", `export default ${JSON.stringify({ confab: { input: "./openapi.json", output } })}`)
  run("npx", "orval", "--config", "orval.config.mjs")
  write("fetch.ts", withFetch)
  write("orval.ts", withOrval)
  write("tsconfig.json", { compilerOptions, files: ["fetch.ts", "orval.ts"] })
  const { status, stdout } = spawnSync("npx", ["tsc", "-p", "."], { cwd: folder, encoding: "utf8" })
  console.log(stdout || `Clients by ${Object.keys(tools).slice(0, 3).join(", ")} compile strictly.`)
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
