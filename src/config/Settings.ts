// All that an operator can set, read from the environment once, at start, and checked before anything else happens.
import { Context, Effect, Layer, Redacted, Result } from "effect"
import { type InvalidSetting, InvalidSettings } from "./InvalidSettings.ts"
import * as Variable from "./Variable.ts"

export class Settings extends Context.Service<
  Settings,
  {
    /** 0: any free one. */
    readonly port: number
    readonly host: string
    /** Embedded mode: where the database files and the generated secret are. */
    readonly dataDir: string
    /** undefined: embedded mode. */
    readonly databaseUrl: Redacted.Redacted | undefined
    /** Connections to PostgreSQL at most. */
    readonly databaseConnections: number
    /** At least 32 bytes; undefined in embedded mode only, which makes one and keeps it in `dataDir`. */
    readonly jwtSecret: Redacted.Redacted | undefined
    /** As browsers send them: scheme, host and port, no slash at the end. */
    readonly corsOrigins: ReadonlyArray<string>
    /** Is there a reverse proxy in front, whose X-Forwarded-* headers count? */
    readonly trustProxy: boolean
    readonly maxGroupMembers: number
    /** 0 in this and the next three: unlimited. `RATE_LIMITS=off` makes all four 0. */
    readonly signupsPerMinute: number
    readonly failedLoginsPerMinute: number
    readonly messagesPerSecond: number
    readonly socketsPerUser: number
    readonly logLevel: Variable.LogLevel
    /** `auto`: pretty on a terminal, JSON lines elsewhere. */
    readonly logFormat: "pretty" | "json" | "auto"
  }
>()("confab/config/Settings") {
  /** From the current ConfigProvider (the environment, unless told otherwise); names every setting that is wrong. */
  static readonly layer: Layer.Layer<Settings, InvalidSettings> = Layer.effect(
    Settings,
    Effect.suspend(() => read),
  )

  /** The defaults, for tests, but with a free port, a secret, no limits and no logs. */
  static readonly layerTest = (settings: Partial<Settings["Service"]> = {}): Layer.Layer<Settings> =>
    Layer.succeed(Settings, { ...testSettings, ...settings })
}

const variables = {
  port: Variable.wholeNumber("PORT", { minimum: 0, maximum: 65_535, fallback: 8000 }),
  // A chat server is there for others: all interfaces, as containers need it.
  host: Variable.string("HOST", "0.0.0.0"),
  dataDir: Variable.string("DATA_DIR", "./data"),
  databaseUrl: Variable.postgresUrl("DATABASE_URL"),
  databaseConnections: Variable.wholeNumber("DATABASE_CONNECTIONS", { minimum: 2, maximum: 1000, fallback: 10 }),
  jwtSecret: Variable.secret("JWT_SECRET", { minimumBytes: 32 }),
  corsOrigins: Variable.origins("CORS_ORIGINS"),
  trustProxy: Variable.onOff("TRUST_PROXY", false),
  maxGroupMembers: Variable.wholeNumber("MAX_GROUP_MEMBERS", { minimum: 1, maximum: 100_000, fallback: 5000 }),
  signupsPerMinute: Variable.limit("SIGNUPS_PER_MINUTE", 10),
  failedLoginsPerMinute: Variable.limit("FAILED_LOGINS_PER_MINUTE", 10),
  messagesPerSecond: Variable.limit("MESSAGES_PER_SECOND", 30),
  socketsPerUser: Variable.limit("SOCKETS_PER_USER", 50),
  logLevel: Variable.logLevel("LOG_LEVEL"),
  logFormat: Variable.oneOf("LOG_FORMAT", ["auto", "pretty", "json"]),
}

/** What is read but is no setting of its own. */
const others = {
  rateLimits: Variable.onOff("RATE_LIMITS", true),
  redisUrl: Variable.notYet("REDIS_URL"),
  clusterHost: Variable.notYet("CLUSTER_HOST"),
  clusterPort: Variable.notYet("CLUSTER_PORT"),
}

const read = Effect.gen(function* () {
  const results = yield* Effect.all({ ...variables, ...others }, { mode: "result" })
  const problems = Object.values<Result.Result<unknown, InvalidSetting>>(results).flatMap((result) =>
    Result.isFailure(result) ? [result.failure] : [],
  )
  const isUnset = <A, E>(result: Result.Result<A, E>) => Result.isSuccess(result) && result.success === undefined
  if (isUnset(results.jwtSecret) && !isUnset(results.databaseUrl)) {
    problems.push({
      variable: "JWT_SECRET",
      problem: "is required with DATABASE_URL; `openssl rand -base64 32` makes a good one",
    })
  }
  if (problems.length > 0) return yield* new InvalidSettings({ problems })

  const settings = yield* Effect.all(variables)
  return (yield* others.rateLimits) ? settings : { ...settings, ...unlimited }
}).pipe(
  Effect.mapError((error) => (error instanceof InvalidSettings ? error : new InvalidSettings({ problems: [error] }))),
)

const unlimited = { signupsPerMinute: 0, failedLoginsPerMinute: 0, messagesPerSecond: 0, socketsPerUser: 0 }

const testSettings: Settings["Service"] = {
  port: 0,
  host: "127.0.0.1",
  dataDir: "./data",
  databaseUrl: undefined,
  databaseConnections: 10,
  jwtSecret: Redacted.make("a secret for tests, longer than 32 bytes"),
  corsOrigins: [],
  trustProxy: false,
  maxGroupMembers: 5000,
  ...unlimited,
  logLevel: "None",
  logFormat: "auto",
}
