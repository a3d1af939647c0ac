// The examples of docs/client.md are programs that run.
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { sharedServer } from "../support/sharedServer.ts"

const root = join(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/client.md"), "utf8")
/** By the heading above each. */
const programs = page.split(/^## /m).flatMap((section) => {
  const [title = ""] = section.split("\n")
  return [...section.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => ({ title, code }))
})

const server = await sharedServer()
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "confab-docs-"))
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const run = (file: string): Promise<{ readonly status: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const { NODE_COMPILE_CACHE, PATH } = process.env
    const env = { PATH, NODE_COMPILE_CACHE, CONFAB_URL: server.url, CONFAB_STATE: directory }
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

describe("docs/client.md", () => {
  it("has examples", () => assert.isAtLeast(programs.length, 6))
  programs.forEach(({ title, code }, i) => {
    it(`${title} (${i + 1})`, async () => {
      const file = join(directory, `example-${i}.mts`)
      writeFileSync(file, code.replaceAll(`"confab/client"`, JSON.stringify(join(root, "src/client/Client.ts"))))
      const { status, output } = await run(file)
      assert.strictEqual(status, 0, output)
    }, 60_000)
  })
})
