// The server as an operator meets it: started wrongly, twice, and stopped.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, vi } from "vitest"
import { Person } from "../support/person.ts"
import { compileCache, program } from "../support/program.ts"
import { Server } from "../support/server.ts"

// A start takes seconds of processor time, which a busy machine may not have for a while.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const root = join(import.meta.dirname, "../..")
const directory = mkdtempSync(join(tmpdir(), "confab-process-"))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** Starts a server that is expected to end by itself. */
const start = async (env: Record<string, string>, server = program("main")) => {
  const child = spawn(process.execPath, [...server], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 85_000,
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: process.env.NODE_OPTIONS,
      NODE_COMPILE_CACHE: compileCache(),
      ENV_FILE: "/dev/null",
      HOST: "127.0.0.1",
      PORT: "0",
      DATA_DIR: join(directory, "data"),
      ...env,
    },
  })
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk))
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk))
  await once(child, "close")
  return { code: child.exitCode, stdout, stderr: stderr.trimEnd().split("\n") }
}

describe("a server that cannot start", () => {
  it("names every wrong setting in a line of its own, without a secret, and exits with 1", async () => {
    const wrong = {
      PORT: "eighty",
      DATABASE_URL: "mysql://user:hidden@db/confab",
      JWT_SECRET: "also hidden",
      REDIS_URL: "http://user:hidden@cache",
      CLUSTER_PORT: "many",
    }
    const { code, stdout, stderr } = await start(wrong, [join(root, "src/main.ts")])
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    assert.deepStrictEqual(
      stderr.map((line) => /^Confab cannot start: ([A-Z_]+) .*\.$/.exec(line)?.[1]),
      ["PORT", "DATABASE_URL", "JWT_SECRET", "REDIS_URL", "CLUSTER_PORT", "CLUSTER_HOST"],
    )
    assert.notInclude(stderr.join(), "hidden")
  })

  const taken = async () => {
    const other = createServer().listen(0, "127.0.0.1")
    await once(other, "listening")
    const address = other.address()
    const port = typeof address === "object" && address !== null ? String(address.port) : ""
    return { port, [Symbol.asyncDispose]: async () => void other.close() }
  }
  const unreachable = {
    DATABASE_URL: "postgres://user:hidden@127.0.0.1:1/confab",
    JWT_SECRET: "a secret for the tests, and for nothing else",
  }

  it("says that its port is in use, before it opens a database", async () => {
    await using other = await taken()
    const inUse = (name: string) => [
      `Confab cannot start: ${name} is in use by another program: stop that one, or choose another ${name}.`,
    ]
    const dataDir = join(directory, "untouched")
    const embedded = await start({ PORT: other.port, DATA_DIR: dataDir })
    assert.deepStrictEqual([embedded.code, embedded.stderr], [1, inUse("PORT")])
    assert.isFalse(existsSync(dataDir))
    const cluster = { ...unreachable, REDIS_URL: "redis://127.0.0.1:1", CLUSTER_HOST: "127.0.0.1" }
    const apart = await start({ ...unreachable, PORT: "0", METRICS_PORT: other.port })
    assert.deepStrictEqual([apart.code, apart.stdout, apart.stderr], [1, "", inUse("METRICS_PORT")])
    const node = await start({ ...cluster, CLUSTER_PORT: other.port })
    assert.deepStrictEqual([node.code, node.stdout, node.stderr], [1, "", inUse("CLUSTER_PORT")])
  })

  it("says that its HOST is no address of this machine, before it opens a database", async () => {
    const hosts = ["203.0.113.7", "no-such-host.invalid"]
    for (const { code, stderr } of await Promise.all(hosts.map((HOST) => start({ ...unreachable, HOST })))) {
      assert.deepStrictEqual([code, stderr], [1, ["Confab cannot start: HOST is no address of this machine."]])
    }
  })

  it("says that its DATA_DIR cannot be one", async () => {
    const file = join(directory, "file")
    writeFileSync(file, "")
    const { code, stderr } = await start({ DATA_DIR: file })
    assert.strictEqual(code, 1)
    assert.strictEqual(stderr.length, 1)
    assert.match(stderr[0] ?? "", /^Confab cannot start: The DATA_DIR .*file cannot be used/)
  })
})

describe("a DATA_DIR where no directory can be made", () => {
  it.runIf(existsSync("/proc/self"))("is told in one line, at once", async () => {
    const { code, stderr } = await start({ DATA_DIR: "/proc/confab/data" })
    assert.strictEqual(code, 1)
    assert.strictEqual(stderr.length, 1)
    assert.match(stderr[0] ?? "", /^Confab cannot start: The DATA_DIR \/proc\/confab\/data cannot be used: ENOENT/)
  })
})

describe("a server", () => {
  let server: Server
  beforeAll(async () => {
    server = await Server.start({ isFirstStart: true })
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  it("has its DATA_DIR to itself", async () => {
    const { code, stderr } = await start({ DATA_DIR: server.dataDir })
    assert.strictEqual(code, 1)
    assert.deepStrictEqual(stderr, [
      `Confab cannot start: Another server is using ${server.dataDir}. Stop it, or give this one its own DATA_DIR.`,
    ])
  })

  it("reports its address in one line of JSON without a terminal", () => {
    const line = server.logs.split("\n").find((text) => text.includes("Confab is listening on"))
    const { message, annotations } = JSON.parse(line ?? "")
    assert.strictEqual(message, `Confab is listening on http://127.0.0.1:${server.port}`)
    assert.deepStrictEqual(annotations, {
      url: `http://127.0.0.1:${server.port}`,
      docs: `http://127.0.0.1:${server.port}/docs`,
      mode: "embedded",
      data: server.dataDir,
    })
  })

  it("is the same server after kill -9: tokens stay valid, and revoked ones do not", async () => {
    const ada = await Person.signUp(server.url, "ada")
    const gone = await Person.signUp(server.url, "gone")
    assert.strictEqual((await gone.http("POST", "/logout")).status, 204)
    await server.restart()
    assert.strictEqual((await ada.http("GET", "/me")).status, 200)
    assert.strictEqual((await gone.http("GET", "/me")).status, 401)
  })

  it("sends its sockets away on SIGTERM, and ends soon with 0", async () => {
    const bob = await Person.signUp(server.url, "bob")
    const device = await bob.connect()
    const before = performance.now()
    const code = await server.terminate()
    assert.strictEqual(code, 0)
    assert.isBelow(performance.now() - before, 5_000)
    assert.strictEqual((await device.closed).code, 1001)
    assert.notInclude(server.logs, '"level":"ERROR"')
  })
})
