// Locks that a test holds in PostgreSQL: a server stops exactly where it needs them, and the test knows which one it is.
import pg from "pg"

const connect = async (databaseUrl: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "held rows" })
  await client.connect()
  return client
}

export class HeldRows implements AsyncDisposable {
  readonly #holder: pg.Client
  readonly #pid: number
  /** Within a transaction the activity would stay as it was first seen. */
  readonly #watcher: pg.Client

  private constructor(holder: pg.Client, pid: number, watcher: pg.Client) {
    this.#holder = holder
    this.#pid = pid
    this.#watcher = watcher
  }

  /** `statement`: locks rows or tables, in a transaction that lasts until `cut` or the end. */
  static async hold(databaseUrl: string, statement: string): Promise<HeldRows> {
    const [holder, watcher] = [await connect(databaseUrl), await connect(databaseUrl)]
    const { rows } = await holder.query<{ pid: number }>("select pg_backend_pid() as pid")
    await holder.query("begin")
    await holder.query(statement)
    return new HeldRows(holder, rows[0]!.pid, watcher)
  }

  /** The `application_name` of a server that waits for these locks, with a statement like this one. */
  async waiting(like = "%"): Promise<string> {
    for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
      const { rows } = await this.#watcher.query<{ name: string }>(
        `select application_name as name from pg_stat_activity where $1::integer = any(pg_blocking_pids(pid)) and query like $2`,
        [this.#pid, like],
      )
      if (rows[0] !== undefined) return rows[0].name
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error("No server needed these locks")
  }

  /** Ends what waits, without effect, as the server that asked for it is gone; then lets go. */
  async cut(): Promise<void> {
    await this.#watcher.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where $1::integer = any(pg_blocking_pids(pid))`,
      [this.#pid],
    )
    await this.#holder.query("rollback")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#holder.end(), this.#watcher.end()])
  }
}
