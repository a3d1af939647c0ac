// All settings of an operator, read once from the environment at start and validated before anything else happens.
import { ConfigProvider, Context, Effect, Layer, Record, Redacted, Result } from "effect"
import * as AuthVariable from "./AuthVariable.ts"
import { basePath } from "./BasePath.ts"
import { type ClusterSettings, clusterProblems } from "./ClusterSettings.ts"
import { envFileVariable } from "./envFile.ts"
import { type FileSettings, fileSettings, fileVariables } from "./fileSettings.ts"
import { type InvalidSetting, InvalidSettings } from "./InvalidSettings.ts"
import { type LimitValues, limitSettings, unlimited } from "./limitSettings.ts"
import type { SigningKeys } from "./SigningKeys.ts"
import { s3Problems } from "./s3Settings.ts"
import { noTrustedProxies, type TrustProxy, trustProxy } from "./TrustProxy.ts"
import * as Variable from "./Variable.ts"

/** Another issuer whose access tokens are accepted here too. */
export interface TrustedIssuer {
  /** The URL of its public keys. */
  readonly keySet: URL
  /** The exact `iss` of its tokens. */
  readonly issuer: string
  /** A value that the `aud` of its tokens must name. */
  readonly audience: string
}

/** Also has `LimitValues`: 0 means no limit, and `RATE_LIMITS=off` makes all of them 0. */
export class Settings extends Context.Service<
  Settings,
  LimitValues & {
    /** 0: any free port. */
    readonly port: number
    readonly host: string
    /** The path below which everything is served, such as `/chat`; empty: at the root. */
    readonly basePath: string
    /** The only port of the metrics; undefined: on `port`, for programs on this machine. */
    readonly metricsPort: number | undefined
    /** Embedded mode: the directory of the database files and the generated secret. */
    readonly dataDir: string
    /** undefined: embedded mode. */
    readonly databaseUrl: Redacted.Redacted | undefined
    /** The schema of the tables; undefined: the first one of the server's search path, usually `public`. */
    readonly databaseSchema: string | undefined
    /** The maximum number of connections to PostgreSQL. */
    readonly databaseConnections: number
    readonly files: FileSettings
    /** undefined: this server is the only one on its database. */
    readonly cluster: ClusterSettings | undefined
    /**
     * At least 32 bytes; undefined with `signingKeys`, and in embedded mode, which generates one and keeps it in
     * `dataDir`.
     */
    readonly jwtSecret: Redacted.Redacted | undefined
    /** Secrets that no longer sign; tokens signed with them are valid until they expire. */
    readonly previousSecrets: ReadonlyArray<Redacted.Redacted>
    /** undefined: tokens are signed with the secret. */
    readonly signingKeys: SigningKeys | undefined
    /** undefined: only this server's own tokens are valid. */
    readonly trustedIssuer: TrustedIssuer | undefined
    /** Who may create an account: everybody, those with an invite, or nobody. */
    readonly signUp: "open" | "invite" | "closed"
    /** Whom users can find and name: all users, those who share a chat with them, or nobody; and by full user name. */
    readonly directory: "all" | "shared" | "off"
    /** As browsers send them: scheme, host and port, without a trailing slash. */
    readonly corsOrigins: ReadonlyArray<string>
    /** The reverse proxies whose X-Forwarded-* headers are trusted. */
    readonly trustProxy: TrustProxy
    readonly maxGroupMembers: number
    /** Days after which a session ends, used or not. */
    readonly sessionMaxDays: number
    /** How long the audit log keeps an entry; 0: no entries are written. */
    readonly auditDays: number
    /** Whether messages are counted (src/followers). */
    readonly messageCount: boolean
    readonly logLevel: Variable.LogLevel
    /** `auto`: pretty on a terminal, JSON lines elsewhere. */
    readonly logFormat: "pretty" | "json" | "auto"
    /** The OpenTelemetry collector; undefined: no traces. */
    readonly otlpEndpoint: string | undefined
    readonly otlpProtocol: "http/protobuf" | "http/json"
    /** Headers that the collector needs, such as a token. */
    readonly otlpHeaders: Redacted.Redacted<Readonly<Record<string, string>>>
    readonly serviceName: string
    readonly resourceAttributes: Readonly<Record<string, string>>
  }
