// What the server reports once it listens. Starters and tests look for the URL in it: keep `Confab is listening on
// <url>`.
import { Console, Effect, References } from "effect"
import { isPretty } from "./Logging.ts"
import { Settings } from "./Settings.ts"

export interface Listening {
  /** The actual port, also when `PORT` is 0. */
  readonly port: number
  readonly mode: "embedded" | "postgres"
  /** A directory, or the database and the address of its server. */
  readonly location: string
}

const everywhere = new Set(["0.0.0.0", "::", "[::]"])

const urlOf = ({ basePath, host }: Settings["Service"], port: number): string => {
  const name = everywhere.has(host) ? "localhost" : host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host
  return `http://${name}:${port}${basePath}`
}

/**
 * Prints lines on a terminal (or with `LOG_FORMAT=pretty`); otherwise one log line, with the parts as annotations.
 * `LOG_LEVEL` does not hide it.
 */
export const banner = Effect.fnUntraced(function* ({ port, mode, location }: Listening) {
  const settings = yield* Settings
  const { cluster } = settings
  const url = urlOf(settings, port)
  const data = mode === "embedded" ? `the built-in database in ${location}` : `PostgreSQL, ${location}`
  if (!isPretty(settings)) {
    yield* Effect.logInfo(`Confab is listening on ${url}`).pipe(
      Effect.annotateLogs({ url, docs: `${url}/docs`, mode: cluster === undefined ? mode : "cluster", data: location }),
      // A starter waits for this line, whatever `LOG_LEVEL` is.
      Effect.provideService(References.MinimumLogLevel, "Info"),
    )
    return
  }
  yield* Console.log(
    [
      "",
      `  Confab is listening on ${url}`,
      "",
      `    API     ${url}/docs`,
      `    Data    ${data}`,
      ...(cluster === undefined ? [] : [`    Cluster this node is ${cluster.host}:${cluster.port} to the others`]),
      ...(settings.host === "0.0.0.0" || settings.host === "::"
        ? ["    Reach   every network of this machine (HOST)"]
        : []),
      "",
    ].join("\n"),
  )
})
