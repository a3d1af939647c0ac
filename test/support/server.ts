// The real server as a child process, for tests from outside: started on a free port, killed, started again on the
// same data, and never left behind.
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { emptyDataDir, startedBefore } from "./dataDir.ts"
import { compileCache, program } from "./program.ts"

const root = join(import.meta.dirname, "../..")
const leash = join(import.meta.dirname, "leash.ts")
const cheapPasswords = join(import.meta.dirname, "cheapPasswords.ts")

export interface ServerOptions {
  /** PostgreSQL to use; without it the server embeds its database in a directory of its own. */
  readonly databaseUrl?: string
  /** Its DATA_DIR is empty, as at a user's first start. It takes seconds. */
  readonly isFirstStart?: boolean
  /** More settings; limits are off by default. */
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds until it must listen. */
  readonly timeout?: number
  /** Arguments of Node that start another program than the one under test (program.ts). */
  readonly program?: ReadonlyArray<string>
  /** Started by npm, as a user does. The pid and the signals are npm's then. */
  readonly byNpm?: boolean
}

/** The first line of the banner. */
const listening = /Confab is listening on https?:\/\/\S+?:([1-9]\d*)/

const killGroup = (leader: ChildProcess): void => {
  try {
    process.kill(-(leader.pid ?? Number.NaN), "SIGKILL")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error
  }
}

export class Server {
  /** Everything that this server has written so far, over all its lives. */
  logs = ""
  #child: ChildProcess | undefined
  #port = 0
  readonly #dataDir = emptyDataDir()
  readonly #options: ServerOptions

  private constructor(options: ServerOptions) {
    this.#options = options
    if (options.databaseUrl === undefined && options.isFirstStart !== true) startedBefore(this.#dataDir)
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(options)
    await server.#launch().catch(async (cause) => {
      await server[Symbol.asyncDispose]()
      throw cause
    })
    return server
  }

  get port(): number {
    return this.#port
  }
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}`
  }
  get pid(): number | undefined {
    return this.#child?.pid
  }
  get databaseUrl(): string | undefined {
    return this.#options.databaseUrl
  }
  /** Where an embedded server keeps its files. */
  get dataDir(): string {
    return this.#dataDir
  }
  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Kills the process without a shutdown. */
  async kill9(): Promise<void> {
    await this.#stop("SIGKILL")
  }

  /** Asks it to stop; resolves with its exit status once it has, and once nothing that it started writes anything any more. */
  async terminate(): Promise<number | null> {
    return this.#stop("SIGTERM")
  }

  /** Again, on the same data and the same port. Milliseconds until it listened. */
  async restart(): Promise<number> {
    await this.kill9()
    const before = performance.now()
    await this.#launch()
    return performance.now() - before
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#options.byNpm && this.#child !== undefined) killGroup(this.#child)
    await this.kill9()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  async #stop(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return null
    if (this.isRunning) {
      const ended = once(child, "close")
      child.kill(signal)
      await ended
    }
    return child.exitCode
  }

  async #launch(): Promise<void> {
    const { byNpm = false, databaseUrl, env, timeout = 110_000 } = this.#options
    const main = this.#options.program ?? program("main")
    const [command, args] = byNpm
      ? ["npm", ["start"]]
      : [process.execPath, ["--import", leash, "--import", cheapPasswords, ...main]]
    const child = spawn(command, args, {
      cwd: root,
      // A process group of its own, so that what npm leaves behind can be killed.
      detached: byNpm,
      stdio: ["pipe", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: process.env.NODE_OPTIONS,
        NODE_COMPILE_CACHE: compileCache(),
        ENV_FILE: "/dev/null",
        HOST: "127.0.0.1",
        PORT: String(this.#port),
        DATA_DIR: this.#dataDir,
        RATE_LIMITS: "off",
        ...(databaseUrl === undefined
          ? {}
          : { DATABASE_URL: databaseUrl, JWT_SECRET: "a secret for the tests, and for nothing else" }),
        ...env,
      },
    })
    this.#child = child
    const kill = () => (byNpm ? killGroup(child) : child.kill("SIGKILL"))
    process.once("exit", kill)
    child.once("close", () => process.off("exit", kill))
    const from = this.logs.length
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => {
        kill()
        reject(new Error(`The server ${why}. It wrote:\n${this.logs.slice(from)}`))
      }
      const timer = setTimeout(() => fail(`did not listen within ${timeout} ms`), timeout)
      const exited = (code: number | null, signal: NodeJS.Signals | null) => {
        clearTimeout(timer)
        fail(`exited with ${code ?? signal} before it listened`)
      }
      child.once("exit", exited)
      const read = (chunk: Buffer) => {
        this.logs += chunk.toString()
        const port = listening.exec(this.logs.slice(from))?.[1]
        if (port === undefined) return
        this.#port = Number(port)
        clearTimeout(timer)
        child.off("exit", exited)
        resolve()
      }
      child.stdout.on("data", read)
      child.stderr.on("data", read)
    })
  }
}
