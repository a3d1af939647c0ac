import { generateKeyPairSync, KeyObject } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted, Struct } from "effect"
import { limitSettings } from "../../src/config/limitSettings.ts"
import { Settings } from "../../src/config/Settings.ts"
import { noTrustedProxies, trustHops } from "../../src/config/TrustProxy.ts"

const read = (env: Record<string, string>) =>
  Settings.pipe(
    Effect.provide(Settings.layer),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })),
  )

const problems = (env: Record<string, string>) =>
  Effect.map(Effect.flip(read(env)), ({ message }) => message.split("\n"))

const secret = "0123456789abcdef0123456789abcdef"

const newDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "confab-keys-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

/** The settings with what is secret in them. */
const revealed = (value: unknown): unknown => {
  if (Redacted.isRedacted(value)) return revealed(Redacted.value(value))
  if (value instanceof KeyObject) return value.export({ format: "jwk" })
  if (Array.isArray(value)) return value.map(revealed)
  if (typeof value !== "object" || value === null || value instanceof URL) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]))
}

const cluster = {
  DATABASE_URL: "postgres://user:hidden@db/confab",
  JWT_SECRET: secret,
  REDIS_URL: "redis://user:hidden@redis:6379",
  CLUSTER_HOST: "10.0.0.1",
  CLUSTER_PORT: "4000",
}

