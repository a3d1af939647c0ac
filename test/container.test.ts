// The container files are read here, so that a path that moved or a stage that was renamed is noticed without Docker.
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DockerfileParser } from "dockerfile-ast"
import { Schema } from "effect"
import { Yaml } from "effect/encoding"
import { describe, expect, it } from "vitest"

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
})
const Compose = Schema.Struct({
  services: Schema.Struct({ app: Service, postgres: Service, secrets: Service }),
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

  it("runs on the very Node that package.json pins", () => {
    const { devDependencies } = JSON.parse(read("package.json"))
    expect(dockerfile.getInitialARGs().map((arg) => arg.getArgumentsContent())).toEqual([
      `NODE=${devDependencies.node}`,
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
    expect(installs.every((each) => /npm ci /.test(each.getTextContent()))).toBe(true)
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
  const { app, postgres, secrets } = services

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
    expect(app.volumes).toEqual(["data:/data", "secrets:/secrets:ro"])
    for (const { privileged } of [app, postgres, secrets]) expect(privileged).toBeUndefined()
    expect(secrets.network_mode).toBe("none")
  })

  it("declares every volume that it mounts", () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes.map((volume) => volume.split(":")[0]))
    expect(new Set(mounted)).toEqual(new Set(Object.keys(volumes)))
  })

  it("has no secret of its own, and .env.example names each that it takes", () => {
    const example = read(".env.example")
    for (const [, name = "", fallback = ""] of text.matchAll(/\$\{(\w+):-([^}]*)\}/g)) {
      expect(example).toMatch(new RegExp(`^${name}=`, "m"))
      if (name !== "PORT") expect(fallback).toBe("")
    }
    for (const name of ["JWT_SECRET", "POSTGRES_PASSWORD"]) expect(example).toMatch(new RegExp(`^${name}=$`, "m"))
  })

  it("keeps the secrets that it makes, and prefers those of .env", () => {
    const directory = mkdtempSync(join(tmpdir(), "confab-secrets-"))
    const [, ...options] = secrets.entrypoint ?? []
    const script = (secrets.command ?? []).join("").replaceAll("$$", "$").replaceAll("/secrets", directory)
    const run = (env: Record<string, string>) => {
      execFileSync("sh", [...options, script], { env: { PATH: process.env.PATH, ...env } })
      return ["postgres_password", "jwt_secret"].map((name) => readFileSync(join(directory, name), "utf8"))
    }
    try {
      const made = run({ POSTGRES_PASSWORD: "", JWT_SECRET: "" })
      for (const secret of made) expect(secret).toMatch(/^[0-9a-f]{64}$/)
      expect(new Set(made).size).toBe(2)
      expect(run({ POSTGRES_PASSWORD: "", JWT_SECRET: "" })).toEqual(made)
      expect(run({ POSTGRES_PASSWORD: "", JWT_SECRET: "from .env" })).toEqual([made[0], "from .env"])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
