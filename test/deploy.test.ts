// The examples of how several nodes are run are read here: their settings exist, their ports and checks agree with the server.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import { Yaml } from "effect/encoding"
import { describe, expect, it } from "vitest"
import { Limits } from "../src/contract/Limits.ts"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

const Probe = Schema.Struct({ httpGet: Schema.Struct({ path: Schema.String, port: Schema.String }) })
const Container = Schema.Struct({
  ports: Schema.Array(Schema.Struct({ name: Schema.String, containerPort: Schema.Number })),
  env: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      value: Schema.optional(Schema.String),
      valueFrom: Schema.optional(Schema.Struct({ fieldRef: Schema.Struct({ fieldPath: Schema.String }) })),
    }),
  ),
  securityContext: Schema.Struct({ readOnlyRootFilesystem: Schema.Boolean, allowPrivilegeEscalation: Schema.Boolean }),
  startupProbe: Probe,
  readinessProbe: Probe,
  livenessProbe: Probe,
})
const Selector = Schema.Struct({ matchLabels: Schema.Record(Schema.String, Schema.String) })
const Deployment = Schema.Struct({
  kind: Schema.Literal("Deployment"),
  spec: Schema.Struct({
    selector: Selector,
    template: Schema.Struct({
      metadata: Schema.Struct({ labels: Schema.Record(Schema.String, Schema.String) }),
      spec: Schema.Struct({ terminationGracePeriodSeconds: Schema.Number, containers: Schema.Tuple([Container]) }),
    }),
  }),
})
const NetworkPolicy = Schema.Struct({
  kind: Schema.Literal("NetworkPolicy"),
  spec: Schema.Struct({
    podSelector: Selector,
    ingress: Schema.Array(
      Schema.Struct({
        from: Schema.optional(Schema.Array(Schema.Struct({ podSelector: Selector }))),
        ports: Schema.Array(Schema.Struct({ port: Schema.String })),
      }),
    ),
  }),
})

const documents = read("deploy/kubernetes.yaml")
  .split(/^---$/m)
  .map((text): unknown => Yaml.parse(text))
const isOf = Schema.is(Schema.Struct({ kind: Schema.String }))
const find = (kind: string): unknown => documents.find((one) => isOf(one) && one.kind === kind)

describe("deploy/kubernetes.yaml", () => {
  const { spec } = Schema.decodeUnknownSync(Deployment)(find("Deployment"))
  const [node] = spec.template.spec.containers
  const ports = Object.fromEntries(node.ports.map(({ containerPort, name }) => [name, containerPort]))

  it("sets only what is a setting, and makes each pod's own address that of its node", () => {
    const table = read("README.md").split("## Settings")[1]?.split("\n## ")[0] ?? ""
    for (const { name } of node.env) expect(table).toContain(`\`${name}\``)
    const host = node.env.find(({ name }) => name === "CLUSTER_HOST")
    expect(host?.valueFrom?.fieldRef.fieldPath).toBe("status.podIP")
    expect(node.env.find(({ name }) => name === "CLUSTER_PORT")?.value).toBe(String(ports.nodes))
    expect(read("Dockerfile")).toContain(`EXPOSE ${ports.http}`)
  })

  it("waits until a node is ready, and goes by whether it lives from then on", () => {
    expect(node.startupProbe.httpGet).toEqual({ path: "/ready", port: "http" })
    for (const probe of [node.readinessProbe, node.livenessProbe]) {
      expect(probe.httpGet).toEqual({ path: "/health", port: "http" })
    }
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(15)
  })

  it("gives the container no rights, and lets only nodes reach the port between them", () => {
    expect(node.securityContext).toEqual({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false })
    expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels)
    const policy = Schema.decodeUnknownSync(NetworkPolicy)(find("NetworkPolicy")).spec
    expect(policy.podSelector).toEqual(spec.selector)
    for (const rule of policy.ingress.filter((rule) => rule.ports.some(({ port }) => port !== "http"))) {
      expect(rule.from).toEqual([{ podSelector: spec.selector }])
    }
  })
})

describe("deploy/haproxy.cfg", () => {
  const lines = read("deploy/haproxy.cfg")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
  const milliseconds = (name: string) => {
    const [, number = "", unit = ""] = /(\d+)(ms|s|m|h)$/.exec(lines.find((line) => line.startsWith(name)) ?? "") ?? []
    return Number(number) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN)
  }

  it("holds a socket for longer than the server may leave it silent", () => {
    expect(milliseconds("timeout tunnel")).toBeGreaterThan(Limits.heartbeat.timeoutSeconds * 1000)
  })

  it("says by itself what the server believes of a proxy, and keeps nobody on one node", () => {
    for (const name of ["For", "Host", "Proto"]) {
      expect(lines.some((line) => line.startsWith(`http-request set-header X-Forwarded-${name} `))).toBe(true)
    }
    expect(lines.filter((line) => /cookie|stick|balance (source|uri|hdr)/.test(line))).toEqual([])
    expect(lines).toContain("http-request deny deny_status 404 if { path /metrics }")
  })

  it("finds as many nodes as there are, by the name and port of the compose file's service", () => {
    const backends = lines.filter((line) => line.startsWith("server-template"))
    expect(backends).toEqual(["server-template node- 20 node:8000", "server-template node- 20 node:8000"])
    expect(lines.filter((line) => line.startsWith("http-check send"))).toEqual([
      "http-check send meth GET uri /ready",
      "http-check send meth GET uri /health",
    ])
  })
})
