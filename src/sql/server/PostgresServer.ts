// The server of DATABASE_URL: with several hosts, the one that accepts writes. Owns the target of connections, and ends
// those to a former target. Does not own their pools, nor the decision to move (watch.ts).
import { connect, type Socket } from "node:net"
import { PgConnection, type PgPool } from "@effect/sql-pg"
import { Duration, Effect, Redacted } from "effect"
import type { PostgresHost, PostgresUrl } from "../../config/PostgresUrl.ts"

const sessionSettings = {
  // Acknowledged means written to disk, whatever the server's default is.
  synchronous_commit: "on",
  // The server ends a statement or a lock that hangs.
  statement_timeout: "10000",
  lock_timeout: "5000",
  // A process that stops within a transaction must not keep a chat's row locked.
  idle_in_transaction_session_timeout: "2000",
  // Compilation pays off for long queries; these are short.
  jit: "off",
  // All statements look up by index; without statistics, as in a new database, whole tables would seem as cheap, and
  // stay in the plan.
  enable_seqscan: "off",
  // To set up a cache of look-ups costs more than the few look-ups of a statement.
  enable_memoize: "off",
  // No statement is worth a second process: long reads are paged.
  max_parallel_workers_per_gather: "0",
  // Each statement has one good plan; planning the commit again costs more than running it.
  plan_cache_mode: "force_generic_plan",
}

export class PostgresServer {
  readonly url: PostgresUrl
  /** The schema of all tables; undefined: the server's own search path decides. */
  readonly schema: string | undefined
  /** The settings of its sessions, as `pg_settings` shows them. */
  readonly settings: Readonly<Record<string, string>>
  /**
   * It took no writes, for the watch or for a session of a pool. Sessions that began then may be read-only for as long
   * as they last, whatever later ones are.
   */
  hasRefused = false
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

  /** The target of connections. */
  get host(): PostgresHost {
    return this.#host
  }

  /** All hosts that may be the target, the present one first. */
  get candidates(): ReadonlyArray<PostgresHost> {
    return [this.#host, ...this.url.hosts.filter((host) => host !== this.#host)]
  }

  /**
   * Directs connections to this server, and ends those to another one. `started`: the time when it started, which
   * identifies a server. Those to the same server end as well if it has refused. Returns whether any
   * were ended.
   */
  moveTo(host: PostgresHost, started: number): boolean {
    if (host === this.#host && started === this.#started && !this.hasRefused) return false
    this.hasRefused = false
    this.#host = host
    this.#started = started
    for (const socket of this.#sockets) socket.destroy()
    return true
  }

  /** A connection to this host, whatever the present target is; it ends with the scope, and by `socket.destroy()`. */
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

  /** The options of a pool whose connections go to the host that is the target when each is opened. */
  pool(maxConnections: number): PgPool.Config {
    const host = () => this.#host
    const stream = () => {
      const socket = open(host())
      this.#sockets.add(socket)
      return socket.once("close", () => this.#sockets.delete(socket))
    }
    return {
      ...this.#session(),
      // Evaluated for each connection: TLS needs the name of the current host.
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
      // The client supports `prefer` only as a part of a URL.
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
