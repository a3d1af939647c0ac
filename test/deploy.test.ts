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
        from: Schema.optional(
          Schema.Array(
            Schema.Struct({
              namespaceSelector: Schema.optional(Schema.Struct({})),
              podSelector: Selector,
            }),
          ),
        ),
        ports: Schema.Array(Schema.Struct({ port: Schema.String })),
      }),
    ),
  }),
})

const Service = Schema.Struct({
  kind: Schema.Literal("Service"),
  spec: Schema.Struct({ ports: Schema.Array(Schema.Struct({ targetPort: Schema.String })) }),
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

  it("waits until a node is ready, and then checks whether it is alive", () => {
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
    const from = (name: string) =>
      policy.ingress.filter(({ ports }) => ports.some(({ port }) => port === name)).map((rule) => rule.from)
    expect(from("nodes")).toEqual([[{ podSelector: spec.selector }]])
    expect(from("metrics")).toEqual([
      [{ namespaceSelector: {}, podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } } }],
    ])
  })

  it("gives the metrics a port of their own, which the service does not have", () => {
    expect(node.env.find(({ name }) => name === "METRICS_PORT")?.value).toBe(String(ports.metrics))
    const { spec } = Schema.decodeUnknownSync(Service)(find("Service"))
    expect(spec.ports.map(({ targetPort }) => targetPort)).toEqual(["http"])
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

  it("sets the proxy headers that the server trusts, and does not pin clients to a node", () => {
    for (const name of ["For", "Host", "Proto"]) {
      expect(lines.some((line) => line.startsWith(`http-request set-header X-Forwarded-${name} `))).toBe(true)
    }
    expect(lines.filter((line) => /cookie|stick|balance (source|uri|hdr)/.test(line))).toEqual([])
    expect(lines).toContain("http-request deny deny_status 404 if { path /metrics /metrics/ }")
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

/** The content of the braces after `head`, without comments. */
const block = (text: string, head: string): string => {
  const from = text.indexOf(`${head} {`)
  if (from < 0) return ""
  let depth = 0
  for (let at = text.indexOf("{", from); at < text.length; at++) {
    if (text[at] === "{") depth++
    else if (text[at] === "}" && --depth === 0) return text.slice(text.indexOf("{", from) + 1, at)
  }
  return ""
}
const withoutComments = (path: string) => read(path).replaceAll(/^\s*#.*$/gm, "")
const secondsOf = (text: string, name: string) => Number(new RegExp(`${name} (\\d+)s`).exec(text)?.[1])

describe("deploy/nginx.conf", () => {
  const text = withoutComments("deploy/nginx.conf")
  const location = block(text, "location /")

  it("passes host and path on as they are, and says by itself what the server believes of a proxy", () => {
    for (const line of [
      "proxy_pass http://confab;",
      "proxy_set_header Host $http_host;",
      "proxy_set_header X-Forwarded-For $remote_addr;",
      "proxy_set_header X-Forwarded-Host $http_host;",
      "proxy_set_header X-Forwarded-Proto $scheme;",
    ]) {
      expect(location).toContain(line)
    }
    expect(text).not.toMatch(/ip_hash|sticky|hash \$/)
  })

  it("lets sockets through, for longer than the server may leave them silent, and holds nothing back", () => {
    expect(text).toMatch(/map \$http_upgrade \$confab_connection \{\s+default upgrade;\s+"" "";/)
    for (const line of [
      "proxy_http_version 1.1;",
      "proxy_set_header Upgrade $http_upgrade;",
      "proxy_set_header Connection $confab_connection;",
      "proxy_buffering off;",
      "proxy_request_buffering off;",
      "client_max_body_size 0;",
    ]) {
      expect(location).toContain(line)
    }
    for (const name of ["proxy_read_timeout", "proxy_send_timeout"]) {
      expect(secondsOf(location, name)).toBeGreaterThan(Limits.heartbeat.timeoutSeconds)
    }
  })

  it("has the variable of upgrades that the rule for a path in docs/operations.md names", () => {
    const rule = /```nginx\n(location \/chat\/[\s\S]*?)```/.exec(read("docs/operations.md"))?.[1] ?? ""
    const [, name] = /map \$http_upgrade (\$\w+)/.exec(text) ?? []
    expect(rule).toContain(`proxy_set_header Connection ${name};`)
  })

  it("keeps the metrics inside, and queries with their tokens out of its log", () => {
    for (const path of ["/metrics", "/metrics/"]) expect(block(text, `location = ${path}`).trim()).toBe("return 404;")
    const format = /log_format confab '([^']*)'/.exec(text)?.[1] ?? ""
    expect(format).toContain("$uri")
    expect(format).not.toMatch(/\$(?:request|request_uri|args|query_string|arg_\w+|http_\w+)\b/)
    expect(text).toMatch(/access_log \S+ confab;/)
  })
})

describe("deploy/Caddyfile", () => {
  const text = withoutComments("deploy/Caddyfile")

  it("keeps the metrics inside, and holds nothing back", () => {
    expect(text).toMatch(/@metrics path \/metrics \/metrics\/\s+respond @metrics 404/)
    expect(text.indexOf("respond @metrics")).toBeLessThan(text.indexOf("reverse_proxy"))
    expect(block(text, "reverse_proxy 127.0.0.1:8000")).toContain("flush_interval -1")
  })

  it("leaves the forwarded headers to Caddy, trusts no client, logs no query, and does not pin clients to a node", () => {
    expect(text).not.toMatch(/header_up|trusted_proxies|^\s*log\b|cookie|ip_hash/m)
    // Node ends idle connections later than that, so none is used that is being closed.
    expect(secondsOf(text, "keepalive")).toBeLessThan(65)
  })
})