>()("confab/config/Settings") {
  /** From the current ConfigProvider (by default the environment); the failure names every invalid setting. */
  static readonly layer: Layer.Layer<Settings, InvalidSettings> = Layer.effect(
    Settings,
    Effect.suspend(() => read),
  )

  /** The defaults for tests, but with a free port, a secret, no limits and no logs. */
  static readonly layerTest = (settings: Partial<Settings["Service"]> = {}): Layer.Layer<Settings> =>
    Layer.succeed(Settings, { ...testSettings, ...settings })
}

const variables = {
  port: Variable.wholeNumber("PORT", { minimum: 0, maximum: 65_535, fallback: 8000 }),
  // Other machines reach a chat server: it listens on all interfaces, as containers need it.
  host: Variable.string("HOST", "0.0.0.0"),
  basePath: basePath("BASE_PATH"),
  metricsPort: Variable.knownPort("METRICS_PORT"),
  dataDir: Variable.string("DATA_DIR", "./data"),
  databaseUrl: Variable.postgresUrl("DATABASE_URL"),
  databaseSchema: Variable.schema("DATABASE_SCHEMA"),
  databaseConnections: Variable.wholeNumber("DATABASE_CONNECTIONS", { minimum: 2, maximum: 1000, fallback: 10 }),
  jwtSecret: Variable.secret("JWT_SECRET", { minimumBytes: 32 }),
  previousSecrets: AuthVariable.secrets("JWT_SECRET_PREVIOUS", { minimumBytes: 32 }),
  corsOrigins: Variable.origins("CORS_ORIGINS"),
  trustProxy: trustProxy("TRUST_PROXY"),
  maxGroupMembers: Variable.wholeNumber("MAX_GROUP_MEMBERS", { minimum: 1, maximum: 100_000, fallback: 5000 }),
  ...Record.map(limitSettings, ({ fallback, variable }) => Variable.limit(variable, fallback)),
  sessionMaxDays: Variable.wholeNumber("SESSION_MAX_DAYS", { minimum: 1, maximum: 3650, fallback: 365 }),
  auditDays: Variable.wholeNumber("AUDIT_DAYS", { minimum: 0, maximum: 3650, fallback: 90 }),
  messageCount: Variable.onOff("MESSAGE_COUNT", false),
  logLevel: Variable.logLevel("LOG_LEVEL"),
  logFormat: Variable.oneOf("LOG_FORMAT", ["auto", "pretty", "json"]),
  otlpEndpoint: Variable.httpUrl("OTEL_EXPORTER_OTLP_ENDPOINT"),
  otlpProtocol: Variable.oneOf("OTEL_EXPORTER_OTLP_PROTOCOL", ["http/protobuf", "http/json"]),
  otlpHeaders: Variable.secretPairs("OTEL_EXPORTER_OTLP_HEADERS"),
  serviceName: Variable.string("OTEL_SERVICE_NAME", "confab"),
  resourceAttributes: Variable.pairs("OTEL_RESOURCE_ATTRIBUTES"),
}

/** Variables that are read but are no setting of their own. */
const others = {
  ...fileVariables,
  rateLimits: Variable.onOff("RATE_LIMITS", true),
  privateKey: AuthVariable.signingKeys("JWT_PRIVATE_KEY"),
  keySet: AuthVariable.keySetUrl("AUTH_JWKS_URL"),
  issuer: AuthVariable.name("AUTH_ISSUER", "confab"),
  audience: AuthVariable.name("AUTH_AUDIENCE"),
  directory: Variable.choice("DIRECTORY", ["all", "shared", "off"]),
  signUp: Variable.choice("SIGN_UP", ["open", "invite", "closed"]),
  redisUrl: Variable.redisUrl("REDIS_URL"),
  clusterHost: Variable.reachableHost("CLUSTER_HOST"),
  clusterPort: Variable.knownPort("CLUSTER_PORT"),
}