describe("Settings", () => {
  it.effect("all have defaults, and blank is unset", () =>
    Effect.gen(function* () {
      const defaults = yield* read({})
      assert.deepStrictEqual(defaults, {
        port: 8000,
        host: "0.0.0.0",
        basePath: "",
        metricsPort: undefined,
        dataDir: "./data",
        databaseUrl: undefined,
        databaseSchema: undefined,
        databaseConnections: 10,
        files: {
          _tag: "Directory",
          directory: "data/files",
          isChosen: false,
          maxBytes: 100 * 1_048_576,
          quotaBytes: 2048 * 1_048_576,
          scanner: undefined,
        },
        cluster: undefined,
        jwtSecret: undefined,
        previousSecrets: [],
        signingKeys: undefined,
        trustedIssuer: undefined,
        signUp: "open",
        directory: "all",
        corsOrigins: [],
        trustProxy: noTrustedProxies,
        maxGroupMembers: 5000,
        signupsPerMinute: 10,
        failedLoginsPerMinute: 10,
        failedLoginsPerAddress: 100,
        messagesPerSecond: 30,
        requestsPerSecond: 100,
        chatsPerHour: 100,
        membersPerHour: 10_000,
        maxChats: 10_000,
        exportsPerHour: 6,
        socketsPerUser: 50,
        uploadsPerUser: 4,
        framesPerSecond: 400,
        sessionMaxDays: 365,
        auditDays: 90,
        messageCount: false,
        logLevel: "Info",
        logFormat: "auto",
        otlpEndpoint: undefined,
        otlpProtocol: "http/protobuf",
        otlpHeaders: Redacted.make({}),
        serviceName: "confab",
        resourceAttributes: {},
      })
      assert.deepStrictEqual(
        yield* read({ PORT: "", DATABASE_URL: "", REDIS_URL: "", JWT_SECRET: " ", CORS_ORIGINS: "", RATE_LIMITS: "" }),
        defaults,
      )
    }),
  )

  it.effect("say where files are, and that several nodes need a place for all of them", () =>
    Effect.gen(function* () {
      const of = (env: Record<string, string>) => Effect.map(read(env), ({ files }) => files)
      const limits = { maxBytes: 100 * 1_048_576, quotaBytes: 2048 * 1_048_576, scanner: undefined }
      assert.deepStrictEqual(yield* of({ DATA_DIR: "/data" }), {
        _tag: "Directory",
        directory: "/data/files",
        isChosen: false,
        ...limits,
      })
      assert.deepStrictEqual(yield* of({ FILES_DIR: "/f", FILE_MAX_MIB: "2", FILES_PER_USER_MIB: "0" }), {
        _tag: "Directory",
        directory: "/f",
        isChosen: true,
        maxBytes: 2 * 1_048_576,
        quotaBytes: null,
        scanner: undefined,
      })
      assert.deepStrictEqual(yield* of({ FILES: "off", FILES_DIR: "/f" }), { _tag: "Off", reason: "FILES" })
      assert.deepStrictEqual(yield* of(cluster), { _tag: "Off", reason: "cluster" })
      assert.deepInclude(yield* of({ ...cluster, FILES_DIR: "/shared" }), { _tag: "Directory", directory: "/shared" })
    }),
  )

  it.effect("say which S3 store keeps files, completely and in no second place", () =>
    Effect.gen(function* () {
      const s3 = {
        S3_ENDPOINT: "https://s3.example.org/",
        S3_BUCKET: "files",
        S3_ACCESS_KEY: "key",
        S3_SECRET_KEY: "hidden",
      }
      for (const env of [s3, { ...cluster, ...s3 }]) {
        const { files } = yield* read({ ...env, DATA_DIR: "/data", S3_REGION: "eu-central-1" })
        assert.deepInclude(files, {
          _tag: "S3",
          endpoint: "https://s3.example.org",
          bucket: "files",
          region: "eu-central-1",
          spool: "/data/files",
          maxBytes: 100 * 1_048_576,
        })
        assert.notInclude(JSON.stringify(files), "hidden")
      }
      const directory = yield* newDirectory
      const file = join(directory, "secret")
      writeFileSync(file, "hidden\n")
      const fromFile = yield* read({ ...s3, S3_SECRET_KEY: "", S3_SECRET_KEY_FILE: file })
      assert.deepStrictEqual(revealed(fromFile), revealed(yield* read(s3)))
      const { S3_ENDPOINT: _, ...without } = s3
      assert.deepStrictEqual(yield* problems({ ...without, S3_SECRET_KEY: "" }), [
        "S3_BUCKET is for S3_ENDPOINT, which is not set.",
        "S3_ACCESS_KEY is for S3_ENDPOINT, which is not set.",
      ])
      assert.deepStrictEqual(yield* problems({ S3_ENDPOINT: s3.S3_ENDPOINT, S3_BUCKET: "files", FILES_DIR: "/f" }), [
        "S3_ACCESS_KEY is required with S3_ENDPOINT.",
        "S3_SECRET_KEY is required with S3_ENDPOINT.",
        "FILES_DIR and S3_ENDPOINT are two places for files: set one.",
      ])
      const wrong = yield* problems({ ...s3, S3_ENDPOINT: "s3.example.org", S3_BUCKET: "a/b" })
      assert.deepStrictEqual(
        wrong.map((line) => line.split(" ")[0]),
        ["S3_ENDPOINT", "S3_BUCKET"],
      )
    }).pipe(Effect.scoped),
  )

  it.effect("say where the scanner is, on its usual port if none is given", () =>
    Effect.gen(function* () {
      const of = (CLAMAV: string) =>
        Effect.map(read({ CLAMAV }), ({ files }) => (files._tag === "Off" ? undefined : files.scanner))
      assert.deepStrictEqual(yield* of("clamav"), { host: "clamav", port: 3310 })
      assert.deepStrictEqual(yield* of("10.0.0.9:1234"), { host: "10.0.0.9", port: 1234 })
      assert.deepStrictEqual(yield* of("[::1]:1234"), { host: "::1", port: 1234 })
      for (const CLAMAV of ["tcp://clamav:3310", "clamav:0", "clamav:99999", ":3310", "::1"]) {
        assert.deepStrictEqual(
          (yield* problems({ CLAMAV })).map((line) => line.split(" ")[0]),
          ["CLAMAV"],
          CLAMAV,
        )
      }
    }),
  )

  it.effect("are read from the environment", () =>
    Effect.gen(function* () {
      const settings = yield* read({
        PORT: "0",
        HOST: "::1",
        HOST_NAME: "another variable that begins alike",
        DATA_DIR: "/tmp/confab data",
        DATABASE_URL: "postgresql://user:p%40ss@db/confab?sslmode=require",
        JWT_SECRET: secret,
        CORS_ORIGINS: "https://a.example, http://localhost:3000/,",
        TRUST_PROXY: "TRUE",
        LOG_LEVEL: "debug",
        LOG_FORMAT: "JSON",
        SIGNUPS_PER_MINUTE: "0",
        OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/otlp/",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc%3D, x-tenant = 7",
      })
      assert.strictEqual(settings.port, 0)
      assert.strictEqual(settings.host, "::1")
      assert.strictEqual(settings.dataDir, "/tmp/confab data")
      assert.deepStrictEqual(settings.corsOrigins, ["https://a.example", "http://localhost:3000"])
      assert.deepStrictEqual(settings.trustProxy, trustHops(1))
      assert.strictEqual(settings.logLevel, "Debug")
      assert.strictEqual(settings.logFormat, "json")
      assert.strictEqual(settings.signupsPerMinute, 0)
      assert.strictEqual(settings.otlpEndpoint, "https://collector.example/otlp")
      assert.deepStrictEqual(Redacted.value(settings.otlpHeaders), { authorization: "Bearer abc=", "x-tenant": "7" })
      assert.notInclude(JSON.stringify(settings), "abc")
      const url = settings.databaseUrl === undefined ? "" : Redacted.value(settings.databaseUrl)
      assert.strictEqual(url, "postgresql://user:p%40ss@db/confab?sslmode=require")
      assert.notInclude(JSON.stringify(settings), "p%40ss")
      assert.notInclude(JSON.stringify(settings), secret)
    }),
  )

  it.effect("trust one proxy, a number of them, or their networks", () =>
    Effect.gen(function* () {
      const trust = (value: string) => Effect.map(read({ TRUST_PROXY: value }), (settings) => settings.trustProxy)
      for (const value of ["", "off", "no", "0"]) assert.deepStrictEqual(yield* trust(value), noTrustedProxies)
      for (const value of ["on", "Yes", "1"]) assert.deepStrictEqual(yield* trust(value), trustHops(1))
      assert.deepStrictEqual(yield* trust("3"), trustHops(3))
      const found = yield* trust("10.0.0.0/8, fd00::/8,[2001:db8::1], 192.0.2.7")
      assert.strictEqual(found._tag, "Networks")
      if (found._tag !== "Networks") return
      for (const address of ["10.1.2.3", "192.0.2.7"]) assert.isTrue(found.networks.check(address), address)
      for (const address of ["11.1.2.3", "192.0.2.8"]) assert.isFalse(found.networks.check(address), address)
      assert.isTrue(found.networks.check("fd12::1", "ipv6") && found.networks.check("2001:db8::1", "ipv6"))
      assert.isFalse(found.networks.check("2001:db8::2", "ipv6"))
    }),
  )

  it.effect("ask for cluster mode all together", () =>
    Effect.gen(function* () {
      for (const host of ["10.0.0.1", "node-1.chat.internal", "fd00::1"]) {
        const settings = yield* read({ ...cluster, CLUSTER_HOST: host })
        assert.deepInclude(settings.cluster, { host, port: 4000 })
        assert.strictEqual(settings.cluster && Redacted.value(settings.cluster.redisUrl), cluster.REDIS_URL)
        assert.notInclude(JSON.stringify(settings), "hidden")
      }
      assert.isUndefined((yield* read({ DATABASE_URL: cluster.DATABASE_URL, JWT_SECRET: secret })).cluster)
    }),
  )

  it.effect("each limit has its own variable, and 0 switches it off", () =>
    Effect.gen(function* () {
      for (const name of Struct.keys(limitSettings)) {
        const { variable } = limitSettings[name]
        assert.strictEqual((yield* read({ [variable]: "7" }))[name], 7)
        assert.strictEqual((yield* read({ [variable]: "0" }))[name], 0)
      }
    }),
  )

  it.effect("BASE_PATH is a path of plain words, or the root", () =>
    Effect.gen(function* () {
      for (const [value, path] of [
        ["/chat", "/chat"],
        ["/tools/chat-2_b~", "/tools/chat-2_b~"],
        ["/", ""],
      ] as const) {
        assert.strictEqual((yield* read({ BASE_PATH: value })).basePath, path)
      }
    }),
  )

  it.effect("RATE_LIMITS=off switches all limits off, whatever they are", () =>
    Effect.gen(function* () {
      const settings = yield* read({ RATE_LIMITS: "off", MESSAGES_PER_SECOND: "5" })
      for (const name of Struct.keys(limitSettings)) assert.deepStrictEqual([name, settings[name]], [name, 0])
    }),
  )

  const wrong: ReadonlyArray<readonly [Record<string, string>, RegExp]> = [
    [{ PORT: "eight" }, /^PORT must be a whole number from 0 to 65535, but is "eight"\.$/],
    [{ PORT: "65536" }, /^PORT must be a whole number/],
    [{ PORT: "-1" }, /^PORT must be a whole number/],
    [{ METRICS_PORT: "0" }, /^METRICS_PORT must be a port from 1 to 65535/],
    [{ PORT: "0x50" }, /^PORT must be a whole number/],
    [{ MESSAGES_PER_SECOND: "1.5" }, /^MESSAGES_PER_SECOND must be a whole number/],
    [{ MAX_GROUP_MEMBERS: "0" }, /^MAX_GROUP_MEMBERS must be a whole number from 1/],
    [{ BASE_PATH: "chat" }, /^BASE_PATH must be a path such as \/chat: .*, but is "chat"\.$/],
    ...[
      "/chat/",
      "//chat",
      "/a//b",
      "/../a",
      "/a.b",
      "/a%20b",
      "/a?b",
      "/a#b",
      "/a;b",
      "/ä",
      "https://example.org/a",
    ].map((value) => [{ BASE_PATH: value }, /^BASE_PATH must be a path such as/] as const),
    [{ TRUST_PROXY: "maybe" }, /^TRUST_PROXY must be off, on, the number of proxies in a row .*, but is "maybe"\.$/],
    ...["17", "-1", "1.5", "10.0.0.0/33", "::/129", "10.0.0", "10.0.0.1,", "10.0.0.1 10.0.0.2", "proxy.example"].map(
      (value) => [{ TRUST_PROXY: value }, /^TRUST_PROXY must be off, on, the number/] as const,
    ),
    // These would trust every client.
    ...["0.0.0.0/0", "::/0"].map((value) => [{ TRUST_PROXY: value }, /^TRUST_PROXY must be off/] as const),
    [{ RATE_LIMITS: "none" }, /^RATE_LIMITS must be on or off/],
    [{ LOG_LEVEL: "loud" }, /^LOG_LEVEL must be one of Trace, Debug, Info, Warn, Error, None, but is "loud"\.$/],
    [{ LOG_FORMAT: "xml" }, /^LOG_FORMAT must be one of auto, pretty, json/],
    [{ CORS_ORIGINS: "*" }, /^CORS_ORIGINS must be origins .* but has "\*"\.$/],
    [{ CORS_ORIGINS: "https://a.example/path" }, /^CORS_ORIGINS must be origins/],
    [{ CORS_ORIGINS: "a.example" }, /^CORS_ORIGINS must be origins/],
    [{ CORS_ORIGINS: "ftp://a.example" }, /^CORS_ORIGINS must be origins/],
    [{ JWT_SECRET: "short and secret" }, /^JWT_SECRET must have at least 32 bytes, but has 16\.$/],
    [
      { DATABASE_URL: "mysql://user:hidden@db/x", JWT_SECRET: secret },
      /^DATABASE_URL must be a PostgreSQL URL, such as postgres:/,
    ],
    [{ DATABASE_SCHEMA: "chat" }, /^DATABASE_SCHEMA is for DATABASE_URL, which is not set\.$/],
    [{ ...cluster, DATABASE_SCHEMA: 'chat"; drop' }, /^DATABASE_SCHEMA must be the name of a schema: a-z/],
    [{ ...cluster, DATABASE_SCHEMA: "Chat" }, /^DATABASE_SCHEMA must be the name of a schema/],
    [{ ...cluster, DATABASE_SCHEMA: "pg_chat" }, /^DATABASE_SCHEMA must be the name of a schema/],
    [{ DATABASE_URL: "postgres://db/confab" }, /^JWT_SECRET is required with DATABASE_URL/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317" }, /^OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://me:hidden@collector" }, /^OTEL_EXPORTER_OTLP_ENDPOINT must have no user/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "hidden" }, /^OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=hidden%0d%0a" }, /^OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /^OTEL_EXPORTER_OTLP_PROTOCOL must be one of http\/protobuf, http\/json/],
    [{ JWT_SECRET_PREVIOUS: `${secret},hidden` }, /^JWT_SECRET_PREVIOUS must be secrets of at least 32 bytes each/],
    [{ JWT_PRIVATE_KEY: "hidden" }, /^JWT_PRIVATE_KEY must be Ed25519 keys as PEM, a JWK or a JWK set, a private one/],
    [{ JWT_PRIVATE_KEY_FILE: "/nowhere" }, /^JWT_PRIVATE_KEY_FILE names a file that cannot be read \(ENOENT\)\.$/],
    [{ JWT_SECRET_FILE: "/" }, /^JWT_SECRET_FILE names a file that cannot be read \(EISDIR\)\.$/],
    [{ JWT_SECRET_FILE: "/dev/null" }, /^JWT_SECRET_FILE names an empty file\.$/],
    [{ JWT_SECRET_FILE: "/dev/zero" }, /^JWT_SECRET_FILE names a file of more than 65536 bytes\.$/],
    [
      { ...cluster, DATABASE_URL: "" },
      /^DATABASE_URL is required with REDIS_URL and CLUSTER_HOST and CLUSTER_PORT, which select/,
    ],
    [
      { ...cluster, REDIS_URL: "" },
      /^REDIS_URL is required with CLUSTER_HOST and CLUSTER_PORT, which select cluster mode/,
    ],
    [
      { ...cluster, CLUSTER_HOST: "" },
      /^CLUSTER_HOST is required with REDIS_URL and CLUSTER_PORT, which select cluster mode/,
    ],
    [
      { ...cluster, CLUSTER_PORT: "" },
      /^CLUSTER_PORT is required with REDIS_URL and CLUSTER_HOST, which select cluster mode/,
    ],
    [{ ...cluster, REDIS_URL: "http://user:hidden@redis" }, /^REDIS_URL must be a Redis URL, such as redis:/],
    [
      { ...cluster, CLUSTER_HOST: "0.0.0.0" },
      /^CLUSTER_HOST must be an address of this machine that the other nodes can/,
    ],
    [{ ...cluster, CLUSTER_HOST: "::" }, /^CLUSTER_HOST must be an address of this machine/],
    [{ ...cluster, CLUSTER_HOST: "10.0.0.1:4000" }, /^CLUSTER_HOST must be an address of this machine/],
    [{ ...cluster, CLUSTER_HOST: "http://node" }, /^CLUSTER_HOST must be an address of this machine/],
    [{ ...cluster, CLUSTER_PORT: "0" }, /^CLUSTER_PORT must be a port from 1 to 65535, but is "0"\.$/],
    [{ ...cluster, CLUSTER_PORT: "65536" }, /^CLUSTER_PORT must be a port from 1 to 65535/],
    [
      { ...cluster, DATABASE_CONNECTIONS: "5" },
      /^DATABASE_CONNECTIONS must be at least 6 in cluster mode.* but is 5\.$/,
    ],
    [
      { AUTH_JWKS_URL: "http://login.example/jwks", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" },
      /^AUTH_JWKS_URL must begin with https:\/\/: an attacker/,
    ],
    [
      { AUTH_JWKS_URL: "https://me:hidden@login.example/", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" },
      /^AUTH_JWKS_URL must have no user and password in it\.$/,
    ],
    [{ AUTH_JWKS_URL: "login", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" }, /^AUTH_JWKS_URL must be a URL such as https:/],
    [{ AUTH_JWKS_URL: "https://a.example/", AUTH_ISSUER: "i" }, /^AUTH_AUDIENCE is required with the other two of/],
    [{ AUTH_JWKS_URL: "https://a.example/", AUTH_AUDIENCE: "a" }, /^AUTH_ISSUER is required with the other two of/],
    [{ AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" }, /^AUTH_JWKS_URL is required with the other two of AUTH_\*\.$/],
    [
      { AUTH_JWKS_URL: "https://a.example/", AUTH_ISSUER: "confab", AUTH_AUDIENCE: "a" },
      /^AUTH_ISSUER must not be confab, which is this server's own\.$/,
    ],
  ]
  const { privateKey } = generateKeyPairSync("ed25519")
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()

  it.effect("keys come from a variable or a file, and replace the secret", () =>
    Effect.gen(function* () {
      const directory = yield* newDirectory
      const file = join(directory, "key.pem")
      writeFileSync(file, pem)
      const DATABASE_URL = "postgres://db/confab"
      for (const env of [{ JWT_PRIVATE_KEY: pem }, { JWT_PRIVATE_KEY_FILE: file }]) {
        const settings = yield* read({ DATABASE_URL, JWT_SECRET_PREVIOUS: `${secret}, ${secret}2`, ...env })
        assert.strictEqual(settings.signingKeys?.signing.equals(privateKey), true)
        assert.deepStrictEqual(settings.previousSecrets.map(Redacted.value), [secret, `${secret}2`])
        assert.notInclude(inspect(settings, { depth: 9 }), pem.slice(40, 60))
      }
      const both = yield* problems({ JWT_PRIVATE_KEY: pem, JWT_PRIVATE_KEY_FILE: file })
      assert.deepStrictEqual(both, ["JWT_PRIVATE_KEY_FILE and JWT_PRIVATE_KEY cannot be set both."])
      writeFileSync(file, `hidden ${pem.replace("PRIVATE", "PUBLIC")}`)
      const [line = "", ...more] = yield* problems({ JWT_PRIVATE_KEY_FILE: file })
      assert.deepStrictEqual(more, [])
      assert.match(line, /^JWT_PRIVATE_KEY_FILE names a file whose text must be Ed25519 keys as PEM/)
      assert.notInclude(line, "hidden")
    }).pipe(Effect.scoped),
  )

  it.effect("sign-up and directory are open to everybody, and narrow where a foreign issuer has its users", () =>
    Effect.gen(function* () {
      const issuer = { AUTH_JWKS_URL: "https://a.example/", AUTH_ISSUER: "i", AUTH_AUDIENCE: "a" }
      assert.strictEqual((yield* read({})).signUp, "open")
      assert.strictEqual((yield* read(issuer)).signUp, "closed")
      assert.strictEqual((yield* read({})).directory, "all")
      assert.strictEqual((yield* read(issuer)).directory, "shared")
      assert.strictEqual((yield* read({ ...issuer, DIRECTORY: "off" })).directory, "off")
      assert.strictEqual((yield* read({ ...issuer, SIGN_UP: "Invite" })).signUp, "invite")
      assert.deepStrictEqual(yield* problems({ SIGN_UP: "sometimes" }), [
        'SIGN_UP must be one of open, invite, closed, but is "sometimes".',
      ])
    }),
  )

  const secrets = {
    DATABASE_URL: ["postgres://user:written@db/confab", "postgres://user:hidden@db"],
    JWT_SECRET: [`${secret}2`, "hidden"],
    JWT_SECRET_PREVIOUS: [`${secret},${secret}2`, "hidden"],
    JWT_PRIVATE_KEY: [pem, "hidden"],
    REDIS_URL: ["redis://user:written@redis:6379", "http://hidden@redis"],
    OTEL_EXPORTER_OTLP_HEADERS: ["authorization=Bearer%20written", "hidden"],
  } as const
  for (const [name, [right, wrong]] of Object.entries(secrets)) {
    it.effect(`${name} may be in a file`, () =>
      Effect.gen(function* () {
        const directory = yield* newDirectory
        const file = join(directory, "secret")
        const env = { ...cluster, [name]: "" }
        const asFile = { ...env, [`${name}_FILE`]: file }
        writeFileSync(file, `${right}\r\n`)
        const settings = revealed(yield* read(asFile))
        assert.deepStrictEqual(settings, revealed(yield* read({ ...env, [name]: right })))
        assert.notDeepEqual(settings, revealed(yield* read(cluster)))
        const both = yield* problems({ ...asFile, [name]: right })
        assert.deepStrictEqual(both, [`${name}_FILE and ${name} cannot be set both.`])
        writeFileSync(file, wrong)
        const lines = yield* problems(asFile)
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", new RegExp(`^${name}_FILE names a file whose text must `))
        assert.notInclude(lines[0] ?? "", "hidden")
      }).pipe(Effect.scoped),
    )
  }

  it.effect("an issuer is trusted over https, or on this machine", () =>
    Effect.gen(function* () {
      for (const url of [
        "https://login.example/keys?x=1",
        "http://localhost:8080/",
        "http://127.0.0.1/k",
        "http://[::1]:1/",
      ]) {
        const { trustedIssuer } = yield* read({
          AUTH_JWKS_URL: url,
          AUTH_ISSUER: "https://login.example/",
          AUTH_AUDIENCE: "a",
        })
        assert.deepStrictEqual(trustedIssuer, { keySet: new URL(url), issuer: "https://login.example/", audience: "a" })
      }
    }),
  )

  for (const [env, line] of wrong) {
    it.effect(`${JSON.stringify(env)} is reported in one line`, () =>
      Effect.gen(function* () {
        const lines = yield* problems(env)
        assert.strictEqual(lines.length, 1)
        assert.match(lines[0] ?? "", line)
        assert.notInclude(lines[0] ?? "", "hidden")
        assert.notInclude(lines[0] ?? "", "short and secret")
      }),
    )
  }

  it.effect("every invalid one is reported, each in its line", () =>
    Effect.gen(function* () {
      const lines = yield* problems({ PORT: "x", DATABASE_URL: "x", REDIS_URL: "x", LOG_LEVEL: "x\ny" })
      assert.deepStrictEqual(
        lines.map((line) => line.split(" ", 1)[0]),
        ["PORT", "DATABASE_URL", "LOG_LEVEL", "REDIS_URL", "JWT_SECRET", "CLUSTER_HOST", "CLUSTER_PORT"],
      )
    }),
  )
})
