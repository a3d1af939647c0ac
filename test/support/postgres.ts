// One real PostgreSQL, from npm, for all tests of a run: started before them and removed after them in any case.
// Tests take a database of their own on it (sql.ts); its address is `inject("postgresUrl")`.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    readonly postgresUrl: string
  }
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  // Detached: a Ctrl-C is for the tests; the server stops when they close its input.
  const server = spawn(process.execPath, [join(import.meta.dirname, "postgresServer.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  })
  const exited = once(server, "exit")
  const [line] = await Promise.race([once(server.stdout, "data"), exited.then(() => [])])
  if (line === undefined) throw new Error("PostgreSQL did not start")
  project.provide("postgresUrl", String(line).trim())
  return async () => {
    server.stdin.end()
    await exited
  }
}