const read = Effect.gen(function* () {
  const results = yield* Effect.all({ ...variables, ...others }, { mode: "result" })
  const problems = Object.values<Result.Result<unknown, InvalidSetting>>(results).flatMap((result) =>
    Result.isFailure(result) ? [result.failure] : [],
  )
  const isUnset = (result: Result.Result<unknown, unknown>) => Result.isSuccess(result) && result.success === undefined
  if (isUnset(results.jwtSecret) && !isUnset(results.databaseUrl) && isUnset(results.privateKey)) {
    problems.push({
      variable: "JWT_SECRET",
      problem: "is required with DATABASE_URL; `openssl rand -base64 32` makes a good one",
    })
  }
  if (!isUnset(results.databaseSchema) && isUnset(results.databaseUrl)) {
    problems.push({ variable: "DATABASE_SCHEMA", problem: "is for DATABASE_URL, which is not set" })
  }
  problems.push(
    ...s3Problems({
      endpoint: !isUnset(results.s3Endpoint),
      bucket: !isUnset(results.s3Bucket),
      accessKey: !isUnset(results.s3AccessKey),
      secretKey: !isUnset(results.s3SecretKey),
      filesDir: !isUnset(results.filesDir),
    }),
  )
  const connections = results.databaseConnections
  problems.push(
    ...clusterProblems({
      databaseUrl: !isUnset(results.databaseUrl),
      redisUrl: !isUnset(results.redisUrl),
      host: !isUnset(results.clusterHost),
      port: !isUnset(results.clusterPort),
      connections: Result.isSuccess(connections) ? connections.success : undefined,
    }),
  )
  const ofIssuer = [
    ["AUTH_JWKS_URL", results.keySet],
    ["AUTH_ISSUER", results.issuer],
    ["AUTH_AUDIENCE", results.audience],
  ] as const
  const missing = ofIssuer.filter(([, result]) => isUnset(result))
  if (missing.length < ofIssuer.length) {
    for (const [variable] of missing) problems.push({ variable, problem: "is required with the other two of AUTH_*" })
  }
  if (problems.length > 0) return yield* new InvalidSettings({ problems })

  // The variables are not read again: a file may be a pipe.
  const {
    audience,
    clusterHost,
    clusterPort,
    directory,
    fileMaxMib,
    filesDir,
    filesOn,
    filesPerUserMib,
    issuer,
    keySet,
    privateKey,
    rateLimits,
    redisUrl,
    s3AccessKey,
    s3Bucket,
    s3Endpoint,
    s3Region,
    s3SecretKey,
    scanner,
    signUp,
    ...plain
  } = yield* Effect.fromResult(Result.all(results))
  const trustedIssuer =
    keySet === undefined || issuer === undefined || audience === undefined ? undefined : { keySet, issuer, audience }
  const settings = {
    ...plain,
    files: fileSettings(
      {
        filesOn,
        filesDir,
        fileMaxMib,
        filesPerUserMib,
        scanner,
        s3Endpoint,
        s3Bucket,
        s3Region,
        s3AccessKey,
        s3SecretKey,
      },
      { dataDir: plain.dataDir, inCluster: redisUrl !== undefined },
    ),
    signingKeys: privateKey,
    cluster:
      redisUrl === undefined || clusterHost === undefined || clusterPort === undefined
        ? undefined
        : { redisUrl, host: clusterHost, port: clusterPort },
    trustedIssuer,
    // The other issuer's users have accounts already, and need not know each other.
    signUp: signUp ?? (trustedIssuer === undefined ? ("open" as const) : ("closed" as const)),
    directory: directory ?? (trustedIssuer === undefined ? ("all" as const) : ("shared" as const)),
  }
  return rateLimits ? settings : { ...settings, ...unlimited }
}).pipe(
  Effect.mapError((error) => (error instanceof InvalidSettings ? error : new InvalidSettings({ problems: [error] }))),
)

/** The names of all variables that settings come from, those of files with secrets included. */
export const settingNames: Effect.Effect<ReadonlySet<string>> = Effect.suspend(() => {
  const names = new Set([envFileVariable])
  const recording = ConfigProvider.make(([name]) =>
    Effect.sync(() => {
      names.add(String(name))
      return undefined
    }),
  )
  return Effect.as(Effect.exit(Effect.provideService(read, ConfigProvider.ConfigProvider, recording)), names)
})

const testSettings: Settings["Service"] = {
  port: 0,
  host: "127.0.0.1",
  basePath: "",
  metricsPort: undefined,
  dataDir: "./data",
  databaseUrl: undefined,
  databaseSchema: undefined,
  databaseConnections: 10,
  files: { _tag: "Off", reason: "FILES" },
  cluster: undefined,
  jwtSecret: Redacted.make("a secret for tests, longer than 32 bytes"),
  previousSecrets: [],
  signingKeys: undefined,
  trustedIssuer: undefined,
  signUp: "open",
  directory: "all",
  corsOrigins: [],
  trustProxy: noTrustedProxies,
  maxGroupMembers: 5000,
  ...unlimited,
  sessionMaxDays: 365,
  auditDays: 90,
  messageCount: false,
  logLevel: "None",
  logFormat: "auto",
  otlpEndpoint: undefined,
  otlpProtocol: "http/protobuf",
  otlpHeaders: Redacted.make({}),
  serviceName: "confab",
  resourceAttributes: {},
}
