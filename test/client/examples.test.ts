// The programs of examples/, one for each kind of reader, run as they are: with the package as a stranger installs it.
import { spawn, spawnSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { generateApi } from "swagger-typescript-api"
import type * as Saas from "../../examples/saas.ts"
import { startedBefore } from "../support/dataDir.ts"
import { Person } from "../support/person.ts"
import { serverOnPostgres, sharedServer } from "../support/sharedServer.ts"
import { installed, root, succeeds, typeChecks } from "./installed.ts"

const server = await sharedServer()
const example = (file: string) => join(root, "examples", file)
let project: string

beforeAll(async () => {
  const { link, project: make } = await installed()
  project = await make("examples")
  link(project, "jose", "react", "react-dom", "@types/react", "@types/react-dom", "@types/node", "undici-types")
})

const has = (command: string) => spawnSync("sh", ["-c", `command -v ${command}`]).status === 0

/** A bot in any language: it answers what is sent while it runs, and some also what was sent `before`. */
const answers = async (
  command: string,
  args: ReadonlyArray<string>,
  cwd: string,
  before: boolean,
  PATH = process.env.PATH,
) => {
  const [robot, ann] = await Promise.all([Person.signUp(server.url, "robot"), Person.signUp(server.url, "ann")])
  const chat_id = await ann.privateChat(robot)
  const device = await ann.connect()
  const answer = (text: string) =>
    device.hears({ type: "message", sender_id: robot.id, text: `You said: ${text}` }, 30_000)
  if (before) await device.ask({ type: "message", chat_id, text: "Sent before" })
  const env = {
    PATH,
    CONFAB_URL: server.url,
    BOT_LOGIN: robot.username,
    BOT_PASSWORD: robot.password,
    BOT_STATE: cwd,
  }
  // With a group of its own: a script has children.
  const bot = spawn(command, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"], detached: true })
  try {
    await device.hears({ type: "presence", user_id: robot.id, status: "online" }, 30_000)
    if (before) await answer("Sent before")
    await device.ask({ type: "message", chat_id, text: "ping" })
    await answer("ping")
  } finally {
    if (bot.pid !== undefined) process.kill(-bot.pid)
    await device.close()
  }
}

describe("examples/", { timeout: 60_000 }, () => {
  it("are programs of at most 40 lines, without comments, imports and empty lines", () => {
    const lines = (file: string) =>
      readFileSync(example(file), "utf8")
        .split("\n")
        .filter((line) => !/^\s*(?:$|\/\/|#|import |from |"[^"]+"$)/.test(line)).length
    for (const file of ["saas.ts", "bot.ts", "react.tsx", "phone.ts", "operator.sh", "websocat.sh", "bot.py", "bot.go"])
      assert.isAtMost(lines(file), 40, file)
  })

  it("compile strictly", () => {
    const files = ["saas.ts", "bot.ts", "react.tsx"]
    const codes = Object.fromEntries(files.map((file) => [file, readFileSync(example(file), "utf8")]))
    return typeChecks(project, codes, { types: ["node"], skipLibCheck: true })
  })

  it("have a bot in Node that answers what was sent before and while it runs", () => {
    copyFileSync(example("bot.ts"), join(project, "bot.ts"))
    return answers(process.execPath, ["bot.ts"], project, true)
  })

  it.skipIf(!has("python3 && python3 -c 'import websockets'"))("have a bot in Python that answers", () =>
    answers("python3", [example("bot.py")], project, false),
  )

  it.skipIf(!has("curl") || !has("jq"))("have a bot of curl, websocat and jq that answers", async () => {
    if (has("websocat")) return answers("sh", [example("websocat.sh")], project, false)
    const folder = join(project, "bin")
    mkdirSync(folder)
    const program = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "test/support/websocat.ts")}" "$@"\n`
    writeFileSync(join(folder, "websocat"), program, { mode: 0o755 })
    return answers("sh", [example("websocat.sh")], project, false, `${folder}:${process.env.PATH}`)
  })

  it.skipIf(!has("go"))("have a bot in Go that answers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "confab-go-"))
    try {
      copyFileSync(example("bot.go"), join(folder, "bot.go"))
      await succeeds("go", ["mod", "init", "bot"], folder, { HOME: folder })
      await succeeds("go", ["get", "github.com/coder/websocket"], folder, { HOME: folder })
      await succeeds("go", ["build", "-o", "bot", "."], folder, { HOME: folder })
      await answers(join(folder, "bot"), [], folder, false)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("have an application with its own users, whose tokens sign them in and are renewed", async () => {
    const keySets = createServer((_, response) => response.end(JSON.stringify(issuer.keySet)))
    await new Promise<void>((resolve) => keySets.listen(0, "127.0.0.1", resolve))
    const name = `http://127.0.0.1:${(keySets.address() as AddressInfo).port}/`
    // The example as it is, from the project that has what it imports.
    copyFileSync(example("saas.ts"), join(project, "saas.ts"))
    const { chatIdOf, makeIssuer, openChat }: typeof Saas = await import(/* @vite-ignore */ join(project, "saas.ts"))
    const issuer = await makeIssuer(name)
    const trusting = await serverOnPostgres({
      AUTH_JWKS_URL: `${name}keys`,
      AUTH_ISSUER: name,
      AUTH_AUDIENCE: "chat",
      DIRECTORY: "all",
    })
    try {
      let asked = 0
      const getToken = (id: string) => () => {
        asked++
        return issuer.sign(id, `Customer ${id}`)
      }
      const ann = await openChat(trusting.url, getToken("c-17"))
      assert.strictEqual(ann.me.display_name, "Customer c-17")
      // At the start and before the connection.
      assert.strictEqual(asked, 2)
      const again = await openChat(trusting.url, getToken("c-17"))
      assert.strictEqual(again.me.id, ann.me.id)
      const saved = await ann.client.openSaved()
      const heard = new Promise<string>((resolve) => {
        again.client.onEvent((event) => event.type === "message" && resolve(event.text))
      })
      await ann.client.send(saved.id, "On both devices").delivered
      assert.strictEqual(await heard, "On both devices")
      // The application's server knows its own ids alone; customer 18 has never been here.
      const idOf = async (id: string) => chatIdOf(trusting.url, await issuer.sign(id, `Customer ${id}`))
      assert.strictEqual(await idOf("c-17"), ann.me.id)
      const made = await idOf("c-18")
      assert.notStrictEqual(made, ann.me.id)
      const order = await ann.client.createGroup("Order 5", [made as typeof ann.me.id])
      assert.strictEqual(order.member_count, 2)
      const bob = await openChat(trusting.url, getToken("c-18"))
      assert.strictEqual(bob.me.id, made)
      bob.client.close()
      ann.client.close()
      again.client.close()
    } finally {
      await trusting[Symbol.asyncDispose]()
      keySets.close()
    }
  })

  it("have a phone's program over a generated client", async () => {
    const [ann, bob] = await Promise.all([Person.signUp(server.url, "ann"), Person.signUp(server.url, "bob")])
    await ann.found(bob)
    const phone = join(project, "phone")
    mkdirSync(phone)
    const spec = await (await fetch(`${server.url}/openapi.json`)).json()
    await generateApi({ spec, output: phone, fileName: "api.ts", silent: true, httpClientType: "fetch" })
    copyFileSync(example("phone.ts"), join(phone, "phone.ts"))
    // The generator writes enums, which Node does not run as they are.
    const compilerOptions = {
      ...{ strict: true, skipLibCheck: true, target: "es2023", module: "nodenext", types: ["node"], outDir: "out" },
      rewriteRelativeImportExtensions: true,
    }
    writeFileSync(join(phone, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["phone.ts"] }))
    await succeeds(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], phone)
    const env = {
      CONFAB_URL: server.url,
      PHONE_LOGIN: ann.username,
      PHONE_PASSWORD: ann.password,
      PHONE_PEER: String(bob.id),
    }
    const output = await succeeds(process.execPath, ["out/phone.js"], phone, env)
    assert.strictEqual(output, "1: Sent from a phone\n")
  })

  it("have an operator's first hour", async () => {
    const folder = mkdtempSync(join(tmpdir(), "confab-operator-"))
    try {
      const env = {
        // A first start is told in test/config/Process.test.ts.
        DATA_DIR: startedBefore(folder),
        CONFAB: join(root, "scripts/confab.sh"),
        ADMIN_PASSWORD: "correct horse",
        HOME: folder,
      }
      const output = await succeeds("sh", [example("operator.sh")], folder, env)
      assert.match(output, /Settings: valid/)
      assert.match(output, /root\s+root@example\.org/)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
