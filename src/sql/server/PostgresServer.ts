// The server that DATABASE_URL leads to: of several hosts the one that takes writes. Owns where connections lead and ends those
// that no longer lead there. Does not own the pools that they are in, nor when to move (watch.ts).
import { connect, type Socket } from "node:net"
import { PgConnection, type PgPool } from "@effect/sql-pg"
import { Duration, Effect, Redacted } from "effect"
import type { PostgresHost, PostgresUrl } from "../../config/PostgresUrl.ts"

const sessionSettings = {
  // Acknowledged means on the disk, whatever the server's own default is.
  synchronous_commit: "on",
  // A statement or a lock that hangs is ended by the server …
  statement_timeout: "10000",
  lock_timeout: "5000",
  // … and a process that stops in the middle of a transaction must not hold a chat's row against the others.
  idle_in_transaction_session_timeout: "2000",
  // Compiling pays for long queries; these are short.
  jit: "off",
  // All are look-ups by index; without statistics, as in a new database, whole tables would seem as cheap, and stay in the plan.
  enable_seqscan: "off",
  // A statement is never worth a second process: what is long is asked for in pages.
  max_parallel_workers_per_gather: "0",
  // Each statement has one good plan; planning the commit again costs more than running it.
  plan_cache_mode: "force_generic_plan",
}

export class PostgresServer {
  readonly url: PostgresUrl
  /** The schema of all tables; undefined: where the server's own search path leads. */
  readonly schema: string | undefined
  /** What its sessions are made with, as `pg_settings` shows it. */
  readonly settings: Readonly<Record<string, string>>
  #host: PostgresHost
  /** When the server at the other end of the connections started. */
  #started: number | undefined
  readonly #sockets = new Set<Socket>()

  constructor(url: PostgresUrl, schema: string | undefined) {
    this.url = url
    this.schema = schema
    this.settings = schema === undefined ? sessionSettings : { ...sessionSettings, search_path: `"${schema}"` }
    this.#host = url.hosts[0]
  }

  /** Where connections lead. */
  get host(): PostgresHost {
    return this.#host
  }

  /** All hosts that it may be, the present one first. */
  get candidates(): ReadonlyArray<PostgresHost> {
    return [this.#host, ...this.url.hosts.filter((host) => host !== this.#host)]
  }

  /**
   * Makes connections lead to this server, and ends those that lead to another one. `started`: when it did, by which servers are
   * told apart. Gives whether it is another one.
   */
  moveTo(host: PostgresHost, started: number): boolean {
    if (host === this.#host && started === this.#started) return false
    this.#host = host
    this.#started = started
    for (const socket of this.#sockets) socket.destroy()
    return true
  }

  /** A connection to this host, whichever the others lead to; it ends with the scope, and by `socket.destroy()`. */
  to(host: PostgresHost, connectTimeout?: Duration.Input) {
    return Effect.suspend(() => {
      let socket: Socket | undefined
      const stream = () => {
        socket = open(host)
        return socket
      }
      const options = { ...this.#session(), ...host, stream }
      return Effect.map(
        PgConnection.make(connectTimeout === undefined ? options : { ...options, connectTimeout }),
        (connection) => ({ connection, end: () => void socket?.destroy() }),
      )
    })
  }

  /** What a pool is made of whose connections lead to the host of the moment at which each is made. */
  pool(maxConnections: number): PgPool.Config {
    const host = () => this.#host
    const stream = () => {
      const socket = open(host())
      this.#sockets.add(socket)
      return socket.once("close", () => this.#sockets.delete(socket))
    }
    return {
      ...this.#session(),
      // Read anew for each connection: TLS wants the name of the very host.
      get host() {
        return host().host
      },
      stream,
      maxConnections,
    }
  }

  #session(): PgConnection.Config {
    const { applicationName = "confab", connectTimeout, database, options, password, ssl, username } = this.url
    return {
      // `prefer` is known to the client as a part of a URL alone.
      ...(ssl === "prefer" ? { url: Redacted.make("postgres://?sslmode=prefer") } : { ssl }),
      database,
      username,
      password,
      applicationName,
      startupOptions: options,
      startupParameters: this.settings,
      connectTimeout:
        connectTimeout === undefined
          ? undefined
          : connectTimeout === 0
            ? Duration.infinity
            : Duration.seconds(connectTimeout),
    }
  }
}

const open = ({ host, port }: PostgresHost): Socket =>
  host.startsWith("/")
    ? connect({ path: `${host}/.s.PGSQL.${port}` })
    : connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 })
