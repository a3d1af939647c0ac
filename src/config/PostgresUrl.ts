// Parses DATABASE_URL as libpq does. Parameters that the client does not support are refused, since the operator may
// rely on one that would be ignored. Problems never quote the URL.
import { Redacted, Result } from "effect"

export interface PostgresHost {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string
  readonly port: number
}

export interface PostgresUrl {
  /** With several hosts, the one that accepts writes is used. */
  readonly hosts: readonly [PostgresHost, ...Array<PostgresHost>]
  readonly database: string
  /** undefined: the name of the account that the process runs as. */
  readonly username: string | undefined
  readonly password: Redacted.Redacted | undefined
  /** `prefer`: TLS if the server has it. Certificates are always verified. */
  readonly ssl: boolean | "prefer"
  readonly applicationName: string | undefined
  /** `-c name=value …`, for the server. */
  readonly options: string | undefined
  /** Seconds; 0: no limit. */
  readonly connectTimeout: number | undefined
}

/** A failure says what the URL must be; it continues the sentence that begins with the variable's name. */
type Parsed<A> = Result.Result<A, string>

const example = "such as postgres://user:password@host:5432/database"
const form = `must be a PostgreSQL URL, ${example}`

const sslModes: Record<string, PostgresUrl["ssl"]> = {
  disable: false,
  allow: "prefer",
  prefer: "prefer",
  require: true,
  "verify-ca": true,
  "verify-full": true,
}

const known = [
  ...["host", "port", "user", "password", "dbname", "application_name", "options", "connect_timeout", "sslmode"],
  "target_session_attrs",
]

/** What to use instead. Other parameter names are not quoted: they may be a part of an unencoded password. */
const instead: Record<string, string> = {
  sslrootcert: "a certificate authority of your own is made known by NODE_EXTRA_CA_CERTS",
  sslcert: "log in by password",
  sslkey: "log in by password",
  schema: "set DATABASE_SCHEMA",
  search_path: "set DATABASE_SCHEMA",
  pgbouncer: "docs/operations.md says what a pooler needs",
  client_encoding: "it is always UTF8",
}

const decoded = (text: string): Parsed<string> => {
  try {
    return Result.succeed(decodeURIComponent(text))
  } catch {
    return Result.fail("must have each % in it written as %25")
  }
}

const portOf = (text: string | undefined): Parsed<number> => {
  if (text === undefined || text === "") return Result.succeed(5432)
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? Result.succeed(port) : Result.fail("must have a port from 1 to 65535")
}

const parametersOf = (query: string): Parsed<ReadonlyMap<string, string>> =>
  Result.gen(function* () {
    const parameters = new Map<string, string>()
    for (const pair of query.split("&").filter((part) => part !== "")) {
      const [name = "", ...value] = pair.split("=")
      if (!known.includes(name)) {
        const hint = instead[name]
        return yield* Result.fail(
          hint === undefined
            ? `must have no parameters but ${known.join(", ")}`
            : `has the parameter ${name}, which is not known here: ${hint}`,
        )
      }
      parameters.set(name, yield* decoded(value.join("=").replaceAll("+", " ")))
    }
    return parameters
  })

const hostOf = (text: string): Parsed<PostgresHost> =>
  Result.gen(function* () {
    const [all, ip6, name = "", port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text) ?? []
    if (all === undefined) return yield* Result.fail(form)
    return { host: ip6 ?? (yield* decoded(name)), port: yield* portOf(port) }
  })

/** The hosts from the authority or from the parameters; each may be a list. */
const hostsOf = (authority: string, parameters: ReadonlyMap<string, string>): Parsed<ReadonlyArray<PostgresHost>> =>
  Result.gen(function* () {
    const named = parameters.get("host")?.split(",")
    const ports = parameters.get("port")?.split(",")
    const hosts = named?.map((host) => ({ host, port: 5432 })) ?? (yield* Result.all(authority.split(",").map(hostOf)))
    if (ports !== undefined && ports.length > 1 && ports.length !== hosts.length) {
      return yield* Result.fail("must have one port, or one for each host")
    }
    const found: Array<PostgresHost> = []
    for (const [i, { host, port }] of hosts.entries()) {
      found.push({
        host: host === "" ? "localhost" : host,
        port: ports === undefined ? port : yield* portOf(ports[i] ?? ports[0]),
      })
    }
    return found
  })

/** The parts of the URL, or what it must be instead. */
export const parsePostgresUrl = (text: string): Parsed<PostgresUrl> =>
  Result.gen(function* () {
    const [all, authority = "", path = "", query = ""] =
      /^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text) ?? []
    if (all === undefined) return yield* Result.fail(form)
    const at = authority.lastIndexOf("@")
    if (authority.indexOf("@") !== at || /[@\s]/.test(path + query)) {
      return yield* Result.fail("must have / ? # @ and spaces in user and password written as %2F %3F %23 %40 %20")
    }
    const [user = "", ...password] = authority.slice(0, Math.max(at, 0)).split(":")
    const parameters = yield* parametersOf(query)
    const [host, ...others] = yield* hostsOf(authority.slice(at + 1), parameters)
    const database = parameters.get("dbname") ?? (yield* decoded(path))
    if (host === undefined || database === "") return yield* Result.fail(`must name a database, ${example}`)
    const ssl = sslModes[parameters.get("sslmode") ?? "disable"]
    if (ssl === undefined) return yield* Result.fail(`must have an sslmode of ${Object.keys(sslModes).join(", ")}`)
    if (!["any", "read-write", "primary"].includes(parameters.get("target_session_attrs") ?? "any")) {
      return yield* Result.fail(
        "must have no target_session_attrs but read-write: a server that takes writes is needed",
      )
    }
    const timeout = parameters.get("connect_timeout")
    if (timeout !== undefined && !/^\d{1,6}$/.test(timeout)) {
      return yield* Result.fail("must have a connect_timeout in whole seconds")
    }
    const secret =
      parameters.get("password") ?? (password.length === 0 ? undefined : yield* decoded(password.join(":")))
    return {
      hosts: [host, ...others],
      database,
      username: (parameters.get("user") ?? (yield* decoded(user))) || undefined,
      password: secret === undefined ? undefined : Redacted.make(secret),
      ssl,
      applicationName: parameters.get("application_name"),
      options: parameters.get("options"),
      connectTimeout: timeout === undefined ? undefined : Number(timeout),
    }
  })
