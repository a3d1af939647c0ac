// `npm run dev`: the server and, in front of it, the page from its sources with hot reload.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { onTestFinished } from "vitest"
import { isForServer } from "../../scripts/isForServer.ts"
import { emptyDataDir, startedBefore } from "../support/dataDir.ts"
import { Person } from "../support/person.ts"

const root = join(import.meta.dirname, "../..")

describe("npm run dev", () => {
  it("passes on what the server answers, and nothing of the page or its sources", () => {
    for (const [method, url] of [
      ["GET", "/me"],
      ["GET", "/messages/recent?limit=5"],
      ["GET", "/chats/5/messages"],
      ["GET", "/files/7/thumb"],
      ["GET", "/docs"],
      ["GET", "/openapi.json"],
      ["POST", "/login"],
      ["POST", "/token"],
      ["PUT", "/me/state/settings"],
      ["OPTIONS", "/users"],
    ] as const) {
      assert.isTrue(isForServer(method, url), `${method} ${url}`)
    }
    for (const url of [
      "/",
      "/?x=1",
      "/login",
      "/register?invite=x",
      "/messenger",
      "/messenger/c/5/7",
      "/assets/theme.js",
      "/sw.js",
      "/main.tsx",
      "/@vite/client",
      "/@fs/project/src/client/Http.ts",
      "/chat/Composer.tsx",
      "/model/hooks.ts",
    ]) {
      assert.isFalse(isForServer("GET", url), url)
    }
  })

  it("has the page with hot reload, calls and sockets at one address, and ends at once", async () => {
    const directory = startedBefore(emptyDataDir())
    const child = spawn("npm", ["run", "dev"], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        ENV_FILE: "/dev/null",
        HOST: "127.0.0.1",
        PORT: "0",
        PAGE_PORT: "0",
        DATA_DIR: directory,
        RATE_LIMITS: "off",
      },
    })
    const signal = (name: NodeJS.Signals) => {
      try {
        process.kill(-(child.pid ?? Number.NaN), name)
      } catch {
        // The whole group has ended.
      }
    }
    onTestFinished(() => {
      signal("SIGKILL")
      rmSync(directory, { recursive: true, force: true })
    })
    let logs = ""
    const [server, page] = await new Promise<ReadonlyArray<string>>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        logs += chunk
        const [, served] = /listening on (http:\/\/[\w.]+:\d+)/.exec(logs) ?? []
        const [, shown] = /hot reload: (http:\/\/\S+:\d+)\//.exec(logs) ?? []
        if (served !== undefined && shown !== undefined) resolve([served, shown])
      }
      child.stdout.on("data", read)
      child.stderr.on("data", read)
      child.once("exit", () => reject(new Error(`It ended: ${logs}`)))
    })
    assert.isDefined(server)
    const html = await (await fetch(`${page}/messenger/c/5`, { headers: { accept: "text/html" } })).text()
    assert.include(html, '"/@vite/client"')
    assert.include(html, 'src="/main.tsx"')
    assert.include(await (await fetch(`${page}/pages/App.tsx`)).text(), "import.meta.hot")
    const ada = await Person.signUp(String(page), "ada")
    const device = await ada.connect()
    assert.strictEqual(device.heard[0]?.user_id, ada.id)

    const ended = once(child, "exit")
    // As a terminal does at Ctrl+C.
    signal("SIGINT")
    await ended
    assert.strictEqual((await device.closed).code, 1001)
    for (const url of [server, page]) {
      const answer = await fetch(`${url}/health`).catch(() => undefined)
      assert.isUndefined(answer, url)
    }
  }, 120_000)
})
