// A server with files for a run: on the embedded database or on PostgreSQL, killed before a step or from outside, started again on the
// same data, and aged, so that what was there is due for collection.
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import pg from "pg"
import type { Person } from "../../support/person.ts"
import { Server } from "../../support/server.ts"
import { until } from "../trouble.ts"
import type { Kill } from "./kills.ts"

/** The bytes of one blob on the disk. */
export interface Stored {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** A user's quota, MiB. */
export const quotaMiB = 24

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** The embedded database's socket has a name of its own. */
const socketAt = (path: string) => () => {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, { connect: () => connect(path) })
}

export class FileServer {
  readonly server: Server
  readonly #killFile: string
  readonly #databaseUrl: string | undefined

  private constructor(server: Server, databaseUrl: string | undefined, killFile: string) {
    this.server = server
    this.#databaseUrl = databaseUrl
    this.#killFile = killFile
  }

  /** Without `databaseUrl` on an embedded database. */
  static async start(databaseUrl?: string): Promise<FileServer> {
    const directory = mkdtempSync(join(tmpdir(), "confab-kill-"))
    const killFile = join(directory, "kill.json")
    const server = await Server.start({
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      env: {
        NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, "steps.ts")).href}`,
        FILES_KILL: killFile,
        FILES_PER_USER_MIB: String(quotaMiB),
        UPLOADS_PER_USER: "0",
        LOG_LEVEL: "Warn",
        LOG_FORMAT: "pretty",
      },
    })
    return new FileServer(server, databaseUrl, killFile)
  }

  /** From now on the server kills itself right before this step. */
  arm(kill: Kill): void {
    writeFileSync(this.#killFile, JSON.stringify(kill))
    if (this.server.pid !== undefined) process.kill(this.server.pid, "SIGUSR2")
  }

  /** Starts the server again on the same data. Uploads that it had left are old by then. */
  async restart(): Promise<void> {
    await this.server.kill9()
    const past = new Date(Date.now() - 7_200_000)
    for (const name of this.uploads()) utimesSync(join(this.#files, "tmp", name), past, past)
    await this.server.restart()
  }

  async query<Row extends pg.QueryResultRow>(text: string): Promise<ReadonlyArray<Row>> {
    const client = new pg.Client(
      this.#databaseUrl === undefined
        ? { stream: socketAt(join(this.server.dataDir, "run/pg")), user: "postgres", database: "postgres" }
        : { connectionString: this.#databaseUrl },
    )
    client.on("error", () => {})
    await client.connect()
    try {
      return (await client.query<Row>(text)).rows
    } finally {
      await client.end()
    }
  }

  /** Two days pass for everything that waits to be deleted. Nobody may be about to use a file. */
  async age(): Promise<void> {
    await this.query(
      `update files set used_until = used_until - interval '2 days', held_until = held_until - interval '2 days'
       where used_until is not null or held_until is not null`,
    )
    await this.query(`update blobs set dead_at = dead_at - interval '2 days' where dead_at is not null`)
  }

  /** Begins a collection; a change of a block wakes the runner of jobs. */
  async beginCollection(keeper: Person, other: Person): Promise<void> {
    await this.query(`update jobs set due_at = '2000-01-01' where kind = 'unused_files' and claim is null`)
    const path = `/me/state/block:${other.id}`
    await keeper.ok("PUT", path, {})
    await keeper.ok("DELETE", path)
  }

  /** Lets days pass until nothing more can be collected. */
  async collectAll(keeper: Person, other: Person): Promise<void> {
    // What is released by the first one may be deleted by the second one, and its bytes by the third one.
    for (let day = 0; day < 3; day++) {
      await this.age()
      await this.beginCollection(keeper, other)
      const isOver = await until(async () => {
        const [job] = await this.query<{ over: boolean }>(
          `select claim is null and due_at > now() + interval '20 seconds' as over from jobs where kind = 'unused_files'`,
        )
        if (job?.over !== true) await pause(50)
        return job?.over === true
      }, 60_000)
      if (!isOver) throw new Error("The collection of unused files does not end")
    }
  }

  /** The names of the files of uploads that are under way, or were left. */
  uploads(): ReadonlyArray<string> {
    return readdirSync(join(this.#files, "tmp"))
  }

  stored(): ReadonlyArray<Stored> {
    return readdirSync(this.#files, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("tmp"))
      .map(({ name, parentPath }) => {
        const bytes = readFileSync(join(parentPath, name))
        return { name, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") }
      })
  }

  get #files(): string {
    return join(this.server.dataDir, "files")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    rmSync(join(this.#killFile, ".."), { recursive: true, force: true })
  }
}
